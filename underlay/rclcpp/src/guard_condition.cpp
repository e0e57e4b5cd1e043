// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/guard_condition.hpp"

#include <stdexcept>

#include "rclcpp/exceptions/exceptions.hpp"

namespace rclcpp
{

GuardCondition::GuardCondition(const Context::SharedPtr & context)
    : guard_condition_(rcl_get_zero_initialized_guard_condition())
{
  if (!context) {
    throw std::invalid_argument("context argument unexpectedly nullptr");
  }
  rcl_context_ = context->get_rcl_context();
  const rcl_ret_t ret = rcl_guard_condition_init(&guard_condition_, rcl_context_.get(),
                                                 rcl_guard_condition_get_default_options());
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to create guard condition");
  }
}

GuardCondition::~GuardCondition()
{
  if (rcl_guard_condition_fini(&guard_condition_) != RCL_RET_OK) {
    rcl_reset_error();
  }
}

void GuardCondition::trigger()
{
  const rcl_ret_t ret = rcl_trigger_guard_condition(&guard_condition_);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to trigger guard condition");
  }
}

}  // namespace rclcpp
