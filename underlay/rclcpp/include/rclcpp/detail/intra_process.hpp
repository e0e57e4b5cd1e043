// SPDX-License-Identifier: Apache-2.0
// How messages get from publishers to subscriptions of the same process without the middleware.
#ifndef RCLCPP__DETAIL__INTRA_PROCESS_HPP_
#define RCLCPP__DETAIL__INTRA_PROCESS_HPP_

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "rclcpp/any_subscription_callback.hpp"
#include "rclcpp/callback_group.hpp"
#include "rclcpp/intra_process_setting.hpp"
#include "rclcpp/node_interfaces/node_base_interface.hpp"
#include "rclcpp/qos.hpp"
#include "rclcpp/visibility_control.hpp"
#include "rmw/types.h"
#include "rosidl_runtime_c/message_type_support_struct.h"

namespace rclcpp::detail
{

/// What of a node's and an entity's option counts.
RCLCPP_PUBLIC bool resolve_use_intra_process(IntraProcessSetting setting,
                                             const node_interfaces::NodeBaseInterface & node_base);

/// One end of a topic in this process: which other ends it fits.
struct RCLCPP_PUBLIC IntraProcessEnd
{
  /// \param topic the full name
  /// \throws std::invalid_argument if the QoS keeps all messages or none
  IntraProcessEnd(std::string topic, const QoS & qos, const rosidl_message_type_support_t & type_support);
  /// Whether this end of a publisher reaches that one of a subscription.
  bool reaches(const IntraProcessEnd & subscription) const;

  const std::string topic;
  const QoS qos;
  const rosidl_message_type_support_t * const type_support;
};

/// Messages that wait for the callback of a subscription; as many as its QoS keeps, the oldest go first.
/// An executor runs it as it runs the subscription, in the same callback group.
class RCLCPP_PUBLIC IntraProcessInbox : public Executable
{
 public:
  IntraProcessInbox(IntraProcessEnd end, bool takes_shared)
      : end_(std::move(end)), takes_shared_(takes_shared)
  {
  }
  const IntraProcessEnd & end() const { return end_; }
  /// Whether the callback can do with a message that others read, too.
  bool takes_shared() const { return takes_shared_; }
  /// Whose executor is woken by new messages.
  void set_callback_group(std::weak_ptr<CallbackGroup> group);
  /// Hand over a message of the subscription's type.
  virtual void put_shared(std::shared_ptr<const void> message) = 0;
  virtual bool has_messages() const = 0;
  bool claim(CallTimes & /*times*/) override { return has_messages(); }

 protected:
  void wake() const;

 private:
  const IntraProcessEnd end_;
  const bool takes_shared_;
  mutable std::mutex group_mutex_;
  std::weak_ptr<CallbackGroup> group_;
};

template <typename MessageT>
class TypedIntraProcessInbox : public IntraProcessInbox
{
 public:
  TypedIntraProcessInbox(IntraProcessEnd end,
                         std::shared_ptr<const AnySubscriptionCallback<MessageT>> callback)
      : IntraProcessInbox(std::move(end), callback->use_take_shared_method()), callback_(std::move(callback))
  {
  }

  void put(std::unique_ptr<MessageT> message) { keep({std::move(message), nullptr}); }
  void put_shared(std::shared_ptr<const void> message) override
  {
    keep({nullptr, std::static_pointer_cast<const MessageT>(std::move(message))});
  }
  bool has_messages() const override
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    return !messages_.empty();
  }

  void execute(const CallTimes & /*times*/) override
  {
    Message message;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (messages_.empty()) {
        return;
      }
      message = std::move(messages_.front());
      messages_.pop_front();
    }
    MessageInfo info;
    info.get_rmw_message_info().from_intra_process = true;
    callback_->dispatch_intra_process(std::move(message.owned), std::move(message.shared), info);
  }

 private:
  struct Message  // one of both
  {
    std::unique_ptr<MessageT> owned;
    std::shared_ptr<const MessageT> shared;
  };

  void keep(Message message)
  {
    Message dropped;  // destroyed without the lock
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (messages_.size() == end().qos.depth()) {
        dropped = std::move(messages_.front());
        messages_.pop_front();
      }
      messages_.push_back(std::move(message));
    }
    wake();
  }

  const std::shared_ptr<const AnySubscriptionCallback<MessageT>> callback_;
  mutable std::mutex mutex_;
  std::deque<Message> messages_;
};

/// The publisher's side: the inboxes that it reaches, and what late ones get to see (transient local).
class RCLCPP_PUBLIC IntraProcessOutlet
{
 public:
  IntraProcessOutlet(IntraProcessEnd end, const rmw_gid_t & gid) : end_(std::move(end)), gid_(gid) {}
  const IntraProcessEnd & end() const { return end_; }
  const rmw_gid_t & gid() const { return gid_; }
  bool keeps_history() const { return end_.qos.durability() == DurabilityPolicy::TransientLocal; }

  void connect(const std::shared_ptr<IntraProcessInbox> & inbox);
  std::vector<std::shared_ptr<IntraProcessInbox>> inboxes();
  /// Keep a message for late inboxes.
  /// \return those that are there already
  std::vector<std::shared_ptr<IntraProcessInbox>> remember(std::shared_ptr<const void> message);

 private:
  const IntraProcessEnd end_;
  const rmw_gid_t gid_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<IntraProcessInbox>> inboxes_;
  std::deque<std::shared_ptr<const void>> history_;
};

/// Brings the two sides together; one per context.
class RCLCPP_PUBLIC IntraProcessManager
{
 public:
  void add(const std::shared_ptr<IntraProcessInbox> & inbox);
  void add(const std::shared_ptr<IntraProcessOutlet> & outlet);
  /// Whether a message that came by the middleware was handed over within the process, too.
  bool reached_by(const IntraProcessInbox & inbox, const rmw_gid_t & publisher);

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<IntraProcessInbox>> inboxes_;
  std::vector<std::weak_ptr<IntraProcessOutlet>> outlets_;
};

/// Give a message to all: what wants it for itself gets it or a copy, what only reads shares one.
/// Copies no more than needed: with one taker, or with readers alone, nothing at all.
/// \param others called with the message once those who only read have it
template <typename MessageT, typename OthersT>
void hand_out(const std::vector<std::shared_ptr<IntraProcessInbox>> & inboxes,
              std::unique_ptr<MessageT> message, OthersT others)
{
  std::vector<TypedIntraProcessInbox<MessageT> *> owners;
  std::vector<IntraProcessInbox *> readers;
  for (const auto & inbox : inboxes) {
    if (inbox->takes_shared()) {
      readers.push_back(inbox.get());
    } else {
      owners.push_back(static_cast<TypedIntraProcessInbox<MessageT> *>(inbox.get()));
    }
  }
  std::shared_ptr<const MessageT> shared;
  if (owners.empty()) {
    shared = std::move(message);
  } else if (!readers.empty()) {
    shared = std::make_shared<const MessageT>(*message);
  }
  for (auto * reader : readers) {
    reader->put_shared(shared);
  }
  others(shared ? *shared : *message);
  for (size_t i = 0; i < owners.size(); ++i) {
    owners[i]->put(i + 1 < owners.size() ? std::make_unique<MessageT>(*message) : std::move(message));
  }
}

}  // namespace rclcpp::detail

#endif  // RCLCPP__DETAIL__INTRA_PROCESS_HPP_
