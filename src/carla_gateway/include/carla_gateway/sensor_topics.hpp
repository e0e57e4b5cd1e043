// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__SENSOR_TOPICS_HPP_
#define CARLA_GATEWAY__SENSOR_TOPICS_HPP_

#include <memory>
#include <rclcpp/rclcpp.hpp>
#include <string>

#include "carla_gateway/topic.hpp"

namespace carla_gateway
{

/// The topics of one sensor: /<prefix>/<role>/<sensor>, for cameras /image and /camera_info below that.
std::unique_ptr<Topic> make_sensor_topic(rclcpp::Node & node, const SensorSpec & sensor,
                                         const std::string & role, const TopicNames & names);

/// The frame of a sensor's data: for cameras the optical one (z forward, x right, y down).
std::string frame_of(const SensorSpec & sensor, const std::string & role, const TopicNames & names);

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__SENSOR_TOPICS_HPP_
