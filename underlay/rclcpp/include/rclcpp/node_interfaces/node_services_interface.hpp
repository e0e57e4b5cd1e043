// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__NODE_INTERFACES__NODE_SERVICES_INTERFACE_HPP_
#define RCLCPP__NODE_INTERFACES__NODE_SERVICES_INTERFACE_HPP_

#include <string>

#include "rclcpp/client.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/node_interfaces/node_base_interface.hpp"
#include "rclcpp/service.hpp"

namespace rclcpp::node_interfaces
{

/// Puts services and clients into a node's callback groups.
class RCLCPP_PUBLIC NodeServicesInterface
{
 public:
  RCLCPP_SMART_PTR_ALIASES_ONLY(NodeServicesInterface)
  explicit NodeServicesInterface(NodeBaseInterface * base) : base_(base) {}
  /// \throws std::runtime_error if the group (null: the default one) is another node's
  void add_client(ClientBase::SharedPtr client, CallbackGroup::SharedPtr group);
  void add_service(ServiceBase::SharedPtr service, CallbackGroup::SharedPtr group);
  std::string resolve_service_name(const std::string & name, bool only_expand = false) const
  {
    return base_->resolve_topic_or_service_name(name, true, only_expand);
  }

 private:
  NodeBaseInterface * base_;
};

}  // namespace rclcpp::node_interfaces

#endif  // RCLCPP__NODE_INTERFACES__NODE_SERVICES_INTERFACE_HPP_
