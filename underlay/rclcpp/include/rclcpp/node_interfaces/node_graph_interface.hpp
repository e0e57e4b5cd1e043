// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__NODE_INTERFACES__NODE_GRAPH_INTERFACE_HPP_
#define RCLCPP__NODE_INTERFACES__NODE_GRAPH_INTERFACE_HPP_

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rcl/graph.h"
#include "rclcpp/macros.hpp"
#include "rclcpp/node_interfaces/node_base_interface.hpp"
#include "rclcpp/qos.hpp"

namespace rclcpp
{

enum class EndpointType
{
  Invalid = RMW_ENDPOINT_INVALID,
  Publisher = RMW_ENDPOINT_PUBLISHER,
  Subscription = RMW_ENDPOINT_SUBSCRIPTION,
};

/// Who publishes or subscribes on a topic, and how.
class RCLCPP_PUBLIC TopicEndpointInfo
{
 public:
  explicit TopicEndpointInfo(const rcl_topic_endpoint_info_t & info);
  const std::string & node_name() const { return node_name_; }
  const std::string & node_namespace() const { return node_namespace_; }
  const std::string & topic_type() const { return topic_type_; }
  rclcpp::EndpointType endpoint_type() const { return endpoint_type_; }
  const std::array<uint8_t, RMW_GID_STORAGE_SIZE> & endpoint_gid() const { return endpoint_gid_; }
  const QoS & qos_profile() const { return qos_profile_; }

 private:
  std::string node_name_;
  std::string node_namespace_;
  std::string topic_type_;
  rclcpp::EndpointType endpoint_type_;
  std::array<uint8_t, RMW_GID_STORAGE_SIZE> endpoint_gid_;
  QoS qos_profile_;
};

namespace node_interfaces
{

/// What a node sees of the others.
class RCLCPP_PUBLIC NodeGraphInterface
{
 public:
  RCLCPP_SMART_PTR_ALIASES_ONLY(NodeGraphInterface)
  using NamesAndTypes = std::map<std::string, std::vector<std::string>>;

  explicit NodeGraphInterface(NodeBaseInterface * base) : base_(base) {}
  NamesAndTypes get_topic_names_and_types(bool no_demangle = false) const;
  NamesAndTypes get_service_names_and_types() const;
  NamesAndTypes get_service_names_and_types_by_node(const std::string & node_name,
                                                    const std::string & namespace_) const;
  std::vector<std::string> get_node_names() const;
  std::vector<std::pair<std::string, std::string>> get_node_names_and_namespaces() const;
  size_t count_publishers(const std::string & topic_name) const;
  size_t count_subscribers(const std::string & topic_name) const;
  size_t count_clients(const std::string & service_name) const;
  size_t count_services(const std::string & service_name) const;
  std::vector<TopicEndpointInfo> get_publishers_info_by_topic(const std::string & topic_name,
                                                              bool no_mangle = false) const;
  std::vector<TopicEndpointInfo> get_subscriptions_info_by_topic(const std::string & topic_name,
                                                                 bool no_mangle = false) const;

 private:
  NodeBaseInterface * base_;
};

}  // namespace node_interfaces
}  // namespace rclcpp

#endif  // RCLCPP__NODE_INTERFACES__NODE_GRAPH_INTERFACE_HPP_
