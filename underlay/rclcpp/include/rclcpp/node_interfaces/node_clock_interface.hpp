// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__NODE_INTERFACES__NODE_CLOCK_INTERFACE_HPP_
#define RCLCPP__NODE_INTERFACES__NODE_CLOCK_INTERFACE_HPP_

#include <utility>

#include "rclcpp/clock.hpp"
#include "rclcpp/macros.hpp"

namespace rclcpp::node_interfaces
{

/// The clock of a node.
class NodeClockInterface
{
 public:
  RCLCPP_SMART_PTR_ALIASES_ONLY(NodeClockInterface)
  explicit NodeClockInterface(rcl_clock_type_t type) : clock_(std::make_shared<Clock>(type)) {}
  Clock::SharedPtr get_clock() { return clock_; }
  Clock::ConstSharedPtr get_clock() const { return clock_; }

 private:
  Clock::SharedPtr clock_;
};

}  // namespace rclcpp::node_interfaces

#endif  // RCLCPP__NODE_INTERFACES__NODE_CLOCK_INTERFACE_HPP_
