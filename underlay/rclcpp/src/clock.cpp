// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/clock.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "rclcpp/exceptions/exceptions.hpp"
#include "rclcpp/rate.hpp"

namespace rclcpp
{

namespace
{

// Simulated time has no alarm: look at it this often.
constexpr std::chrono::milliseconds simulated_time_poll(1);
// A wall clock may be set while one sleeps on it.
constexpr std::chrono::milliseconds longest_sleep(100);

}  // namespace

Clock::Clock(rcl_clock_type_t clock_type) : mutex_(std::make_shared<std::mutex>())
{
  auto clock = std::make_unique<rcl_clock_t>();
  rcl_allocator_t allocator = rcl_get_default_allocator();
  const rcl_ret_t ret = rcl_clock_init(clock_type, clock.get(), &allocator);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to initialize clock");
  }
  clock_ = std::shared_ptr<rcl_clock_t>(clock.release(), [](rcl_clock_t * handle) {
    if (rcl_clock_fini(handle) != RCL_RET_OK) {
      rcl_reset_error();
    }
    delete handle;
  });
}

Time Clock::now() const
{
  rcl_time_point_value_t now = 0;
  const rcl_ret_t ret = rcl_clock_get_now(clock_.get(), &now);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "could not get current time stamp");
  }
  return Time(now, clock_->type);
}

bool Clock::sleep_until(Time until, Context::SharedPtr context)
{
  if (!context || !context->is_valid()) {
    throw std::runtime_error("context cannot be slept with because it's invalid");
  }
  if (until.get_clock_type() != clock_->type) {
    throw std::runtime_error("until's clock type does not match this clock's type");
  }
  const bool simulated = ros_time_is_active();
  for (Time current = now(); current < until; current = now()) {
    const auto rest = (until - current).to_chrono<std::chrono::nanoseconds>();
    const auto slice = simulated ? std::chrono::nanoseconds(simulated_time_poll)
                                 : std::min<std::chrono::nanoseconds>(rest, longest_sleep);
    if (!context->sleep_for(slice)) {
      return now() >= until;
    }
  }
  return true;
}

bool Clock::sleep_for(Duration duration, Context::SharedPtr context)
{
  return sleep_until(now() + duration, std::move(context));
}

bool Clock::started()
{
  return rcl_clock_time_started(clock_.get());
}

bool Clock::wait_until_started(Context::SharedPtr context)
{
  while (!started()) {
    if (!context->sleep_for(simulated_time_poll)) {
      return started();
    }
  }
  return true;
}

bool Clock::ros_time_is_active()
{
  if (clock_->type != RCL_ROS_TIME) {
    return false;
  }
  bool active = false;
  const rcl_ret_t ret = rcl_is_enabled_ros_time_override(clock_.get(), &active);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to check ros_time_override_status");
  }
  return active;
}

namespace
{

double checked_rate(double rate)
{
  if (!(rate > 0.0)) {
    throw std::invalid_argument("rate must be greater than 0");
  }
  return rate;
}

}  // namespace

Rate::Rate(double rate, Clock::SharedPtr clock)
    : Rate(Duration::from_seconds(1.0 / checked_rate(rate)), std::move(clock))
{
}

Rate::Rate(const Duration & period, Clock::SharedPtr clock)
    : clock_(std::move(clock)), period_(period), last_interval_(clock_->now())
{
  if (period <= Duration(0, 0)) {
    throw std::invalid_argument("period must be greater than 0");
  }
}

bool Rate::sleep()
{
  const Time now = clock_->now();
  Time next = last_interval_ + period_;
  if (now < last_interval_) {  // the clock was set back
    next = now + period_;
  }
  last_interval_ += period_;
  if (next <= now) {
    // Late by more than a period: do not try to catch up with a burst.
    if (now > next + period_) {
      last_interval_ = now + period_;
    }
    return false;
  }
  return clock_->sleep_for(next - now);
}

}  // namespace rclcpp
