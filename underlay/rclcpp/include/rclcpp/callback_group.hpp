// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__CALLBACK_GROUP_HPP_
#define RCLCPP__CALLBACK_GROUP_HPP_

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "rclcpp/guard_condition.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

class ClientBase;
class Executor;
class ServiceBase;
class SubscriptionBase;
class TimerBase;

namespace detail
{
class IntraProcessInbox;
}  // namespace detail

enum class CallbackGroupType
{
  MutuallyExclusive,
  Reentrant,
};

namespace detail
{

/// When a timer was due and when it was called, in nanoseconds of its clock.
struct CallTimes
{
  int64_t expected = 0;
  int64_t actual = 0;
};

/// Something an executor runs once the middleware says it is ready.
class RCLCPP_PUBLIC Executable
{
 public:
  virtual ~Executable() = default;
  /// Called by one thread at a time; false if there is nothing to execute after all.
  virtual bool claim(CallTimes & /*times*/) { return true; }
  virtual void execute(const CallTimes & times) = 0;
};

/// Wakes the executor that a group or node belongs to, if there is one.
class RCLCPP_PUBLIC ExecutorLink
{
 public:
  void set(const std::weak_ptr<GuardCondition> & guard_condition);
  void clear() { set({}); }
  void wake() const;

 private:
  mutable std::mutex mutex_;
  std::weak_ptr<GuardCondition> guard_condition_;
};

}  // namespace detail

/// Entities whose callbacks never overlap (MutuallyExclusive) or may (Reentrant) in an executor with
/// more than one thread. Entities are held weakly: their owner decides how long they live.
class RCLCPP_PUBLIC CallbackGroup : public std::enable_shared_from_this<CallbackGroup>
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS_NOT_COPYABLE(CallbackGroup)

  CallbackGroup(CallbackGroupType type, std::shared_ptr<detail::ExecutorLink> node_link,
                bool automatically_add_to_executor_with_node = true);

  const CallbackGroupType & type() const { return type_; }
  std::atomic_bool & can_be_taken_from() { return can_be_taken_from_; }
  std::atomic_bool & get_associated_with_executor_atomic() { return associated_with_executor_; }
  bool automatically_add_to_executor_with_node() const { return automatically_add_; }
  size_t size() const;

  void add_subscription(const std::shared_ptr<SubscriptionBase> & subscription);
  void add_timer(const std::shared_ptr<TimerBase> & timer);
  void add_service(const std::shared_ptr<ServiceBase> & service);
  void add_client(const std::shared_ptr<ClientBase> & client);
  /// Wake the executor that the group is in: there is something new for it.
  void wake() const;

 private:
  friend class Executor;

  template <class T>
  using Weak = std::vector<std::weak_ptr<T>>;

  template <class T>
  void add(Weak<T> & list, const std::shared_ptr<T> & entity);

  const CallbackGroupType type_;
  const bool automatically_add_;
  std::atomic_bool can_be_taken_from_{true};
  std::atomic_bool associated_with_executor_{false};
  detail::ExecutorLink link_;
  std::shared_ptr<detail::ExecutorLink> node_link_;

  mutable std::mutex mutex_;
  Weak<SubscriptionBase> subscriptions_;
  Weak<detail::IntraProcessInbox> inboxes_;
  Weak<TimerBase> timers_;
  Weak<ServiceBase> services_;
  Weak<ClientBase> clients_;
};

}  // namespace rclcpp

#endif  // RCLCPP__CALLBACK_GROUP_HPP_
