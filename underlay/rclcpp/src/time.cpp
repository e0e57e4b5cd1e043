// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/time.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "rclcpp/duration.hpp"

namespace rclcpp
{

namespace
{

constexpr int64_t ns_per_s = 1000000000;

int64_t add(int64_t left, int64_t right)
{
  int64_t sum = 0;
  if (__builtin_add_overflow(left, right, &sum)) {
    if (right > 0) {
      throw std::overflow_error("addition leads to int64_t overflow");
    }
    throw std::underflow_error("addition leads to int64_t underflow");
  }
  return sum;
}

int64_t subtract(int64_t left, int64_t right)
{
  int64_t difference = 0;
  if (__builtin_sub_overflow(left, right, &difference)) {
    if (right < 0) {
      throw std::overflow_error("subtraction leads to int64_t overflow");
    }
    throw std::underflow_error("subtraction leads to int64_t underflow");
  }
  return difference;
}

template <class MessageT>
MessageT split(int64_t nanoseconds)
{
  int64_t seconds = nanoseconds / ns_per_s;
  int64_t rest = nanoseconds % ns_per_s;
  if (rest < 0) {
    seconds -= 1;
    rest += ns_per_s;
  }
  MessageT message;
  if (seconds > std::numeric_limits<int32_t>::max()) {
    message.sec = std::numeric_limits<int32_t>::max();
    message.nanosec = std::numeric_limits<uint32_t>::max();
  } else if (seconds < std::numeric_limits<int32_t>::min()) {
    message.sec = std::numeric_limits<int32_t>::min();
    message.nanosec = 0;
  } else {
    message.sec = static_cast<int32_t>(seconds);
    message.nanosec = static_cast<uint32_t>(rest);
  }
  return message;
}

}  // namespace

Duration::Duration(int32_t seconds, uint32_t nanoseconds) : nanoseconds_(seconds * ns_per_s + nanoseconds)
{
}

Duration::Duration(const builtin_interfaces::msg::Duration & message)
    : nanoseconds_(message.sec * ns_per_s + message.nanosec)
{
}

Duration::operator builtin_interfaces::msg::Duration() const
{
  return split<builtin_interfaces::msg::Duration>(nanoseconds_);
}

Duration & Duration::operator=(const builtin_interfaces::msg::Duration & message)
{
  return *this = Duration(message);
}

Duration Duration::operator+(const Duration & other) const
{
  return from_nanoseconds(add(nanoseconds_, other.nanoseconds_));
}

Duration Duration::operator-(const Duration & other) const
{
  return from_nanoseconds(subtract(nanoseconds_, other.nanoseconds_));
}

Duration Duration::operator*(double scale) const
{
  if (!std::isfinite(scale)) {
    throw std::runtime_error("abnormal scale in rclcpp::Duration");
  }
  const long double product = static_cast<long double>(nanoseconds_) * static_cast<long double>(scale);
  if (product > static_cast<long double>(std::numeric_limits<int64_t>::max())) {
    throw std::overflow_error("duration scaling leads to int64_t overflow");
  }
  if (product < static_cast<long double>(std::numeric_limits<int64_t>::min())) {
    throw std::underflow_error("duration scaling leads to int64_t underflow");
  }
  return from_nanoseconds(static_cast<int64_t>(product));
}

rmw_time_t Duration::to_rmw_time() const
{
  if (nanoseconds_ < 0) {
    throw std::runtime_error("rmw_time_t cannot be negative");
  }
  return {static_cast<uint64_t>(nanoseconds_ / ns_per_s), static_cast<uint64_t>(nanoseconds_ % ns_per_s)};
}

Duration Duration::max()
{
  return Duration(std::numeric_limits<int32_t>::max(), 999999999);
}

Duration Duration::from_seconds(double seconds)
{
  return from_nanoseconds(static_cast<int64_t>(static_cast<long double>(seconds) * 1e9L));
}

Duration Duration::from_nanoseconds(rcl_duration_value_t nanoseconds)
{
  Duration duration;
  duration.nanoseconds_ = nanoseconds;
  return duration;
}

Duration Duration::from_rmw_time(rmw_time_t duration)
{
  constexpr auto limit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (duration.sec > limit / ns_per_s || duration.nsec > limit - duration.sec * ns_per_s) {
    return from_nanoseconds(std::numeric_limits<int64_t>::max());
  }
  return from_nanoseconds(static_cast<int64_t>(duration.sec * ns_per_s + duration.nsec));
}

Time::Time(int32_t seconds, uint32_t nanoseconds, rcl_clock_type_t clock_type)
    : nanoseconds_(seconds * ns_per_s + nanoseconds), clock_type_(clock_type)
{
  if (seconds < 0) {
    throw std::runtime_error("cannot store a negative time point in rclcpp::Time");
  }
}

Time::Time(const builtin_interfaces::msg::Time & message, rcl_clock_type_t clock_type)
    : Time(message.sec, message.nanosec, clock_type)
{
}

Time::operator builtin_interfaces::msg::Time() const
{
  return convert_rcl_time_to_sec_nanos(nanoseconds_);
}

Time & Time::operator=(const builtin_interfaces::msg::Time & message)
{
  return *this = Time(message);
}

const Time & Time::checked(const Time & other) const
{
  if (clock_type_ != other.clock_type_) {
    throw std::runtime_error("can't compare or subtract times with different time sources");
  }
  return other;
}

Time Time::operator+(const Duration & duration) const
{
  return Time(add(nanoseconds_, duration.nanoseconds()), clock_type_);
}

Time Time::operator-(const Duration & duration) const
{
  return Time(subtract(nanoseconds_, duration.nanoseconds()), clock_type_);
}

Duration Time::operator-(const Time & other) const
{
  return Duration::from_nanoseconds(subtract(nanoseconds_, checked(other).nanoseconds_));
}

Time Time::max(rcl_clock_type_t clock_type)
{
  return Time(std::numeric_limits<int32_t>::max(), 999999999, clock_type);
}

Time operator+(const Duration & duration, const Time & time)
{
  return time + duration;
}

builtin_interfaces::msg::Time convert_rcl_time_to_sec_nanos(rcl_time_point_value_t time)
{
  return split<builtin_interfaces::msg::Time>(time);
}

}  // namespace rclcpp
