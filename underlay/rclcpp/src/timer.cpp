// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/timer.hpp"

#include <stdexcept>

#include "rclcpp/exceptions/exceptions.hpp"

namespace rclcpp
{

TimerBase::TimerBase(Clock::SharedPtr clock, std::chrono::nanoseconds period, Context::SharedPtr context,
                     bool autostart)
    : clock_(std::move(clock))
{
  if (!context) {
    context = contexts::get_global_default_context();
  }
  auto timer = std::make_unique<rcl_timer_t>(rcl_get_zero_initialized_timer());
  const auto rcl_context = context->get_rcl_context();
  {
    const std::lock_guard<std::mutex> lock(clock_->get_clock_mutex());
    const rcl_ret_t ret = rcl_timer_init2(timer.get(), clock_->get_clock_handle(), rcl_context.get(),
                                          period.count(), nullptr, rcl_get_default_allocator(), autostart);
    if (ret != RCL_RET_OK) {
      exceptions::throw_from_rcl_error(ret, "couldn't initialize timer");
    }
  }
  // The timer is registered with its clock and wakes its context: both stay as long as it does.
  handle_ = std::shared_ptr<rcl_timer_t>(timer.release(), [clock = clock_, rcl_context](rcl_timer_t * raw) {
    const std::lock_guard<std::mutex> lock(clock->get_clock_mutex());
    if (rcl_timer_fini(raw) != RCL_RET_OK) {
      rcl_reset_error();
    }
    delete raw;
  });
}

void TimerBase::cancel()
{
  const rcl_ret_t ret = rcl_timer_cancel(handle_.get());
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "couldn't cancel timer");
  }
}

bool TimerBase::is_canceled()
{
  bool canceled = false;
  const rcl_ret_t ret = rcl_timer_is_canceled(handle_.get(), &canceled);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "couldn't get timer cancelled state");
  }
  return canceled;
}

void TimerBase::reset()
{
  const rcl_ret_t ret = rcl_timer_reset(handle_.get());
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "couldn't reset timer");
  }
}

bool TimerBase::is_ready()
{
  bool ready = false;
  const rcl_ret_t ret = rcl_timer_is_ready(handle_.get(), &ready);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to check timer");
  }
  return ready;
}

std::chrono::nanoseconds TimerBase::time_until_trigger()
{
  int64_t time = 0;
  const rcl_ret_t ret = rcl_timer_get_time_until_next_call(handle_.get(), &time);
  if (ret == RCL_RET_TIMER_CANCELED) {
    rcl_reset_error();
    return std::chrono::nanoseconds::max();
  }
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "timer could not get time until next call");
  }
  return std::chrono::nanoseconds(time);
}

bool TimerBase::claim(detail::CallTimes & times)
{
  bool ready = false;
  if (rcl_timer_is_ready(handle_.get(), &ready) != RCL_RET_OK || !ready) {
    rcl_reset_error();
    return false;
  }
  rcl_timer_call_info_t info{};
  const rcl_ret_t ret = rcl_timer_call_with_info(handle_.get(), &info);
  if (ret == RCL_RET_TIMER_CANCELED) {
    rcl_reset_error();
    return false;
  }
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to notify timer that callback occurred");
  }
  times = {info.expected_call_time, info.actual_call_time};
  return true;
}

}  // namespace rclcpp
