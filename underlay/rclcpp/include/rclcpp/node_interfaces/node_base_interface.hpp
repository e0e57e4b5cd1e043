// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__NODE_INTERFACES__NODE_BASE_INTERFACE_HPP_
#define RCLCPP__NODE_INTERFACES__NODE_BASE_INTERFACE_HPP_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "rcl/node.h"
#include "rclcpp/callback_group.hpp"
#include "rclcpp/context.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp::node_interfaces
{

/// The rcl node, its context and its callback groups: what executors and entities need of a node.
class RCLCPP_PUBLIC NodeBaseInterface : public std::enable_shared_from_this<NodeBaseInterface>
{
 public:
  RCLCPP_SMART_PTR_ALIASES_ONLY(NodeBaseInterface)
  RCLCPP_DISABLE_COPY(NodeBaseInterface)

  /// \throws InvalidNodeNameError, InvalidNamespaceError, RCLError
  NodeBaseInterface(const std::string & node_name, const std::string & namespace_, Context::SharedPtr context,
                    const rcl_node_options_t & options, bool use_intra_process_default);

  const char * get_name() const;
  const char * get_namespace() const;
  const char * get_fully_qualified_name() const;
  Context::SharedPtr get_context() { return context_; }

  rcl_node_t * get_rcl_node_handle() { return handle_.get(); }
  const rcl_node_t * get_rcl_node_handle() const { return handle_.get(); }
  std::shared_ptr<rcl_node_t> get_shared_rcl_node_handle() { return handle_; }
  std::shared_ptr<const rcl_node_t> get_shared_rcl_node_handle() const { return handle_; }

  CallbackGroup::SharedPtr create_callback_group(CallbackGroupType group_type,
                                                 bool automatically_add_to_executor_with_node = true);
  CallbackGroup::SharedPtr get_default_callback_group() { return default_callback_group_; }
  bool callback_group_in_node(const CallbackGroup::SharedPtr & group);
  void for_each_callback_group(const std::function<void(CallbackGroup::SharedPtr)> & function);

  std::atomic_bool & get_associated_with_executor_atomic() { return associated_with_executor_; }
  bool get_use_intra_process_default() const { return use_intra_process_default_; }
  const std::shared_ptr<detail::ExecutorLink> & get_executor_link() const { return link_; }

  std::string resolve_topic_or_service_name(const std::string & name, bool is_service,
                                            bool only_expand = false) const;

 private:
  Context::SharedPtr context_;
  std::shared_ptr<rcl_node_t> handle_;
  const bool use_intra_process_default_;
  std::atomic_bool associated_with_executor_{false};
  std::shared_ptr<detail::ExecutorLink> link_ = std::make_shared<detail::ExecutorLink>();
  CallbackGroup::SharedPtr default_callback_group_;
  std::mutex groups_mutex_;
  std::vector<CallbackGroup::WeakPtr> groups_;
};

}  // namespace rclcpp::node_interfaces

#endif  // RCLCPP__NODE_INTERFACES__NODE_BASE_INTERFACE_HPP_
