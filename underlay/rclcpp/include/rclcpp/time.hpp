// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__TIME_HPP_
#define RCLCPP__TIME_HPP_

#include <chrono>
#include <cstdint>

#include "builtin_interfaces/msg/time.hpp"
#include "rcl/time.h"
#include "rclcpp/duration.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

/// A point in time on one kind of clock; comparing or subtracting points of two kinds throws
/// std::runtime_error.
class RCLCPP_PUBLIC Time
{
 public:
  Time(int32_t seconds, uint32_t nanoseconds, rcl_clock_type_t clock_type = RCL_SYSTEM_TIME);
  explicit Time(int64_t nanoseconds = 0, rcl_clock_type_t clock_type = RCL_SYSTEM_TIME)
      : nanoseconds_(nanoseconds), clock_type_(clock_type)
  {
  }
  Time(const builtin_interfaces::msg::Time & message,  // NOLINT(runtime/explicit)
       rcl_clock_type_t clock_type = RCL_ROS_TIME);
  explicit Time(const rcl_time_point_t & point)
      : nanoseconds_(point.nanoseconds), clock_type_(point.clock_type)
  {
  }

  operator builtin_interfaces::msg::Time() const;  // NOLINT(runtime/explicit)
  Time & operator=(const builtin_interfaces::msg::Time & message);

  bool operator==(const Time & other) const { return checked(other).nanoseconds_ == nanoseconds_; }
  bool operator!=(const Time & other) const { return !(*this == other); }
  bool operator<(const Time & other) const { return nanoseconds_ < checked(other).nanoseconds_; }
  bool operator<=(const Time & other) const { return nanoseconds_ <= checked(other).nanoseconds_; }
  bool operator>(const Time & other) const { return nanoseconds_ > checked(other).nanoseconds_; }
  bool operator>=(const Time & other) const { return nanoseconds_ >= checked(other).nanoseconds_; }

  Time operator+(const Duration & duration) const;
  Time operator-(const Duration & duration) const;
  Duration operator-(const Time & other) const;
  Time & operator+=(const Duration & duration) { return *this = *this + duration; }
  Time & operator-=(const Duration & duration) { return *this = *this - duration; }

  rcl_time_point_value_t nanoseconds() const { return nanoseconds_; }
  double seconds() const { return static_cast<double>(nanoseconds_) * 1e-9; }
  rcl_clock_type_t get_clock_type() const { return clock_type_; }
  static Time max(rcl_clock_type_t clock_type = RCL_SYSTEM_TIME);

 private:
  const Time & checked(const Time & other) const;

  int64_t nanoseconds_;
  rcl_clock_type_t clock_type_;
};

RCLCPP_PUBLIC Time operator+(const Duration & duration, const Time & time);

/// Split nanoseconds into a message's seconds (floored) and nanoseconds (never negative).
RCLCPP_PUBLIC builtin_interfaces::msg::Time convert_rcl_time_to_sec_nanos(rcl_time_point_value_t time);

}  // namespace rclcpp

#endif  // RCLCPP__TIME_HPP_
