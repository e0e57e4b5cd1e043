// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__WORLD_TOPICS_HPP_
#define CARLA_GATEWAY__WORLD_TOPICS_HPP_

#include <memory>
#include <rclcpp/rclcpp.hpp>
#include <string>
#include <tf2_msgs/msg/tf_message.hpp>
#include <vector>

#include "carla_gateway/topic.hpp"

namespace carla_gateway
{

/// Topics that need no sensors, straight from the ring: /clock, /tf, <prefix>/status, <prefix>/objects and
/// <prefix>/<role>/odometry.
std::vector<std::unique_ptr<Topic>> make_world_topics(rclcpp::Node & node, const std::string & simulator,
                                                      const RingInfo & info, const WorldSpec & world,
                                                      const TopicNames & names, bool clock);

/// What does not move: map to each ego's odom (the same, as an ego's place is exact), base_link to its
/// sensors, and from cameras to their optical frames (REP-103, REP-105).
tf2_msgs::msg::TFMessage static_transforms(const RingInfo & info, const WorldSpec & world,
                                           const TopicNames & names);

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__WORLD_TOPICS_HPP_
