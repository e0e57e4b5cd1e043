// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__TOPIC_OBSERVER_PARAMETERS_HPP_
#define CARLA_GATEWAY__TOPIC_OBSERVER_PARAMETERS_HPP_

#include <rclcpp/rclcpp.hpp>
#include <string>
#include <vector>

#include "carla_gateway/observation_builder.hpp"
#include "carla_gateway/sensor_images.hpp"

namespace carla_gateway
{

struct TopicObserverParameters
{
  std::string simulator;           ///< of the topics of observations
  std::string prefix;              ///< before /<role>/...
  std::vector<std::string> roles;  ///< of the egos; agent i is the i-th
  double step_s = 0.05;            ///< simulated time per frame, s
  double timeout_s = 0.5;          ///< how long a frame waits for messages, s
  double camera_rate_hz = 0.0;     ///< pictures per simulated second; 0: one per frame
  double lidar_rate_hz = 0.0;
  bool reliable = true;   ///< whether only reliable publishers are listened to
  BuilderConfig builder;  ///< neighbours: of <prefix>/objects
  SensorImageConfig images;
};

/// Declares the parameters of TopicObserverNode, all read-only, and reads them.
/// @throws std::invalid_argument naming the parameter, its value and what is allowed.
TopicObserverParameters declare_topic_observer_parameters(rclcpp::Node & node);

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__TOPIC_OBSERVER_PARAMETERS_HPP_
