// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__PUBLISHER_HPP_
#define RCLCPP__PUBLISHER_HPP_

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "rclcpp/loaned_message.hpp"
#include "rclcpp/publisher_base.hpp"
#include "rclcpp/publisher_options.hpp"
#include "rclcpp/serialized_message.hpp"
#include "rosidl_runtime_cpp/traits.hpp"
#include "rosidl_typesupport_cpp/message_type_support.hpp"

namespace rclcpp
{

/// Publishes messages of one type. publish() allocates nothing itself and may be called from any thread;
/// after shutdown it does nothing.
template <typename MessageT, typename AllocatorT = std::allocator<void>>
class Publisher : public PublisherBase
{
  static_assert(rosidl_generator_traits::is_message<MessageT>::value,
                "Publisher needs a message type (type adapters are not supported)");

 public:
  using PublishedType = MessageT;
  using ROSMessageType = MessageT;
  RCLCPP_SMART_PTR_DEFINITIONS(Publisher<MessageT, AllocatorT>)

  Publisher(node_interfaces::NodeBaseInterface * node_base, const std::string & topic, const QoS & qos,
            const PublisherOptionsWithAllocator<AllocatorT> & /*options*/)
      : PublisherBase(node_base, topic, *rosidl_typesupport_cpp::get_message_type_support_handle<MessageT>(),
                      qos)
  {
  }

  /// \throws RCLError if the middleware refuses the message
  void publish(const MessageT & message) { publish_message(&message); }

  template <typename Deleter>
  void publish(std::unique_ptr<MessageT, Deleter> message)
  {
    if (!message) {
      throw std::runtime_error("cannot publish msg which is a null pointer");
    }
    publish_message(message.get());
  }

  /// Publish bytes; whether they are a message of this type is not checked.
  void publish(const SerializedMessage & message)
  {
    publish_serialized(message.get_rcl_serialized_message());
  }
  void publish(const rcl_serialized_message_t & message) { publish_serialized(message); }

  void publish(LoanedMessage<MessageT, AllocatorT> && message)
  {
    if (!message.is_valid()) {
      throw std::runtime_error("loaned message is not valid");
    }
    if (message.loan_) {
      publish_loan(std::exchange(message.loan_, nullptr));
    } else {
      publish_message(message.owned_.get());
      message.owned_.reset();
    }
  }

  LoanedMessage<MessageT, AllocatorT> borrow_loaned_message()
  {
    MessageT * loan = nullptr;
    if (can_loan_messages()) {
      loan = static_cast<MessageT *>(
          borrow(*rosidl_typesupport_cpp::get_message_type_support_handle<MessageT>()));
    }
    return LoanedMessage<MessageT, AllocatorT>(handle_, loan);
  }
};

}  // namespace rclcpp

#endif  // RCLCPP__PUBLISHER_HPP_
