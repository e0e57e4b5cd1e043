// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__NODE_INTERFACES__NODE_TOPICS_INTERFACE_HPP_
#define RCLCPP__NODE_INTERFACES__NODE_TOPICS_INTERFACE_HPP_

#include <memory>
#include <string>

#include "rclcpp/macros.hpp"
#include "rclcpp/node_interfaces/node_base_interface.hpp"
#include "rclcpp/subscription_base.hpp"

namespace rclcpp::node_interfaces
{

/// Puts subscriptions into a node's callback groups.
class RCLCPP_PUBLIC NodeTopicsInterface
{
 public:
  RCLCPP_SMART_PTR_ALIASES_ONLY(NodeTopicsInterface)
  explicit NodeTopicsInterface(NodeBaseInterface * base) : base_(base) {}
  /// \throws std::runtime_error if the group (null: the default one) is another node's
  void add_subscription(SubscriptionBase::SharedPtr subscription, CallbackGroup::SharedPtr group);
  NodeBaseInterface * get_node_base_interface() const { return base_; }
  std::string resolve_topic_name(const std::string & name, bool only_expand = false) const
  {
    return base_->resolve_topic_or_service_name(name, false, only_expand);
  }

 private:
  NodeBaseInterface * base_;
};

}  // namespace rclcpp::node_interfaces

#endif  // RCLCPP__NODE_INTERFACES__NODE_TOPICS_INTERFACE_HPP_
