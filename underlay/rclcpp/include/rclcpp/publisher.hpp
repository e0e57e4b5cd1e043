// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__PUBLISHER_HPP_
#define RCLCPP__PUBLISHER_HPP_

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "rclcpp/detail/intra_process.hpp"
#include "rclcpp/loaned_message.hpp"
#include "rclcpp/publisher_base.hpp"
#include "rclcpp/publisher_options.hpp"
#include "rclcpp/serialized_message.hpp"
#include "rosidl_runtime_cpp/traits.hpp"
#include "rosidl_typesupport_cpp/message_type_support.hpp"

namespace rclcpp
{

/// Publishes messages of one type. publish() may be called from any thread; after shutdown it does nothing.
/// Through the middleware it allocates nothing itself. Within the process (use_intra_process_comm) a
/// unique_ptr goes to a subscription as it is; more of them get copies or share one, see detail::hand_out.
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
            const PublisherOptionsWithAllocator<AllocatorT> & options)
      : PublisherBase(node_base, topic, *rosidl_typesupport_cpp::get_message_type_support_handle<MessageT>(),
                      qos)
  {
    if (detail::resolve_use_intra_process(options.use_intra_process_comm, *node_base)) {
      enable_intra_process(*node_base, *rosidl_typesupport_cpp::get_message_type_support_handle<MessageT>());
    }
  }

  /// \throws RCLError if the middleware refuses the message
  void publish(const MessageT & message)
  {
    if (outlet_ && (outlet_->keeps_history() || !outlet_->inboxes().empty())) {
      publish_in_process(std::make_unique<MessageT>(message));
    } else {
      publish_message(&message);
    }
  }

  template <typename Deleter>
  void publish(std::unique_ptr<MessageT, Deleter> message)
  {
    if (!message) {
      throw std::runtime_error("cannot publish msg which is a null pointer");
    }
    if constexpr (std::is_same_v<Deleter, std::default_delete<MessageT>>) {
      if (outlet_) {
        publish_in_process(std::move(message));
        return;
      }
    }
    publish(*message);
  }

  /// Publish bytes; whether they are a message of this type is not checked.
  /// \throws std::runtime_error if messages are handed over within the process
  void publish(const SerializedMessage & message) { publish(message.get_rcl_serialized_message()); }
  void publish(const rcl_serialized_message_t & message)
  {
    if (outlet_) {
      throw std::runtime_error("storing serialized messages in intra process is not supported yet");
    }
    publish_serialized(message);
  }

  void publish(LoanedMessage<MessageT, AllocatorT> && message)
  {
    if (!message.is_valid()) {
      throw std::runtime_error("loaned message is not valid");
    }
    if (message.loan_) {
      if (outlet_) {
        detail::hand_out(outlet_->inboxes(), std::make_unique<MessageT>(*message.loan_),
                         [](const MessageT &) {});
      }
      publish_loan(std::exchange(message.loan_, nullptr));
    } else {
      publish(std::move(message.owned_));
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

 private:
  void publish_in_process(std::unique_ptr<MessageT> message)
  {
    if (outlet_->keeps_history()) {
      // The middleware keeps it as well, for subscriptions of other processes that come later.
      const std::shared_ptr<const MessageT> shared = std::move(message);
      for (const auto & inbox : outlet_->remember(shared)) {
        inbox->put_shared(shared);
      }
      publish_message(shared.get());
      return;
    }
    const auto inboxes = outlet_->inboxes();
    const bool has_others = get_subscription_count() > inboxes.size();
    detail::hand_out(inboxes, std::move(message), [this, has_others](const MessageT & readable) {
      if (has_others) {
        publish_message(&readable);
      }
    });
  }
};

}  // namespace rclcpp

#endif  // RCLCPP__PUBLISHER_HPP_
