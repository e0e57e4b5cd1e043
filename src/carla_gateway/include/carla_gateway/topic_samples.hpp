// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__TOPIC_SAMPLES_HPP_
#define CARLA_GATEWAY__TOPIC_SAMPLES_HPP_

#include <nav_msgs/msg/odometry.hpp>
#include <sensor_msgs/msg/image.hpp>
#include <sensor_msgs/msg/point_cloud2.hpp>
#include <vector>

#include "carla_drl_msgs/msg/road_object_array.hpp"
#include "carla_gateway/sensor_views.hpp"

/// Standard messages as what observations are made from. The views are of the messages' memory.
namespace carla_gateway
{

/// @throws std::invalid_argument for an encoding other than bgra8, bgr8, rgba8 and rgb8, or too few bytes.
PixelView view_of(const sensor_msgs::msg::Image & image);

/// @throws std::invalid_argument without fields x, y, z and intensity of float32, or with too few bytes.
PointView view_of(const sensor_msgs::msg::PointCloud2 & cloud);

/// Fills a row of FrameLayout.NUM_EGO with what an odometry message says: pose, velocity in "map", angular
/// rates. The rest is 0.
void fill_ego(const nav_msgs::msg::Odometry & odometry, float * ego);

/// Rows of FrameLayout.NUM_OBJECT of all road users that are none of the egos in `ego`; those are told by
/// where they are, and get the size of their boxes.
/// @throws std::invalid_argument when the array lacks one of these egos.
std::vector<float> objects_of(const carla_drl_msgs::msg::RoadObjectArray & array, std::vector<float> & ego);

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__TOPIC_SAMPLES_HPP_
