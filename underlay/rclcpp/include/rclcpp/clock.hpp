// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__CLOCK_HPP_
#define RCLCPP__CLOCK_HPP_

#include <memory>
#include <mutex>

#include "rcl/time.h"
#include "rclcpp/context.hpp"
#include "rclcpp/contexts/default_context.hpp"
#include "rclcpp/duration.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/time.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

/// A clock of one kind; one with ROS time follows /clock where its node has use_sim_time.
class RCLCPP_PUBLIC Clock
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS(Clock)

  explicit Clock(rcl_clock_type_t clock_type = RCL_SYSTEM_TIME);
  virtual ~Clock() = default;

  Time now() const;

  /// Sleep until the time is reached or the context is shut down.
  /// \return whether the time was reached
  bool sleep_until(Time until, Context::SharedPtr context = contexts::get_global_default_context());
  bool sleep_for(Duration duration, Context::SharedPtr context = contexts::get_global_default_context());

  /// Whether the clock shows a time other than zero.
  bool started();
  bool wait_until_started(Context::SharedPtr context = contexts::get_global_default_context());
  bool ros_time_is_active();

  rcl_clock_t * get_clock_handle() const noexcept { return clock_.get(); }
  rcl_clock_type_t get_clock_type() const noexcept { return clock_->type; }
  std::mutex & get_clock_mutex() noexcept { return *mutex_; }

 private:
  friend class TimerBase;
  std::shared_ptr<std::mutex> mutex_;
  std::shared_ptr<rcl_clock_t> clock_;
};

}  // namespace rclcpp

#endif  // RCLCPP__CLOCK_HPP_
