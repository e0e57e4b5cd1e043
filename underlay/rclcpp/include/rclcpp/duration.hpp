// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__DURATION_HPP_
#define RCLCPP__DURATION_HPP_

#include <chrono>
#include <cstdint>

#include "builtin_interfaces/msg/duration.hpp"
#include "rcl/time.h"
#include "rclcpp/visibility_control.hpp"
#include "rmw/time.h"

namespace rclcpp
{

/// A span of time in nanoseconds; arithmetic that would overflow throws std::overflow_error or
/// std::underflow_error.
class RCLCPP_PUBLIC Duration
{
 public:
  Duration() = default;
  Duration(int32_t seconds, uint32_t nanoseconds);
  explicit Duration(std::chrono::nanoseconds nanoseconds) : nanoseconds_(nanoseconds.count()) {}
  template <class Rep, class Period>
  Duration(const std::chrono::duration<Rep, Period> & duration)  // NOLINT(runtime/explicit)
      : Duration(std::chrono::duration_cast<std::chrono::nanoseconds>(duration))
  {
  }
  Duration(const builtin_interfaces::msg::Duration & message);  // NOLINT(runtime/explicit)
  explicit Duration(const rcl_duration_t & duration) : nanoseconds_(duration.nanoseconds) {}

  operator builtin_interfaces::msg::Duration() const;  // NOLINT(runtime/explicit)
  Duration & operator=(const builtin_interfaces::msg::Duration & message);

  bool operator==(const Duration & other) const { return nanoseconds_ == other.nanoseconds_; }
  bool operator!=(const Duration & other) const { return nanoseconds_ != other.nanoseconds_; }
  bool operator<(const Duration & other) const { return nanoseconds_ < other.nanoseconds_; }
  bool operator<=(const Duration & other) const { return nanoseconds_ <= other.nanoseconds_; }
  bool operator>(const Duration & other) const { return nanoseconds_ > other.nanoseconds_; }
  bool operator>=(const Duration & other) const { return nanoseconds_ >= other.nanoseconds_; }

  Duration operator+(const Duration & other) const;
  Duration operator-(const Duration & other) const;
  Duration operator*(double scale) const;
  Duration & operator+=(const Duration & other) { return *this = *this + other; }
  Duration & operator-=(const Duration & other) { return *this = *this - other; }
  Duration & operator*=(double scale) { return *this = *this * scale; }

  rcl_duration_value_t nanoseconds() const { return nanoseconds_; }
  double seconds() const { return static_cast<double>(nanoseconds_) * 1e-9; }
  rmw_time_t to_rmw_time() const;
  template <class DurationT>
  DurationT to_chrono() const
  {
    return std::chrono::duration_cast<DurationT>(std::chrono::nanoseconds(nanoseconds_));
  }

  static Duration max();
  static Duration from_seconds(double seconds);
  static Duration from_nanoseconds(rcl_duration_value_t nanoseconds);
  static Duration from_rmw_time(rmw_time_t duration);

 private:
  rcl_duration_value_t nanoseconds_ = 0;
};

}  // namespace rclcpp

#endif  // RCLCPP__DURATION_HPP_
