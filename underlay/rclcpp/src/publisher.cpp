// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/publisher_base.hpp"

#include <stdexcept>

#include "rclcpp/detail/intra_process.hpp"
#include "rclcpp/exceptions/exceptions.hpp"
#include "rmw/rmw.h"
#include "topic_error.hpp"

namespace rclcpp
{

PublisherBase::PublisherBase(node_interfaces::NodeBaseInterface * node_base, const std::string & topic,
                             const rosidl_message_type_support_t & type_support, const QoS & qos)
    : node_handle_(node_base->get_shared_rcl_node_handle())
{
  auto publisher = std::make_unique<rcl_publisher_t>(rcl_get_zero_initialized_publisher());
  rcl_publisher_options_t options = rcl_publisher_get_default_options();
  options.qos = qos.get_rmw_qos_profile();
  const rcl_ret_t ret =
      rcl_publisher_init(publisher.get(), node_handle_.get(), &type_support, topic.c_str(), &options);
  if (ret != RCL_RET_OK) {
    detail::throw_creation_error(ret, "publisher", topic, node_handle_.get(), false);
  }
  handle_ =
      std::shared_ptr<rcl_publisher_t>(publisher.release(), [node = node_handle_](rcl_publisher_t * raw) {
        if (rcl_publisher_fini(raw, node.get()) != RCL_RET_OK) {
          rcl_reset_error();
        }
        delete raw;
      });
}

const char * PublisherBase::get_topic_name() const
{
  return rcl_publisher_get_topic_name(handle_.get());
}

size_t PublisherBase::get_queue_size() const
{
  return rcl_publisher_get_options(handle_.get())->qos.depth;
}

size_t PublisherBase::get_subscription_count() const
{
  size_t count = 0;
  const rcl_ret_t ret = rcl_publisher_get_subscription_count(handle_.get(), &count);
  if (ret == RCL_RET_PUBLISHER_INVALID) {
    rcl_reset_error();
    if (rcl_publisher_is_valid_except_context(handle_.get())) {
      return 0;  // shut down: there is nobody any more
    }
  }
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to get get subscription count");
  }
  return count;
}

size_t PublisherBase::get_intra_process_subscription_count() const
{
  return outlet_ ? outlet_->inboxes().size() : 0;
}

void PublisherBase::enable_intra_process(node_interfaces::NodeBaseInterface & node_base,
                                         const rosidl_message_type_support_t & type_support)
{
  rmw_gid_t gid;
  if (rmw_get_gid_for_publisher(rcl_publisher_get_rmw_handle(handle_.get()), &gid) != RMW_RET_OK) {
    exceptions::throw_from_rcl_error(RCL_RET_ERROR, "failed to get publisher gid");
  }
  outlet_ = std::make_shared<detail::IntraProcessOutlet>(
      detail::IntraProcessEnd(get_topic_name(), get_actual_qos(), type_support), gid);
  node_base.get_context()->get_sub_context<detail::IntraProcessManager>()->add(outlet_);
}

QoS PublisherBase::get_actual_qos() const
{
  const rmw_qos_profile_t * profile = rcl_publisher_get_actual_qos(handle_.get());
  if (!profile) {
    exceptions::throw_from_rcl_error(RCL_RET_ERROR, "failed to get qos settings");
  }
  return QoS(QoSInitialization::from_rmw(*profile), *profile);
}

bool PublisherBase::can_loan_messages() const
{
  return rcl_publisher_can_loan_messages(handle_.get());
}

bool PublisherBase::assert_liveliness() const
{
  return rcl_publisher_assert_liveliness(handle_.get()) == RCL_RET_OK;
}

bool PublisherBase::wait_for_all_acked_ns(int64_t timeout) const
{
  const rcl_ret_t ret = rcl_publisher_wait_for_all_acked(handle_.get(), timeout);
  if (ret == RCL_RET_TIMEOUT) {
    rcl_reset_error();
    return false;
  }
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to wait for all acked");
  }
  return true;
}

namespace
{

void check_published(rcl_ret_t ret, const rcl_publisher_t * publisher)
{
  if (ret == RCL_RET_OK) {
    return;
  }
  if (ret == RCL_RET_PUBLISHER_INVALID) {
    rcl_reset_error();
    if (rcl_publisher_is_valid_except_context(publisher) &&
        !rcl_context_is_valid(rcl_publisher_get_context(publisher))) {
      return;  // published after shutdown: as good as sent
    }
  }
  exceptions::throw_from_rcl_error(ret, "failed to publish message");
}

}  // namespace

void PublisherBase::publish_message(const void * message) const
{
  check_published(rcl_publish(handle_.get(), message, nullptr), handle_.get());
}

void PublisherBase::publish_loan(void * message) const
{
  check_published(rcl_publish_loaned_message(handle_.get(), message, nullptr), handle_.get());
}

void PublisherBase::publish_serialized(const rcl_serialized_message_t & message) const
{
  check_published(rcl_publish_serialized_message(handle_.get(), &message, nullptr), handle_.get());
}

void * PublisherBase::borrow(const rosidl_message_type_support_t & type_support) const
{
  void * message = nullptr;
  const rcl_ret_t ret = rcl_borrow_loaned_message(handle_.get(), &type_support, &message);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to borrow loaned message");
  }
  return message;
}

}  // namespace rclcpp
