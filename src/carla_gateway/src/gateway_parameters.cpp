// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/gateway_parameters.hpp"

#include <algorithm>
#include <rcl_interfaces/msg/parameter_descriptor.hpp>
#include <stdexcept>

namespace carla_gateway
{
namespace
{

using rcl_interfaces::msg::ParameterDescriptor;

// The name is part of topics and of a socket name, which has 107 bytes in all.
constexpr std::size_t kMaxNameLength = 32;
constexpr double kMinRadiusM = 1.0;
constexpr double kMaxRadiusM = 1000.0;

ParameterDescriptor described(const std::string & description, const std::string & allowed)
{
  ParameterDescriptor descriptor;
  descriptor.description = description;
  descriptor.additional_constraints = allowed;
  descriptor.read_only = true;
  return descriptor;
}

/// Declares a parameter; what ROS says about a bad value gets the value and the allowed ones added.
template <typename T>
T declare(rclcpp::Node & node, const std::string & name, const T & fallback,
          const ParameterDescriptor & descriptor)
{
  try {
    return node.declare_parameter<T>(name, fallback, descriptor);
  } catch (const std::runtime_error &) {
    const auto & overrides = node.get_node_parameters_interface()->get_parameter_overrides();
    const auto found = overrides.find(name);
    const std::string value = found == overrides.end() ? "not set" : rclcpp::to_string(found->second);
    throw std::invalid_argument("parameter '" + name + "' is " + value + ", " +
                                descriptor.additional_constraints + " is allowed");
  }
}

double declare_number(rclcpp::Node & node, const std::string & name, double fallback, double least,
                      double most, const std::string & description)
{
  auto descriptor = described(description, rclcpp::to_string(rclcpp::ParameterValue(least)) + " to " +
                                               rclcpp::to_string(rclcpp::ParameterValue(most)));
  descriptor.floating_point_range.resize(1);
  descriptor.floating_point_range[0].from_value = least;
  descriptor.floating_point_range[0].to_value = most;
  return declare<double>(node, name, fallback, descriptor);
}

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

std::size_t declare_count(rclcpp::Node & node, const std::string & name, std::size_t fallback,
                          std::size_t least, std::size_t most, const std::string & description)
{
  auto descriptor = described(description, std::to_string(least) + " to " + std::to_string(most));
  descriptor.integer_range.resize(1);
  descriptor.integer_range[0].from_value = static_cast<std::int64_t>(least);
  descriptor.integer_range[0].to_value = static_cast<std::int64_t>(most);
  descriptor.integer_range[0].step = 1;
  return static_cast<std::size_t>(
      declare<std::int64_t>(node, name, static_cast<std::int64_t>(fallback), descriptor));
}

/// @param example what is declared as default
RasterConfig declare_raster(rclcpp::Node & node, const RasterConfig & example)
{
  RasterConfig raster;
  raster.enabled = declare<bool>(
      node, "raster", example.enabled,
      described("Whether observations have bird's-eye rasters; the bridge's parameter of this name must be "
                "true, too.",
                "true or false"));
  raster.height = declare_count(node, "raster_height", example.height, kMinRasterSize, kMaxRasterSize,
                                "Height of a raster, pixels.");
  raster.width = declare_count(node, "raster_width", example.width, kMinRasterSize, kMaxRasterSize,
                               "Width of a raster, pixels.");
  raster.resolution_m = static_cast<float>(declare_number(node, "raster_resolution_m", example.resolution_m,
                                                          kMinRasterResolutionM, kMaxRasterResolutionM,
                                                          "Edge of a raster's pixel, m."));
  raster.ahead_m = static_cast<float>(
      declare_number(node, "raster_ahead_m", example.ahead_m, -kMaxRasterAheadM, kMaxRasterAheadM,
                     "How far ahead of the ego's centre the middle of its raster is, m."));
  raster.history =
      declare_count(node, "raster_history", example.history, 1, kMaxRasterHistory,
                    "Moments in which a raster shows road users and lights, the present one included.");
  raster.history_interval = declare_count(node, "raster_history_interval", example.history_interval, 1,
                                          kMaxRasterInterval, "Frames between these moments.");
  raster.threads = declare_count(node, "raster_threads", example.threads, 1, kMaxRasterThreads,
                                 "How many threads draw rasters.");
  return raster;
}

bool is_name(const std::string & text)
{
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && text.size() <= kMaxNameLength && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

TopicOptions declare_topic_options(rclcpp::Node & node)
{
  TopicOptions options;
  const auto prefix = described("Before the topics of sensors, egos and world.", "an absolute topic name");
  options.names.prefix = declare<std::string>(node, "topic_prefix", "/carla", prefix);
  const std::string & given = options.names.prefix;
  if (given.size() < 2 || given.front() != '/' || given.back() == '/') {
    throw std::invalid_argument("parameter 'topic_prefix' is '" + given + "', " +
                                prefix.additional_constraints + " is allowed");
  }
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

GatewayParameters declare_gateway_parameters(rclcpp::Node & node)
{
  GatewayParameters parameters;
  const auto simulator =
      described("Lock-step group that this gateway serves: part of its topic names and of its socket's name.",
                "up to 32 letters, digits and underscores, not starting with a digit,");
  parameters.simulator = declare<std::string>(node, "simulator", "sim0", simulator);
  if (!is_name(parameters.simulator)) {
    throw std::invalid_argument("parameter 'simulator' is '" + parameters.simulator + "', " +
                                simulator.additional_constraints + " is allowed");
  }

  parameters.builder.neighbour_count =
      declare_count(node, "neighbour_count", 4, 0, kMaxNeighbours,
                    "Nearest other road users that each ego's state describes.");
  parameters.builder.neighbour_radius_m =
      static_cast<float>(declare_number(node, "neighbour_radius_m", 40.0, kMinRadiusM, kMaxRadiusM,
                                        "Distance up to which other road users are described, m."));

  parameters.raster = declare_raster(node, {});

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
