// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__PUBLISHER_BASE_HPP_
#define RCLCPP__PUBLISHER_BASE_HPP_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "rcl/publisher.h"
#include "rclcpp/macros.hpp"
#include "rclcpp/node_interfaces/node_base_interface.hpp"
#include "rclcpp/qos.hpp"
#include "rclcpp/visibility_control.hpp"
#include "rosidl_runtime_c/message_type_support_struct.h"

namespace rclcpp
{

namespace detail
{
class IntraProcessOutlet;
}  // namespace detail

/// What a publisher does whatever its message type. All methods may be called from any thread.
class RCLCPP_PUBLIC PublisherBase : public std::enable_shared_from_this<PublisherBase>
{
 public:
  RCLCPP_SMART_PTR_ALIASES_ONLY(PublisherBase)
  RCLCPP_DISABLE_COPY(PublisherBase)

  /// \throws InvalidTopicNameError, RCLError
  PublisherBase(node_interfaces::NodeBaseInterface * node_base, const std::string & topic,
                const rosidl_message_type_support_t & type_support, const QoS & qos);
  virtual ~PublisherBase() = default;

  const char * get_topic_name() const;
  size_t get_queue_size() const;
  /// Matched subscriptions, in this process and others.
  size_t get_subscription_count() const;
  /// Subscriptions of this process that get messages without the middleware.
  size_t get_intra_process_subscription_count() const;
  /// The QoS in effect, system defaults resolved.
  QoS get_actual_qos() const;
  bool can_loan_messages() const;
  bool assert_liveliness() const;
  /// \return false if the time (negative: none) passed before every reliable reader had acknowledged
  template <typename DurationRepT = int64_t, typename DurationT = std::milli>
  bool wait_for_all_acked(std::chrono::duration<DurationRepT, DurationT> timeout =
                              std::chrono::duration<DurationRepT, DurationT>(-1)) const
  {
    return wait_for_all_acked_ns(std::chrono::duration_cast<std::chrono::nanoseconds>(timeout).count());
  }
  std::shared_ptr<rcl_publisher_t> get_publisher_handle() { return handle_; }
  std::shared_ptr<const rcl_publisher_t> get_publisher_handle() const { return handle_; }

 protected:
  void publish_message(const void * message) const;
  void publish_loan(void * message) const;
  void publish_serialized(const rcl_serialized_message_t & message) const;
  void * borrow(const rosidl_message_type_support_t & type_support) const;
  bool wait_for_all_acked_ns(int64_t timeout) const;
  /// \throws std::invalid_argument if the QoS does not allow it
  void enable_intra_process(node_interfaces::NodeBaseInterface & node_base,
                            const rosidl_message_type_support_t & type_support);

  std::shared_ptr<rcl_node_t> node_handle_;
  std::shared_ptr<rcl_publisher_t> handle_;
  std::shared_ptr<detail::IntraProcessOutlet> outlet_;  // null: everything goes through the middleware
};

}  // namespace rclcpp

#endif  // RCLCPP__PUBLISHER_BASE_HPP_
