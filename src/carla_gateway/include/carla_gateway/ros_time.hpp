// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__ROS_TIME_HPP_
#define CARLA_GATEWAY__ROS_TIME_HPP_

#include <builtin_interfaces/msg/time.hpp>
#include <cmath>
#include <cstdint>

namespace carla_gateway
{

/// Simulated seconds as a ROS stamp, to the nearest nanosecond.
inline builtin_interfaces::msg::Time stamp_of(double sim_time_s)
{
  const auto total_ns = static_cast<std::int64_t>(std::llround(sim_time_s * 1e9));
  builtin_interfaces::msg::Time stamp;
  stamp.sec = static_cast<std::int32_t>(total_ns / 1'000'000'000);
  stamp.nanosec = static_cast<std::uint32_t>(total_ns % 1'000'000'000);
  return stamp;
}

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__ROS_TIME_HPP_
