// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__EXECUTOR_HPP_
#define RCLCPP__EXECUTOR_HPP_

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "rcl/wait.h"
#include "rclcpp/callback_group.hpp"
#include "rclcpp/context.hpp"
#include "rclcpp/executor_options.hpp"
#include "rclcpp/future_return_code.hpp"
#include "rclcpp/guard_condition.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/node.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

/// Waits for the entities of nodes and callback groups and runs their callbacks. Entities may be added and
/// destroyed while it spins; shutdown of the context and cancel() end a spin from any thread.
class RCLCPP_PUBLIC Executor
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS_NOT_COPYABLE(Executor)

  explicit Executor(const ExecutorOptions & options = ExecutorOptions());
  virtual ~Executor();

  /// Run callbacks until shutdown or cancel(). What a callback throws comes out of here.
  virtual void spin() = 0;

  /// \throws std::runtime_error if the node or group is in an executor already
  virtual void add_node(node_interfaces::NodeBaseInterface::SharedPtr node, bool notify = true);
  virtual void add_node(std::shared_ptr<Node> node, bool notify = true);
  /// \throws std::runtime_error if it is not in this executor
  virtual void remove_node(node_interfaces::NodeBaseInterface::SharedPtr node, bool notify = true);
  virtual void remove_node(std::shared_ptr<Node> node, bool notify = true);
  virtual void add_callback_group(CallbackGroup::SharedPtr group,
                                  node_interfaces::NodeBaseInterface::SharedPtr node, bool notify = true);
  virtual void remove_callback_group(CallbackGroup::SharedPtr group, bool notify = true);

  /// Run what is ready now, at most for the given time (zero: without limit).
  virtual void spin_some(std::chrono::nanoseconds max_duration = std::chrono::nanoseconds(0));
  /// As spin_some, and again until nothing is ready.
  virtual void spin_all(std::chrono::nanoseconds max_duration);
  /// Run one callback, waiting for it at most the given time (negative: without limit).
  virtual void spin_once(std::chrono::nanoseconds timeout = std::chrono::nanoseconds(-1));
  void spin_node_some(node_interfaces::NodeBaseInterface::SharedPtr node);
  void spin_node_some(std::shared_ptr<Node> node);

  /// Spin until the future is ready, the time (negative: none) is over, or ROS is shut down.
  template <typename FutureT, typename TimeRepT = int64_t, typename TimeT = std::milli>
  FutureReturnCode spin_until_future_complete(
      const FutureT & future,
      std::chrono::duration<TimeRepT, TimeT> timeout = std::chrono::duration<TimeRepT, TimeT>(-1))
  {
    return spin_until_future_complete_impl(
        std::chrono::duration_cast<std::chrono::nanoseconds>(timeout),
        [&future](std::chrono::nanoseconds wait_time) { return future.wait_for(wait_time); });
  }

  virtual void cancel();
  bool is_spinning() const { return spinning_; }

 protected:
  /// One callback that is ready, and the group whose turn it takes.
  struct AnyExecutable
  {
    std::shared_ptr<detail::Executable> entity;
    CallbackGroup::SharedPtr group;
    detail::CallTimes times;
  };

  /// Marks the executor as spinning while it lives.
  class Spinning
  {
   public:
    explicit Spinning(Executor & executor);
    ~Spinning();
    Spinning(const Spinning &) = delete;
    Spinning & operator=(const Spinning &) = delete;

   private:
    Executor & executor_;
  };

  bool ok() const { return spinning_ && context_->is_valid(); }
  bool next_ready(AnyExecutable & executable);
  bool next(AnyExecutable & executable, std::chrono::nanoseconds timeout);
  /// Run it and give the group's turn back, whether or not it throws.
  void run(AnyExecutable & executable, bool wake_others);
  void wait(std::chrono::nanoseconds timeout);
  FutureReturnCode spin_until_future_complete_impl(
      std::chrono::nanoseconds timeout,
      const std::function<std::future_status(std::chrono::nanoseconds)> & wait_for_future);

  std::mutex wait_mutex_;
  const Context::SharedPtr context_;

 private:
  struct Ready
  {
    std::shared_ptr<detail::Executable> entity;
    CallbackGroup::SharedPtr group;
  };
  template <typename T>
  using Entities = std::vector<std::pair<std::shared_ptr<T>, CallbackGroup::SharedPtr>>;

  void spin_some_impl(std::chrono::nanoseconds max_duration, bool exhaustive);
  void collect();
  void collect(const CallbackGroup::SharedPtr & group);
  void fill_wait_set();

  std::atomic_bool spinning_{false};
  GuardCondition::SharedPtr interrupt_;
  OnShutdownCallbackHandle shutdown_callback_;
  std::shared_ptr<rcl_context_t> rcl_context_;
  rcl_wait_set_t wait_set_;

  std::mutex members_mutex_;
  std::vector<std::weak_ptr<node_interfaces::NodeBaseInterface>> nodes_;
  std::vector<CallbackGroup::WeakPtr> groups_;

  // Of the current wait; guarded by wait_mutex_ where threads share the executor.
  Entities<TimerBase> timers_;
  Entities<SubscriptionBase> subscriptions_;
  Entities<detail::IntraProcessInbox> inboxes_;
  Entities<ServiceBase> services_;
  Entities<ClientBase> clients_;
  std::vector<Ready> ready_;
  size_t next_ready_ = 0;
};

}  // namespace rclcpp

#endif  // RCLCPP__EXECUTOR_HPP_
