// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__COLUMN_NAMES_HPP_
#define CARLA_GATEWAY__COLUMN_NAMES_HPP_

#include <array>
#include <string_view>

#include "carla_drl_msgs/msg/fleet_action.hpp"
#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_drl_msgs/msg/frame_layout.hpp"

/// Names of the columns that carla_drl_msgs numbers, for ObservationLayout and for error messages.
/// A name is the constant's, without its prefix and in lower case.
namespace carla_gateway
{

constexpr std::array<std::string_view, carla_drl_msgs::msg::FrameLayout::NUM_EGO> kEgoColumns = {
    "x_m",
    "y_m",
    "z_m",
    "roll_rad",
    "pitch_rad",
    "yaw_rad",
    "vx_mps",
    "vy_mps",
    "vz_mps",
    "roll_rate_radps",
    "pitch_rate_radps",
    "yaw_rate_radps",
    "ax_mps2",
    "ay_mps2",
    "az_mps2",
    "throttle",
    "brake",
    "steer",
    "length_m",
    "width_m"};

constexpr std::array<std::string_view, carla_drl_msgs::msg::FrameLayout::NUM_ROUTE> kRouteColumns = {
    "x_m", "y_m", "yaw_rad", "speed_limit_mps"};

constexpr std::array<std::string_view, carla_drl_msgs::msg::FrameLayout::NUM_OBJECT> kObjectColumns = {
    "kind", "x_m", "y_m", "z_m", "yaw_rad", "vx_mps", "vy_mps", "length_m", "width_m"};

constexpr std::array<std::string_view, carla_drl_msgs::msg::FleetObservation::NUM_METRICS> kMetricColumns = {
    "progress_m",          "route_completion",
    "lane_offset_m",       "heading_error_rad",
    "speed_mps",           "speed_limit_mps",
    "collision_ns",        "off_road",
    "route_done",          "route_length_m",
    "episode_time_s",      "stopped_time_s",
    "acceleration_mps2",   "lateral_acceleration_mps2",
    "jerk_mps3",           "end_reason",
    "collision_kind",      "red_light",
    "stop_sign",           "outside_lanes_m",
    "traffic_speed_mps",   "red_light_distance_m",
    "stop_sign_distance_m"};

constexpr std::array<std::string_view, carla_drl_msgs::msg::FleetAction::NUM_ACTIONS> kActionColumns = {
    "acceleration", "steer"};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__COLUMN_NAMES_HPP_
