// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/topic_observer_parameters.hpp"

#include "carla_gateway/gateway_parameters.hpp"
#include "carla_gateway/parameter_declaration.hpp"

namespace carla_gateway
{

TopicObserverParameters declare_topic_observer_parameters(rclcpp::Node & node)
{
  TopicObserverParameters parameters;
  parameters.simulator = declare_simulator(node);
  parameters.prefix = declare_topic_prefix(node);
  parameters.roles = declare<std::vector<std::string>>(
      node, "roles", {"ego_vehicle"},
      described("Role names of the egos; agent i is the i-th.", "one or more names"));
  if (parameters.roles.empty()) {
    throw std::invalid_argument("parameter 'roles' is empty, one or more names are allowed");
  }
  parameters.step_s = declare_number(node, "step_s", 0.05, 0.001, 10.0,
                                     "Simulated time per frame: stamps are multiples of it, s.");
  parameters.timeout_s =
      declare_number(node, "sensor_timeout_s", 0.5, 0.001, 60.0,
                     "How long a frame waits for messages after its first one, s of wall time.");
  parameters.camera_rate_hz = declare_number(node, "camera_rate_hz", 0.0, 0.0, 1000.0,
                                             "Pictures per simulated second; 0: one per frame.");
  parameters.lidar_rate_hz = declare_number(node, "lidar_rate_hz", 0.0, 0.0, 1000.0,
                                            "Scans per simulated second; 0: one per frame.");
  parameters.reliable =
      declare<bool>(node, "topic_reliable", true,
                    described("Whether to ask for reliable delivery, which needs publishers that offer it.",
                              "true or false"));
  parameters.builder = declare_neighbours(node, 0);
  parameters.images = declare_sensor_images(node, {});
  const SensorImageConfig & images = parameters.images;
  if (images.camera.enabled && images.camera.sensors.empty()) {
    throw std::invalid_argument(
        "parameter 'camera_sensors' is empty, the names of the cameras that observations show are needed "
        "here");
  }
  if (images.lidar.enabled && images.lidar.sensor.empty()) {
    throw std::invalid_argument(
        "parameter 'lidar_sensor' is empty, the name of the lidar that observations show is needed here");
  }
  const bool range = images.lidar.enabled && images.lidar.form == LidarForm::kRange;
  if (range && (images.lidar.rows == 0 || images.lidar.lower_deg == images.lidar.upper_deg)) {
    throw std::invalid_argument(
        "parameters 'lidar_rows', 'lidar_lower_deg' and 'lidar_upper_deg' are needed for a range image: "
        "clouds do "
        "not tell a lidar's channels");
  }
  return parameters;
}

}  // namespace carla_gateway
