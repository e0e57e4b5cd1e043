// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__IMAGE_BLOCK_TOPIC_HPP_
#define CARLA_GATEWAY__IMAGE_BLOCK_TOPIC_HPP_

#include <memory>
#include <rclcpp/rclcpp.hpp>
#include <string>

#include "carla_gateway/sensor_table.hpp"
#include "carla_gateway/topic.hpp"

namespace carla_gateway
{

/// A camera's pictures as ImageBlock256K, ImageBlock1M or ImageBlock4M, whichever is the smallest that fits,
/// written straight from the ring into memory that the middleware lends; null for pictures that fit into
/// none.
/// @param topic name of the topic
std::unique_ptr<Topic> make_image_block_topic(rclcpp::Node & node, const SensorSpec & sensor,
                                              std::uint32_t session, const std::string & topic);

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__IMAGE_BLOCK_TOPIC_HPP_
