// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/subscription_base.hpp"

#include <utility>

#include "rclcpp/detail/intra_process.hpp"
#include "rclcpp/exceptions/exceptions.hpp"
#include "topic_error.hpp"

namespace rclcpp
{

SubscriptionBase::SubscriptionBase(node_interfaces::NodeBaseInterface * node_base,
                                   const rosidl_message_type_support_t & type_support,
                                   const std::string & topic, const QoS & qos, bool ignore_local_publications)
    : node_handle_(node_base->get_shared_rcl_node_handle())
{
  auto subscription = std::make_unique<rcl_subscription_t>(rcl_get_zero_initialized_subscription());
  rcl_subscription_options_t options = rcl_subscription_get_default_options();
  options.qos = qos.get_rmw_qos_profile();
  options.rmw_subscription_options.ignore_local_publications = ignore_local_publications;
  const rcl_ret_t ret =
      rcl_subscription_init(subscription.get(), node_handle_.get(), &type_support, topic.c_str(), &options);
  if (ret != RCL_RET_OK) {
    detail::throw_creation_error(ret, "subscription", topic, node_handle_.get(), false);
  }
  handle_ = std::shared_ptr<rcl_subscription_t>(subscription.release(),
                                                [node = node_handle_](rcl_subscription_t * raw) {
                                                  if (rcl_subscription_fini(raw, node.get()) != RCL_RET_OK) {
                                                    rcl_reset_error();
                                                  }
                                                  delete raw;
                                                });
}

const char * SubscriptionBase::get_topic_name() const
{
  return rcl_subscription_get_topic_name(handle_.get());
}

QoS SubscriptionBase::get_actual_qos() const
{
  const rmw_qos_profile_t * profile = rcl_subscription_get_actual_qos(handle_.get());
  if (!profile) {
    exceptions::throw_from_rcl_error(RCL_RET_ERROR, "failed to get qos settings");
  }
  return QoS(QoSInitialization::from_rmw(*profile), *profile);
}

size_t SubscriptionBase::get_publisher_count() const
{
  size_t count = 0;
  const rcl_ret_t ret = rcl_subscription_get_publisher_count(handle_.get(), &count);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to get get publisher count");
  }
  return count;
}

void SubscriptionBase::set_intra_process_inbox(node_interfaces::NodeBaseInterface & node_base,
                                               std::shared_ptr<detail::IntraProcessInbox> inbox)
{
  inbox_ = std::move(inbox);
  intra_process_ = node_base.get_context()->get_sub_context<detail::IntraProcessManager>();
  intra_process_->add(inbox_);
}

bool SubscriptionBase::has_it_already(const MessageInfo & info) const
{
  return inbox_ && intra_process_->reached_by(*inbox_, info.get_rmw_message_info().publisher_gid);
}

bool SubscriptionBase::take_type_erased(void * message, MessageInfo & info)
{
  const rcl_ret_t ret = rcl_take(handle_.get(), message, &info.get_rmw_message_info(), nullptr);
  if (ret == RCL_RET_SUBSCRIPTION_TAKE_FAILED) {
    return false;
  }
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to take message");
  }
  return !has_it_already(info);
}

bool SubscriptionBase::take_serialized(SerializedMessage & message, MessageInfo & info)
{
  const rcl_ret_t ret = rcl_take_serialized_message(handle_.get(), &message.get_rcl_serialized_message(),
                                                    &info.get_rmw_message_info(), nullptr);
  if (ret == RCL_RET_SUBSCRIPTION_TAKE_FAILED) {
    return false;
  }
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to take serialized message");
  }
  return true;
}

}  // namespace rclcpp
