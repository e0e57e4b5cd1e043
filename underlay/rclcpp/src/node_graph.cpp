// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/node_interfaces/node_graph_interface.hpp"

#include <algorithm>
#include <utility>

#include "check.hpp"

namespace rclcpp
{

TopicEndpointInfo::TopicEndpointInfo(const rcl_topic_endpoint_info_t & info)
    : node_name_(info.node_name),
      node_namespace_(info.node_namespace),
      topic_type_(info.topic_type),
      endpoint_type_(static_cast<rclcpp::EndpointType>(info.endpoint_type)),
      endpoint_gid_{},
      qos_profile_(QoSInitialization(info.qos_profile.history, info.qos_profile.depth), info.qos_profile)
{
  std::copy(std::begin(info.endpoint_gid), std::end(info.endpoint_gid), endpoint_gid_.begin());
}

namespace node_interfaces
{

namespace
{

using detail::check;

/// rcl's list of names and types, freed when it goes out of scope.
struct Names
{
  rcl_names_and_types_t handle = rcl_get_zero_initialized_names_and_types();
  Names() = default;
  Names(const Names &) = delete;
  Names & operator=(const Names &) = delete;
  ~Names()
  {
    if (rcl_names_and_types_fini(&handle) != RCL_RET_OK) {
      rcl_reset_error();
    }
  }
  NodeGraphInterface::NamesAndTypes convert() const
  {
    NodeGraphInterface::NamesAndTypes result;
    for (size_t i = 0; i < handle.names.size; ++i) {
      auto & types = result[handle.names.data[i]];
      types.assign(handle.types[i].data, handle.types[i].data + handle.types[i].size);
    }
    return result;
  }
};

using CountFunction = rcl_ret_t (*)(const rcl_node_t *, const char *, size_t *);

size_t count(NodeBaseInterface * base, CountFunction function, const std::string & name, bool is_service)
{
  size_t result = 0;
  const std::string resolved = base->resolve_topic_or_service_name(name, is_service, true);
  check(function(base->get_rcl_node_handle(), resolved.c_str(), &result), "failed to count endpoints");
  return result;
}

using InfoFunction = rcl_ret_t (*)(const rcl_node_t *, rcutils_allocator_t *, const char *, bool,
                                   rcl_topic_endpoint_info_array_t *);

std::vector<TopicEndpointInfo> endpoints(NodeBaseInterface * base, InfoFunction function,
                                         const std::string & topic_name, bool no_mangle)
{
  const std::string resolved =
      no_mangle ? topic_name : base->resolve_topic_or_service_name(topic_name, false, true);
  rcutils_allocator_t allocator = rcutils_get_default_allocator();
  rcl_topic_endpoint_info_array_t infos = rcl_get_zero_initialized_topic_endpoint_info_array();
  check(function(base->get_rcl_node_handle(), &allocator, resolved.c_str(), no_mangle, &infos),
        "failed to get endpoints by topic");
  std::vector<TopicEndpointInfo> result;
  for (size_t i = 0; i < infos.size; ++i) {
    result.emplace_back(infos.info_array[i]);
  }
  check(rcl_topic_endpoint_info_array_fini(&infos, &allocator), "failed to free endpoint infos");
  return result;
}

}  // namespace

NodeGraphInterface::NamesAndTypes NodeGraphInterface::get_topic_names_and_types(bool no_demangle) const
{
  rcl_allocator_t allocator = rcl_get_default_allocator();
  Names names;
  check(rcl_get_topic_names_and_types(base_->get_rcl_node_handle(), &allocator, no_demangle, &names.handle),
        "failed to get topic names and types");
  return names.convert();
}

NodeGraphInterface::NamesAndTypes NodeGraphInterface::get_service_names_and_types() const
{
  rcl_allocator_t allocator = rcl_get_default_allocator();
  Names names;
  check(rcl_get_service_names_and_types(base_->get_rcl_node_handle(), &allocator, &names.handle),
        "failed to get service names and types");
  return names.convert();
}

NodeGraphInterface::NamesAndTypes NodeGraphInterface::get_service_names_and_types_by_node(
    const std::string & node_name, const std::string & namespace_) const
{
  rcl_allocator_t allocator = rcl_get_default_allocator();
  Names names;
  check(rcl_get_service_names_and_types_by_node(base_->get_rcl_node_handle(), &allocator, node_name.c_str(),
                                                namespace_.c_str(), &names.handle),
        "failed to get service names and types by node");
  return names.convert();
}

std::vector<std::pair<std::string, std::string>> NodeGraphInterface::get_node_names_and_namespaces() const
{
  rcutils_string_array_t names = rcutils_get_zero_initialized_string_array();
  rcutils_string_array_t namespaces = rcutils_get_zero_initialized_string_array();
  check(rcl_get_node_names(base_->get_rcl_node_handle(), rcl_get_default_allocator(), &names, &namespaces),
        "failed to get node names");
  std::vector<std::pair<std::string, std::string>> result;
  for (size_t i = 0; i < names.size; ++i) {
    if (names.data[i] && namespaces.data[i]) {
      result.emplace_back(names.data[i], namespaces.data[i]);
    }
  }
  const bool freed = rcutils_string_array_fini(&names) == RCUTILS_RET_OK;
  if (rcutils_string_array_fini(&namespaces) != RCUTILS_RET_OK || !freed) {
    rcutils_reset_error();
  }
  return result;
}

std::vector<std::string> NodeGraphInterface::get_node_names() const
{
  std::vector<std::string> result;
  for (const auto & [name, namespace_] : get_node_names_and_namespaces()) {
    result.push_back(namespace_ + (namespace_.back() == '/' ? "" : "/") + name);
  }
  return result;
}

size_t NodeGraphInterface::count_publishers(const std::string & topic_name) const
{
  return count(base_, rcl_count_publishers, topic_name, false);
}

size_t NodeGraphInterface::count_subscribers(const std::string & topic_name) const
{
  return count(base_, rcl_count_subscribers, topic_name, false);
}

size_t NodeGraphInterface::count_clients(const std::string & service_name) const
{
  return count(base_, rcl_count_clients, service_name, true);
}

size_t NodeGraphInterface::count_services(const std::string & service_name) const
{
  return count(base_, rcl_count_services, service_name, true);
}

std::vector<TopicEndpointInfo> NodeGraphInterface::get_publishers_info_by_topic(
    const std::string & topic_name, bool no_mangle) const
{
  return endpoints(base_, rcl_get_publishers_info_by_topic, topic_name, no_mangle);
}

std::vector<TopicEndpointInfo> NodeGraphInterface::get_subscriptions_info_by_topic(
    const std::string & topic_name, bool no_mangle) const
{
  return endpoints(base_, rcl_get_subscriptions_info_by_topic, topic_name, no_mangle);
}

}  // namespace node_interfaces
}  // namespace rclcpp
