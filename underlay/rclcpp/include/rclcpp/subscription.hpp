// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__SUBSCRIPTION_HPP_
#define RCLCPP__SUBSCRIPTION_HPP_

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "rclcpp/any_subscription_callback.hpp"
#include "rclcpp/detail/intra_process.hpp"
#include "rclcpp/subscription_base.hpp"
#include "rclcpp/subscription_options.hpp"
#include "rosidl_runtime_cpp/traits.hpp"
#include "rosidl_typesupport_cpp/message_type_support.hpp"

namespace rclcpp
{

/// Hands messages of one type to a callback. A callback that takes a reference gets a message that is
/// reused from call to call, so that its sequences keep their memory; one that takes a pointer gets a
/// message of its own. With use_intra_process_comm, messages of publishers of this process that have it, too,
/// do not pass the middleware.
template <typename MessageT, typename AllocatorT = std::allocator<void>>
class Subscription : public SubscriptionBase
{
  static_assert(rosidl_generator_traits::is_message<MessageT>::value,
                "Subscription needs a message type (type adapters are not supported)");

 public:
  using SubscribedType = MessageT;
  using ROSMessageType = MessageT;
  RCLCPP_SMART_PTR_DEFINITIONS(Subscription<MessageT, AllocatorT>)

  Subscription(node_interfaces::NodeBaseInterface * node_base, const std::string & topic, const QoS & qos,
               AnySubscriptionCallback<MessageT> callback,
               const SubscriptionOptionsWithAllocator<AllocatorT> & options)
      : SubscriptionBase(node_base, *rosidl_typesupport_cpp::get_message_type_support_handle<MessageT>(),
                         topic, qos, options.ignore_local_publications),
        callback_(std::make_shared<const AnySubscriptionCallback<MessageT>>(std::move(callback)))
  {
    if (detail::resolve_use_intra_process(options.use_intra_process_comm, *node_base) &&
        !callback_->is_serialized_message_callback()) {
      set_intra_process_inbox(
          *node_base,
          std::make_shared<detail::TypedIntraProcessInbox<MessageT>>(
              detail::IntraProcessEnd(get_topic_name(), get_actual_qos(),
                                      *rosidl_typesupport_cpp::get_message_type_support_handle<MessageT>()),
              callback_));
    }
  }
  ~Subscription() override { delete spare_.load(); }

  /// \return false if there is no message
  bool take(MessageT & message, MessageInfo & info) { return take_type_erased(&message, info); }

  void execute(const detail::CallTimes & /*times*/) override
  {
    MessageInfo info;
    const auto & callback = callback_->get();
    if (const auto * by_reference = std::get_if<0>(&callback)) {
      // Two threads may be here at once in a reentrant group; the second makes a message of its own.
      std::unique_ptr<MessageT> message(spare_.exchange(nullptr));
      if (!message) {
        message = std::make_unique<MessageT>();
      }
      const Return give_back{spare_, message};
      if (take_type_erased(message.get(), info)) {
        (*by_reference)(*message, info);
      }
    } else if (const auto * unique = std::get_if<1>(&callback)) {
      auto message = std::make_unique<MessageT>();
      if (take_type_erased(message.get(), info)) {
        (*unique)(std::move(message), info);
      }
    } else if (const auto * shared = std::get_if<2>(&callback)) {
      auto message = std::make_shared<MessageT>();
      if (take_type_erased(message.get(), info)) {
        (*shared)(std::move(message), info);
      }
    } else {
      auto message = std::make_shared<SerializedMessage>();
      if (take_serialized(*message, info)) {
        std::get<3>(callback)(std::move(message), info);
      }
    }
  }

 private:
  struct Return
  {
    std::atomic<MessageT *> & spare;
    std::unique_ptr<MessageT> & message;
    ~Return() { delete spare.exchange(message.release()); }
  };

  const std::shared_ptr<const AnySubscriptionCallback<MessageT>> callback_;
  std::atomic<MessageT *> spare_{nullptr};
};

}  // namespace rclcpp

#endif  // RCLCPP__SUBSCRIPTION_HPP_
