// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__GENERIC_SUBSCRIPTION_HPP_
#define RCLCPP__GENERIC_SUBSCRIPTION_HPP_

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "rclcpp/serialized_message.hpp"
#include "rclcpp/subscription_base.hpp"
#include "rclcpp/typesupport_helpers.hpp"

namespace rclcpp
{

/// Hands the bytes of messages, of a type that is known at run time, to a callback.
class RCLCPP_PUBLIC GenericSubscription : public SubscriptionBase
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS(GenericSubscription)
  using Callback = std::function<void(std::shared_ptr<SerializedMessage>, const MessageInfo &)>;

  /// \throws std::runtime_error if the type is not there; see SubscriptionBase
  GenericSubscription(node_interfaces::NodeBaseInterface * node_base,
                      std::shared_ptr<rcpputils::SharedLibrary> library, const std::string & topic,
                      const std::string & type, const QoS & qos, Callback callback,
                      bool ignore_local_publications)
      : SubscriptionBase(node_base, *get_message_typesupport_handle(type, "rosidl_typesupport_cpp", *library),
                         topic, qos, ignore_local_publications),
        library_(std::move(library)),
        callback_(std::move(callback))
  {
  }
  ~GenericSubscription() override { handle_.reset(); }  // before the library that it uses

  void execute(const detail::CallTimes & /*times*/) override
  {
    auto message = std::make_shared<SerializedMessage>();
    MessageInfo info;
    if (take_serialized(*message, info)) {
      callback_(std::move(message), info);
    }
  }

  /// Make one form of all those that a callback may have.
  template <typename CallbackT>
  static Callback make_callback(CallbackT callback)
  {
    using Shared = std::shared_ptr<SerializedMessage>;
    if constexpr (std::is_invocable_v<CallbackT &, Shared, const MessageInfo &>) {
      return callback;
    } else if constexpr (std::is_invocable_v<CallbackT &, Shared>) {
      return
          [f = std::move(callback)](Shared message, const MessageInfo &) mutable { f(std::move(message)); };
    } else {
      return [f = std::move(callback)](const Shared & message, const MessageInfo &) mutable { f(*message); };
    }
  }

 private:
  std::shared_ptr<rcpputils::SharedLibrary> library_;
  Callback callback_;
};

}  // namespace rclcpp

#endif  // RCLCPP__GENERIC_SUBSCRIPTION_HPP_
