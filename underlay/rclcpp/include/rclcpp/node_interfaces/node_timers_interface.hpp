// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__NODE_INTERFACES__NODE_TIMERS_INTERFACE_HPP_
#define RCLCPP__NODE_INTERFACES__NODE_TIMERS_INTERFACE_HPP_

#include "rclcpp/macros.hpp"
#include "rclcpp/node_interfaces/node_base_interface.hpp"
#include "rclcpp/timer.hpp"

namespace rclcpp::node_interfaces
{

/// Puts timers into a node's callback groups.
class RCLCPP_PUBLIC NodeTimersInterface
{
 public:
  RCLCPP_SMART_PTR_ALIASES_ONLY(NodeTimersInterface)
  explicit NodeTimersInterface(NodeBaseInterface * base) : base_(base) {}
  /// \throws std::runtime_error if the group (null: the default one) is another node's
  void add_timer(TimerBase::SharedPtr timer, CallbackGroup::SharedPtr group);

 private:
  NodeBaseInterface * base_;
};

}  // namespace rclcpp::node_interfaces

#endif  // RCLCPP__NODE_INTERFACES__NODE_TIMERS_INTERFACE_HPP_
