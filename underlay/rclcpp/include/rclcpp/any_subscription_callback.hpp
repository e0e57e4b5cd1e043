// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__ANY_SUBSCRIPTION_CALLBACK_HPP_
#define RCLCPP__ANY_SUBSCRIPTION_CALLBACK_HPP_

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

#include "rclcpp/message_info.hpp"
#include "rclcpp/serialized_message.hpp"

namespace rclcpp
{

namespace detail
{

/// Converts to To and to nothing else. A callback that takes it takes exactly To: conversions such as
/// unique_ptr to shared_ptr would need a second step, which the language does not take.
template <typename To>
struct OnlyConvertsTo
{
  operator To() const;  // NOLINT(runtime/explicit)
};

template <typename CallbackT, typename ArgumentT>
inline constexpr bool takes = std::is_invocable_v<CallbackT &, OnlyConvertsTo<ArgumentT>>;
template <typename CallbackT, typename ArgumentT>
inline constexpr bool takes_with_info =
    std::is_invocable_v<CallbackT &, OnlyConvertsTo<ArgumentT>, const MessageInfo &>;

}  // namespace detail

/// Holds a subscription's callback in any of upstream's forms: const T &, unique_ptr<T>,
/// shared_ptr<const T> or shared_ptr<T>, each alone or with a const MessageInfo &; T is the message or
/// SerializedMessage, of which there is no unique_ptr form.
template <typename MessageT>
class AnySubscriptionCallback
{
 public:
  using ConstRef = std::function<void(const MessageT &, const MessageInfo &)>;
  using Unique = std::function<void(std::unique_ptr<MessageT>, const MessageInfo &)>;
  using Shared = std::function<void(std::shared_ptr<MessageT>, const MessageInfo &)>;
  using Serialized = std::function<void(std::shared_ptr<SerializedMessage>, const MessageInfo &)>;

  template <typename CallbackT>
  void set(CallbackT callback)
  {
    using F = std::decay_t<CallbackT>;
    using detail::takes;
    using detail::takes_with_info;
    using UniqueT = std::unique_ptr<MessageT>;
    using SharedT = std::shared_ptr<MessageT>;
    using ConstSharedT = std::shared_ptr<const MessageT>;
    using Bytes = std::shared_ptr<SerializedMessage>;
    using ConstBytes = std::shared_ptr<const SerializedMessage>;
    takes_const_shared_ = takes_with_info<F, ConstSharedT> || takes<F, ConstSharedT>;
    if constexpr (takes_with_info<F, const MessageT &>) {
      callback_ = ConstRef(std::move(callback));
    } else if constexpr (takes<F, const MessageT &>) {
      callback_ = ConstRef(
          [f = std::move(callback)](const MessageT & message, const MessageInfo &) mutable { f(message); });
    } else if constexpr (takes_with_info<F, UniqueT>) {
      callback_ = Unique(std::move(callback));
    } else if constexpr (takes<F, UniqueT>) {
      callback_ = Unique(
          [f = std::move(callback)](UniqueT message, const MessageInfo &) mutable { f(std::move(message)); });
    } else if constexpr (takes_with_info<F, ConstSharedT> || takes_with_info<F, SharedT>) {
      callback_ = Shared(std::move(callback));
    } else if constexpr (takes<F, ConstSharedT> || takes<F, SharedT>) {
      callback_ = Shared(
          [f = std::move(callback)](SharedT message, const MessageInfo &) mutable { f(std::move(message)); });
    } else if constexpr (takes_with_info<F, ConstBytes> || takes_with_info<F, Bytes>) {
      callback_ = Serialized(std::move(callback));
    } else if constexpr (takes<F, ConstBytes> || takes<F, Bytes>) {
      callback_ = Serialized(
          [f = std::move(callback)](Bytes message, const MessageInfo &) mutable { f(std::move(message)); });
    } else if constexpr (takes_with_info<F, const SerializedMessage &>) {
      callback_ =
          Serialized([f = std::move(callback)](const Bytes & message, const MessageInfo & info) mutable {
            f(*message, info);
          });
    } else if constexpr (takes<F, const SerializedMessage &>) {
      callback_ = Serialized(
          [f = std::move(callback)](const Bytes & message, const MessageInfo &) mutable { f(*message); });
    } else {
      static_assert(
          takes<F, const MessageT &>,
          "a subscription's callback takes const T &, std::unique_ptr<T>, std::shared_ptr<const T> or "
          "std::shared_ptr<T> (T: the message or rclcpp::SerializedMessage), and optionally "
          "const rclcpp::MessageInfo & after it");
    }
  }

  const std::variant<ConstRef, Unique, Shared, Serialized> & get() const { return callback_; }
  bool is_serialized_message_callback() const { return std::holds_alternative<Serialized>(callback_); }
  /// Whether the callback only reads, so that others may read the same message.
  bool use_take_shared_method() const
  {
    return std::holds_alternative<ConstRef>(callback_) ||
           (std::holds_alternative<Shared>(callback_) && takes_const_shared_);
  }

  /// Call it with a message of this process, of which one form is given; copies where the callback wants its
  /// own message and only a shared one is there. Not for callbacks that take bytes.
  void dispatch_intra_process(std::unique_ptr<MessageT> owned, std::shared_ptr<const MessageT> shared,
                              const MessageInfo & info) const
  {
    if (const auto * by_reference = std::get_if<ConstRef>(&callback_)) {
      (*by_reference)(owned ? *owned : *shared, info);
      return;
    }
    const auto * by_shared = std::get_if<Shared>(&callback_);
    if (by_shared && takes_const_shared_ && shared) {
      // The callback itself takes it as const.
      (*by_shared)(std::const_pointer_cast<MessageT>(std::move(shared)), info);
      return;
    }
    if (!owned) {
      owned = std::make_unique<MessageT>(*shared);
    }
    if (by_shared) {
      (*by_shared)(std::move(owned), info);
    } else {
      std::get<Unique>(callback_)(std::move(owned), info);
    }
  }

 private:
  bool takes_const_shared_ = false;
  std::variant<ConstRef, Unique, Shared, Serialized> callback_;
};

}  // namespace rclcpp

#endif  // RCLCPP__ANY_SUBSCRIPTION_CALLBACK_HPP_
