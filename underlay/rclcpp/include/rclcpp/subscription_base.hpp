// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__SUBSCRIPTION_BASE_HPP_
#define RCLCPP__SUBSCRIPTION_BASE_HPP_

#include <cstddef>
#include <memory>
#include <string>

#include "rcl/subscription.h"
#include "rclcpp/callback_group.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/message_info.hpp"
#include "rclcpp/node_interfaces/node_base_interface.hpp"
#include "rclcpp/qos.hpp"
#include "rclcpp/serialized_message.hpp"
#include "rclcpp/visibility_control.hpp"
#include "rosidl_runtime_c/message_type_support_struct.h"

namespace rclcpp
{

namespace detail
{
class IntraProcessInbox;
class IntraProcessManager;
}  // namespace detail

/// What a subscription does whatever its message type.
class RCLCPP_PUBLIC SubscriptionBase : public detail::Executable,
                                       public std::enable_shared_from_this<SubscriptionBase>
{
 public:
  RCLCPP_SMART_PTR_ALIASES_ONLY(SubscriptionBase)
  RCLCPP_DISABLE_COPY(SubscriptionBase)

  /// \throws InvalidTopicNameError, RCLError
  SubscriptionBase(node_interfaces::NodeBaseInterface * node_base,
                   const rosidl_message_type_support_t & type_support, const std::string & topic,
                   const QoS & qos, bool ignore_local_publications);

  const char * get_topic_name() const;
  QoS get_actual_qos() const;
  /// Matched publishers, in this process and others.
  size_t get_publisher_count() const;
  std::shared_ptr<rcl_subscription_t> get_subscription_handle() { return handle_; }
  std::shared_ptr<const rcl_subscription_t> get_subscription_handle() const { return handle_; }

  /// Take the next message into one of the subscription's type.
  /// \return false if there is none
  bool take_type_erased(void * message, MessageInfo & info);
  /// Take the next message as bytes.
  /// \return false if there is none
  bool take_serialized(SerializedMessage & message, MessageInfo & info);

  /// Where messages of this process wait for the callback; null if all come through the middleware.
  const std::shared_ptr<detail::IntraProcessInbox> & get_intra_process_inbox() const { return inbox_; }

 protected:
  std::shared_ptr<rcl_node_t> node_handle_;
  std::shared_ptr<rcl_subscription_t> handle_;

  void set_intra_process_inbox(node_interfaces::NodeBaseInterface & node_base,
                               std::shared_ptr<detail::IntraProcessInbox> inbox);

 private:
  /// Whether a message came through the middleware that was handed over within the process, too.
  bool has_it_already(const MessageInfo & info) const;

  std::shared_ptr<detail::IntraProcessInbox> inbox_;
  std::shared_ptr<detail::IntraProcessManager> intra_process_;
};

}  // namespace rclcpp

#endif  // RCLCPP__SUBSCRIPTION_BASE_HPP_
