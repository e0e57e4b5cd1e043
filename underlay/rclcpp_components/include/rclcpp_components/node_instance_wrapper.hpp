// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP_COMPONENTS__NODE_INSTANCE_WRAPPER_HPP_
#define RCLCPP_COMPONENTS__NODE_INSTANCE_WRAPPER_HPP_

#include <functional>
#include <memory>
#include <utility>

#include "rclcpp/node_interfaces/node_base_interface.hpp"

namespace rclcpp_components
{

/// A component of whatever class, and the interface that executors need of it.
class NodeInstanceWrapper
{
 public:
  using NodeBaseInterfaceGetter =
      std::function<rclcpp::node_interfaces::NodeBaseInterface::SharedPtr(const std::shared_ptr<void> &)>;

  NodeInstanceWrapper() = default;
  NodeInstanceWrapper(std::shared_ptr<void> node_instance, NodeBaseInterfaceGetter getter)
      : node_instance_(std::move(node_instance)), getter_(std::move(getter))
  {
  }

  const std::shared_ptr<void> get_node_instance() const { return node_instance_; }
  rclcpp::node_interfaces::NodeBaseInterface::SharedPtr get_node_base_interface()
  {
    return getter_(node_instance_);
  }

 private:
  std::shared_ptr<void> node_instance_;
  NodeBaseInterfaceGetter getter_;
};

}  // namespace rclcpp_components

#endif  // RCLCPP_COMPONENTS__NODE_INSTANCE_WRAPPER_HPP_
