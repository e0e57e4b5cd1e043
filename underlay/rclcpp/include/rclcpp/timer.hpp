// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__TIMER_HPP_
#define RCLCPP__TIMER_HPP_

#include <chrono>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "rcl/timer.h"
#include "rclcpp/callback_group.hpp"
#include "rclcpp/clock.hpp"
#include "rclcpp/context.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

/// When a timer's callback should have run and when it did.
struct TimerInfo
{
  Time expected_call_time;
  Time actual_call_time;
};

class RCLCPP_PUBLIC TimerBase : public detail::Executable
{
 public:
  RCLCPP_SMART_PTR_ALIASES_ONLY(TimerBase)
  RCLCPP_DISABLE_COPY(TimerBase)

  /// \throws std::invalid_argument if the period is negative; RCLError
  explicit TimerBase(Clock::SharedPtr clock, std::chrono::nanoseconds period, Context::SharedPtr context,
                     bool autostart = true);
  ~TimerBase() override = default;

  void cancel();
  bool is_canceled();
  /// Start anew: the next call is one period from now.
  void reset();
  bool is_ready();
  /// Time until the next call; std::chrono::nanoseconds::max() for a canceled timer.
  std::chrono::nanoseconds time_until_trigger();
  virtual bool is_steady() { return clock_->get_clock_type() == RCL_STEADY_TIME; }
  std::shared_ptr<const rcl_timer_t> get_timer_handle() { return handle_; }

  bool claim(detail::CallTimes & times) override;

 protected:
  Clock::SharedPtr clock_;
  std::shared_ptr<rcl_timer_t> handle_;
};

/// A timer with a callback of any of upstream's forms: void(), void(TimerBase &), void(const TimerInfo &).
template <typename FunctorT>
class GenericTimer : public TimerBase
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS(GenericTimer)

  explicit GenericTimer(Clock::SharedPtr clock, std::chrono::nanoseconds period, FunctorT && callback,
                        Context::SharedPtr context, bool autostart = true)
      : TimerBase(std::move(clock), period, std::move(context), autostart),
        callback_(std::forward<FunctorT>(callback))
  {
  }
  // The callback may use what its owner is about to destroy.
  ~GenericTimer() override { cancel(); }

  void execute(const detail::CallTimes & times) override
  {
    if constexpr (std::is_invocable_v<FunctorT &>) {
      callback_();
    } else if constexpr (std::is_invocable_v<FunctorT &, TimerBase &>) {
      callback_(*this);
    } else {
      static_assert(std::is_invocable_v<FunctorT &, const TimerInfo &>,
                    "a timer's callback takes nothing, rclcpp::TimerBase & or const rclcpp::TimerInfo &");
      const auto type = clock_->get_clock_type();
      callback_(TimerInfo{Time(times.expected, type), Time(times.actual, type)});
    }
  }

 private:
  std::decay_t<FunctorT> callback_;
};

/// A timer on the steady clock.
template <typename FunctorT>
class WallTimer : public GenericTimer<FunctorT>
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS(WallTimer)

  WallTimer(std::chrono::nanoseconds period, FunctorT && callback, Context::SharedPtr context,
            bool autostart = true)
      : GenericTimer<FunctorT>(std::make_shared<Clock>(RCL_STEADY_TIME), period,
                               std::forward<FunctorT>(callback), std::move(context), autostart)
  {
  }
};

}  // namespace rclcpp

#endif  // RCLCPP__TIMER_HPP_
