// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__CONTEXTS__DEFAULT_CONTEXT_HPP_
#define RCLCPP__CONTEXTS__DEFAULT_CONTEXT_HPP_

#include "rclcpp/context.hpp"

namespace rclcpp::contexts
{

class RCLCPP_PUBLIC DefaultContext : public Context
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS(DefaultContext)
};

RCLCPP_PUBLIC DefaultContext::SharedPtr get_global_default_context();

}  // namespace rclcpp::contexts

#endif  // RCLCPP__CONTEXTS__DEFAULT_CONTEXT_HPP_
