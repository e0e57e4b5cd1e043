// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__GUARD_CONDITION_HPP_
#define RCLCPP__GUARD_CONDITION_HPP_

#include <memory>

#include "rcl/guard_condition.h"
#include "rclcpp/context.hpp"
#include "rclcpp/contexts/default_context.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

/// Wakes a wait set from any thread.
class RCLCPP_PUBLIC GuardCondition
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS_NOT_COPYABLE(GuardCondition)

  /// \throws std::invalid_argument if context is null
  explicit GuardCondition(const Context::SharedPtr & context = contexts::get_global_default_context());
  virtual ~GuardCondition();

  void trigger();
  rcl_guard_condition_t & get_rcl_guard_condition() { return guard_condition_; }
  const rcl_guard_condition_t & get_rcl_guard_condition() const { return guard_condition_; }

 private:
  std::shared_ptr<rcl_context_t> rcl_context_;
  rcl_guard_condition_t guard_condition_;
};

}  // namespace rclcpp

#endif  // RCLCPP__GUARD_CONDITION_HPP_
