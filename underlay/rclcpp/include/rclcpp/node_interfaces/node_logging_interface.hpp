// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__NODE_INTERFACES__NODE_LOGGING_INTERFACE_HPP_
#define RCLCPP__NODE_INTERFACES__NODE_LOGGING_INTERFACE_HPP_

#include <memory>

#include "rclcpp/logger.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/node_interfaces/node_base_interface.hpp"

namespace rclcpp::node_interfaces
{

/// The logger of a node.
class NodeLoggingInterface
{
 public:
  RCLCPP_SMART_PTR_ALIASES_ONLY(NodeLoggingInterface)
  explicit NodeLoggingInterface(const NodeBaseInterface & base)
      : logger_(get_node_logger(base.get_rcl_node_handle()))
  {
  }
  Logger get_logger() const { return logger_; }
  const char * get_logger_name() const { return logger_.get_name(); }

 private:
  Logger logger_;
};

}  // namespace rclcpp::node_interfaces

#endif  // RCLCPP__NODE_INTERFACES__NODE_LOGGING_INTERFACE_HPP_
