// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/gateway_parameters.hpp"

#include <algorithm>
#include <stdexcept>

#include "carla_gateway/parameter_declaration.hpp"

namespace carla_gateway
{
namespace
{

constexpr double kMinRadiusM = 1.0;
constexpr double kMaxRadiusM = 1000.0;

HealthThresholds declare_health(rclcpp::Node & node)
{
  HealthThresholds health;
  const auto number = [&node](const std::string & name, double & value, double most,
                              const std::string & description) {
    value = declare_number(node, name, value, 0.0, most, description);
  };
  number("frame_warn_s", health.frame_warn_s, 3600.0,
         "Warn without a frame for this time after an answer, s.");
  number("frame_error_s", health.frame_error_s, 3600.0, "Likewise for an error, s.");
  number("frame_stale_s", health.frame_stale_s, 3600.0, "Likewise for stale, s.");
  number("action_warn_s", health.action_warn_s, 3600.0,
         "Warn without an action for this time after an observation, s; learners pause.");
  number("expected_rate_hz", health.expected_rate_hz, 1e6,
         "Frames per second of wall time that there should be; 0: any.");
  number("rate_warn", health.rate_warn, 1.0, "Warn below this share of the expected rate.");
  number("rate_error", health.rate_error, 1.0, "Error below this share of the expected rate.");
  number("latency_warn_ms", health.latency_warn_ms, 1e6,
         "Warn when observations come this much after their frames on average, ms.");
  number("latency_error_ms", health.latency_error_ms, 1e6, "Likewise for an error, ms.");
  return health;
}

TopicOptions declare_topic_options(rclcpp::Node & node)
{
  TopicOptions options;
  options.names.prefix = declare_topic_prefix(node);
  options.names.frame_prefix = declare<std::string>(node, "frame_prefix", "",
                                                    described("Before the names of all frames.", "any text"));
  options.clock = declare<bool>(
      node, "publish_clock", true,
      described("Whether there is a /clock; of several gateways one alone should have it.", "true or false"));
  auto threads = described("Threads that publish sensors and world.", "1 to 16");
  threads.integer_range.resize(1);
  threads.integer_range[0].from_value = 1;
  threads.integer_range[0].to_value = 16;
  threads.integer_range[0].step = 1;
  options.threads = static_cast<std::size_t>(declare<std::int64_t>(node, "topic_threads", 2, threads));
  return options;
}

}  // namespace

BuilderConfig declare_neighbours(rclcpp::Node & node, std::size_t count)
{
  BuilderConfig config;
  config.neighbour_count = declare_count(node, "neighbour_count", count, 0, kMaxNeighbours,
                                         "Nearest other road users that each ego's state describes.");
  config.neighbour_radius_m =
      static_cast<float>(declare_number(node, "neighbour_radius_m", 40.0, kMinRadiusM, kMaxRadiusM,
                                        "Distance up to which other road users are described, m."));
  return config;
}

GatewayParameters declare_gateway_parameters(rclcpp::Node & node)
{
  GatewayParameters parameters;
  parameters.simulator = declare_simulator(node);

  parameters.observer.builder = declare_neighbours(node, 4);
  parameters.observer.raster = declare_raster(node, {});
  parameters.observer.images = declare_sensor_images(node, {});

  const auto mode = described(
      "lockstep: a frame is answered with its action, however long that takes. drive: frames are answered at "
      "a "
      "fixed rate with the newest action; when actions stop, the last one is held, then the vehicles brake.",
      "'lockstep' or 'drive'");
  const auto name = declare<std::string>(node, "mode", "lockstep", mode);
  if (name != "lockstep" && name != "drive") {
    throw std::invalid_argument("parameter 'mode' is '" + name + "', " + mode.additional_constraints +
                                " is allowed");
  }
  parameters.mode = name == "drive" ? Mode::kDrive : Mode::kLockStep;
  parameters.real_time_factor = declare_number(node, "real_time_factor", 1.0, 0.01, 100.0,
                                               "Drive mode: simulated seconds per second of wall time.");
  parameters.gate.hold_s = declare_number(
      node, "hold_s", 0.5, 0.0, 60.0,
      "Drive mode: how long the last action is held when no new one comes, s of simulated time.");
  parameters.gate.max_steer_rate = declare_number(
      node, "max_steer_rate", 0.0, 0.0, 1000.0,
      "Greatest change of the steer action per simulated second (the range is -1 to 1); 0: any.");
  parameters.gate.max_acceleration_rate =
      declare_number(node, "max_acceleration_rate", 0.0, 0.0, 1000.0,
                     "Greatest rise of the acceleration action per simulated second, which limits jerk; 0: "
                     "any. Letting go of the "
                     "throttle and braking are never held back.");
  parameters.health = declare_health(node);
  parameters.heartbeat_warn_s =
      declare_number(node, "heartbeat_warn_s", 0.8, 0.0, 3600.0,
                     "Warn when bridge or agent, once heard, has no heartbeat for this time, s; 0: never.");
  parameters.record_sensors = declare<bool>(
      node, "record_sensors", false,
      described("Whether frame_record carries the sensors' payloads, too: many megabytes per second.",
                "true or false"));
  parameters.topics = declare_topic_options(node);
  return parameters;
}

}  // namespace carla_gateway
