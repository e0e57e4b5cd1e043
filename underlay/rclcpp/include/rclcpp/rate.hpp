// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__RATE_HPP_
#define RCLCPP__RATE_HPP_

#include <memory>

#include "rclcpp/clock.hpp"
#include "rclcpp/duration.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

class RateBase
{
 public:
  RCLCPP_SMART_PTR_ALIASES_ONLY(RateBase)
  virtual ~RateBase() = default;
  virtual bool sleep() = 0;
  virtual rcl_clock_type_t get_type() const = 0;
  virtual void reset() = 0;
};

/// Sleeps so that calls of sleep() return at a fixed rate; a late call starts the grid anew.
class RCLCPP_PUBLIC Rate : public RateBase
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS(Rate)
  /// \throws std::invalid_argument if the rate (hertz) or the period is not positive
  explicit Rate(double rate, Clock::SharedPtr clock = std::make_shared<Clock>(RCL_SYSTEM_TIME));
  explicit Rate(const Duration & period, Clock::SharedPtr clock = std::make_shared<Clock>(RCL_SYSTEM_TIME));

  /// \return false if the time had passed already (nothing was slept) or the context was shut down
  bool sleep() override;
  rcl_clock_type_t get_type() const override { return clock_->get_clock_type(); }
  void reset() override { last_interval_ = clock_->now(); }
  Duration period() const { return period_; }

 private:
  Clock::SharedPtr clock_;
  Duration period_;
  Time last_interval_;
};

class RCLCPP_PUBLIC WallRate : public Rate
{
 public:
  explicit WallRate(double rate) : Rate(rate, std::make_shared<Clock>(RCL_STEADY_TIME)) {}
  explicit WallRate(const Duration & period) : Rate(period, std::make_shared<Clock>(RCL_STEADY_TIME)) {}
};

class RCLCPP_PUBLIC ROSRate : public Rate
{
 public:
  explicit ROSRate(double rate) : Rate(rate, std::make_shared<Clock>(RCL_ROS_TIME)) {}
  explicit ROSRate(const Duration & period) : Rate(period, std::make_shared<Clock>(RCL_ROS_TIME)) {}
};

}  // namespace rclcpp

#endif  // RCLCPP__RATE_HPP_
