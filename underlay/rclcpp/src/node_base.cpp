// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/node_interfaces/node_base_interface.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "logging_mutex.hpp"
#include "rcl/logging.h"
#include "rcl/logging_rosout.h"
#include "rcl/validate_topic_name.h"
#include "rclcpp/exceptions/exceptions.hpp"
#include "rclcpp/node_interfaces/node_services_interface.hpp"
#include "rclcpp/node_interfaces/node_timers_interface.hpp"
#include "rclcpp/node_interfaces/node_topics_interface.hpp"
#include "rmw/validate_full_topic_name.h"
#include "rmw/validate_namespace.h"
#include "rmw/validate_node_name.h"
#include "topic_error.hpp"

namespace rclcpp
{

namespace detail
{

void throw_creation_error(rcl_ret_t ret, const char * what, const std::string & name, const rcl_node_t * node,
                          bool is_service)
{
  if (ret == RCL_RET_TOPIC_NAME_INVALID || ret == RCL_RET_SERVICE_NAME_INVALID ||
      ret == RCL_RET_UNKNOWN_SUBSTITUTION) {
    int result = 0;
    size_t index = 0;
    if (rcl_validate_topic_name(name.c_str(), &result, &index) == RCL_RET_OK &&
        result != RCL_TOPIC_NAME_VALID) {
      rcl_reset_error();
      const char * message = rcl_topic_name_validation_result_string(result);
      if (is_service) {
        throw exceptions::InvalidServiceNameError(name.c_str(), message, index);
      }
      throw exceptions::InvalidTopicNameError(name.c_str(), message, index);
    }
  }
  exceptions::throw_from_rcl_error(ret, std::string("could not create ") + what + " '" + name +
                                            "' of node '" + rcl_node_get_fully_qualified_name(node) + "'");
}

}  // namespace detail

namespace node_interfaces
{

namespace
{

[[noreturn]] void throw_node_error(rcl_ret_t ret, const std::string & name, const std::string & namespace_)
{
  int result = 0;
  size_t index = 0;
  if (ret == RCL_RET_NODE_INVALID_NAME &&
      rmw_validate_node_name(name.c_str(), &result, &index) == RMW_RET_OK && result != RMW_NODE_NAME_VALID) {
    rcl_reset_error();
    throw exceptions::InvalidNodeNameError(name.c_str(), rmw_node_name_validation_result_string(result),
                                           index);
  }
  if (ret == RCL_RET_NODE_INVALID_NAMESPACE &&
      rmw_validate_namespace(namespace_.c_str(), &result, &index) == RMW_RET_OK &&
      result != RMW_NAMESPACE_VALID) {
    rcl_reset_error();
    throw exceptions::InvalidNamespaceError(namespace_.c_str(),
                                            rmw_namespace_validation_result_string(result), index);
  }
  exceptions::throw_from_rcl_error(ret, "failed to initialize rcl node '" + name + "'");
}

}  // namespace

NodeBaseInterface::NodeBaseInterface(const std::string & node_name, const std::string & namespace_,
                                     Context::SharedPtr context, const rcl_node_options_t & options,
                                     bool use_intra_process_default)
    : context_(std::move(context)), use_intra_process_default_(use_intra_process_default)
{
  const auto rcl_context = context_->get_rcl_context();
  if (!rcl_context) {
    throw exceptions::RCLInvalidArgument(
        RCL_RET_INVALID_ARGUMENT, nullptr,
        "failed to create node '" + node_name + "': rclcpp::init() was not called: ");
  }
  auto node = std::make_unique<rcl_node_t>(rcl_get_zero_initialized_node());
  const std::lock_guard<std::recursive_mutex> lock(detail::get_global_logging_mutex());
  rcl_ret_t ret =
      rcl_node_init(node.get(), node_name.c_str(), namespace_.c_str(), rcl_context.get(), &options);
  if (ret != RCL_RET_OK) {
    throw_node_error(ret, node_name, namespace_);
  }
  const bool rosout = rcl_logging_rosout_enabled() && options.enable_rosout;
  // Entities hold this handle, the handle its context: whatever is destroyed last, order is right.
  handle_ = std::shared_ptr<rcl_node_t>(node.release(), [rcl_context, rosout](rcl_node_t * raw) {
    const std::lock_guard<std::recursive_mutex> fini_lock(detail::get_global_logging_mutex());
    if (rosout && rcl_logging_rosout_fini_publisher_for_node(raw) != RCL_RET_OK) {
      rcl_reset_error();
    }
    if (rcl_node_fini(raw) != RCL_RET_OK) {
      rcl_reset_error();
    }
    delete raw;
  });
  if (rosout) {
    ret = rcl_logging_rosout_init_publisher_for_node(handle_.get());
    if (ret != RCL_RET_OK) {
      exceptions::throw_from_rcl_error(ret, "failed to initialize rosout publisher");
    }
  }
  default_callback_group_ = create_callback_group(CallbackGroupType::MutuallyExclusive);
}

const char * NodeBaseInterface::get_name() const
{
  return rcl_node_get_name(handle_.get());
}
const char * NodeBaseInterface::get_namespace() const
{
  return rcl_node_get_namespace(handle_.get());
}

const char * NodeBaseInterface::get_fully_qualified_name() const
{
  return rcl_node_get_fully_qualified_name(handle_.get());
}

CallbackGroup::SharedPtr NodeBaseInterface::create_callback_group(
    CallbackGroupType group_type, bool automatically_add_to_executor_with_node)
{
  auto group = std::make_shared<CallbackGroup>(group_type, link_, automatically_add_to_executor_with_node);
  const std::lock_guard<std::mutex> lock(groups_mutex_);
  groups_.erase(
      std::remove_if(groups_.begin(), groups_.end(), [](const auto & weak) { return weak.expired(); }),
      groups_.end());
  groups_.push_back(group);
  return group;
}

bool NodeBaseInterface::callback_group_in_node(const CallbackGroup::SharedPtr & group)
{
  const std::lock_guard<std::mutex> lock(groups_mutex_);
  return std::any_of(groups_.begin(), groups_.end(), [&](const auto & weak) { return weak.lock() == group; });
}

void NodeBaseInterface::for_each_callback_group(
    const std::function<void(CallbackGroup::SharedPtr)> & function)
{
  const std::lock_guard<std::mutex> lock(groups_mutex_);
  for (const auto & weak : groups_) {
    if (auto group = weak.lock()) {
      function(std::move(group));
    }
  }
}

std::string NodeBaseInterface::resolve_topic_or_service_name(const std::string & name, bool is_service,
                                                             bool only_expand) const
{
  char * output = nullptr;
  const rcl_allocator_t allocator = rcl_get_default_allocator();
  const rcl_ret_t ret =
      rcl_node_resolve_name(handle_.get(), name.c_str(), allocator, is_service, only_expand, &output);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to resolve name '" + name + "'");
  }
  std::string result(output);
  allocator.deallocate(output, allocator.state);
  return result;
}

namespace
{

CallbackGroup::SharedPtr group_of(NodeBaseInterface & base, CallbackGroup::SharedPtr group, const char * what)
{
  if (!group) {
    return base.get_default_callback_group();
  }
  if (!base.callback_group_in_node(group)) {
    throw std::runtime_error(std::string("Cannot create ") + what + ", callback group not in node.");
  }
  return group;
}

}  // namespace

void NodeTopicsInterface::add_subscription(SubscriptionBase::SharedPtr subscription,
                                           CallbackGroup::SharedPtr group)
{
  group_of(*base_, std::move(group), "subscription")->add_subscription(subscription);
}

void NodeTimersInterface::add_timer(TimerBase::SharedPtr timer, CallbackGroup::SharedPtr group)
{
  group_of(*base_, std::move(group), "timer")->add_timer(timer);
}

void NodeServicesInterface::add_client(ClientBase::SharedPtr client, CallbackGroup::SharedPtr group)
{
  group_of(*base_, std::move(group), "client")->add_client(client);
}

void NodeServicesInterface::add_service(ServiceBase::SharedPtr service, CallbackGroup::SharedPtr group)
{
  group_of(*base_, std::move(group), "service")->add_service(service);
}

}  // namespace node_interfaces
}  // namespace rclcpp
