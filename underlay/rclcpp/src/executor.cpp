// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/executor.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "check.hpp"

namespace rclcpp
{

namespace
{

template <class List, class T>
bool erase_from(List & list, const std::shared_ptr<T> & member)
{
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto & weak) { return weak.lock() == member; });
  if (found == list.end()) {
    return false;
  }
  list.erase(found);
  return true;
}

}  // namespace

Executor::Executor(const ExecutorOptions & options)
    : context_(options.context),
      interrupt_(std::make_shared<GuardCondition>(options.context)),
      rcl_context_(options.context->get_rcl_context()),
      wait_set_(rcl_get_zero_initialized_wait_set())
{
  detail::check(
      rcl_wait_set_init(&wait_set_, 0, 1, 0, 0, 0, 0, rcl_context_.get(), rcl_get_default_allocator()),
      "failed to create wait set in Executor constructor");
  shutdown_callback_ =
      context_->add_on_shutdown_callback([weak = std::weak_ptr<GuardCondition>(interrupt_)]() {
        if (const auto interrupt = weak.lock()) {
          interrupt->trigger();
        }
      });
}

Executor::~Executor()
{
  context_->remove_on_shutdown_callback(shutdown_callback_);
  for (const auto & weak : nodes_) {
    if (const auto node = weak.lock()) {
      node->get_executor_link()->clear();
      node->get_associated_with_executor_atomic() = false;
    }
  }
  for (const auto & weak : groups_) {
    if (const auto group = weak.lock()) {
      group->link_.clear();
      group->get_associated_with_executor_atomic() = false;
    }
  }
  if (rcl_wait_set_fini(&wait_set_) != RCL_RET_OK) {
    rcl_reset_error();
  }
}

void Executor::add_node(node_interfaces::NodeBaseInterface::SharedPtr node, bool notify)
{
  if (node->get_associated_with_executor_atomic().exchange(true)) {
    throw std::runtime_error(std::string("Node '") + node->get_fully_qualified_name() +
                             "' has already been added to an executor.");
  }
  {
    const std::lock_guard<std::mutex> lock(members_mutex_);
    nodes_.push_back(node);
  }
  node->get_executor_link()->set(interrupt_);
  if (notify) {
    interrupt_->trigger();
  }
}

void Executor::add_node(std::shared_ptr<Node> node, bool notify)
{
  add_node(node->get_node_base_interface(), notify);
}

void Executor::remove_node(node_interfaces::NodeBaseInterface::SharedPtr node, bool notify)
{
  {
    const std::lock_guard<std::mutex> lock(members_mutex_);
    if (!erase_from(nodes_, node)) {
      throw std::runtime_error("Node needs to be associated with this executor.");
    }
  }
  node->get_executor_link()->clear();
  node->get_associated_with_executor_atomic() = false;
  if (notify) {
    interrupt_->trigger();
  }
}

void Executor::remove_node(std::shared_ptr<Node> node, bool notify)
{
  remove_node(node->get_node_base_interface(), notify);
}

void Executor::add_callback_group(CallbackGroup::SharedPtr group,
                                  node_interfaces::NodeBaseInterface::SharedPtr /*node*/, bool notify)
{
  if (group->get_associated_with_executor_atomic().exchange(true)) {
    throw std::runtime_error("Callback group has already been added to an executor.");
  }
  {
    const std::lock_guard<std::mutex> lock(members_mutex_);
    groups_.push_back(group);
  }
  group->link_.set(interrupt_);
  if (notify) {
    interrupt_->trigger();
  }
}

void Executor::remove_callback_group(CallbackGroup::SharedPtr group, bool notify)
{
  {
    const std::lock_guard<std::mutex> lock(members_mutex_);
    if (!erase_from(groups_, group)) {
      throw std::runtime_error("Callback group needs to be associated with executor.");
    }
  }
  group->link_.clear();
  group->get_associated_with_executor_atomic() = false;
  if (notify) {
    interrupt_->trigger();
  }
}

Executor::Spinning::Spinning(Executor & executor) : executor_(executor)
{
  if (executor_.spinning_.exchange(true)) {
    throw std::runtime_error("spin() called while already spinning");
  }
}

Executor::Spinning::~Spinning()
{
  executor_.spinning_ = false;
  // What was collected but not run is found again by the next wait.
  executor_.ready_.clear();
  executor_.next_ready_ = 0;
}

void Executor::cancel()
{
  spinning_ = false;
  interrupt_->trigger();
}

bool Executor::next(AnyExecutable & executable, std::chrono::nanoseconds timeout)
{
  if (next_ready(executable)) {
    return true;
  }
  wait(timeout);
  return ok() && next_ready(executable);
}

void Executor::run(AnyExecutable & executable, bool wake_others)
{
  struct GiveBack
  {
    AnyExecutable & executable;
    GuardCondition * interrupt;
    ~GiveBack()
    {
      if (executable.group->type() == CallbackGroupType::MutuallyExclusive) {
        executable.group->can_be_taken_from() = true;
        if (interrupt) {
          // A thread may be waiting without this group's entities.
          try {
            interrupt->trigger();
          } catch (const std::exception &) {  // the next event wakes it
          }
        }
      }
      executable = AnyExecutable();
    }
  };
  const GiveBack give_back{executable, wake_others ? interrupt_.get() : nullptr};
  executable.entity->execute(executable.times);
}

void Executor::spin_some_impl(std::chrono::nanoseconds max_duration, bool exhaustive)
{
  const Spinning spinning(*this);
  const auto start = std::chrono::steady_clock::now();
  const auto in_time = [&]() {
    return max_duration == std::chrono::nanoseconds::zero() ||
           std::chrono::steady_clock::now() - start < max_duration;
  };
  AnyExecutable executable;
  bool found = true;
  do {
    wait(std::chrono::nanoseconds::zero());
    found = false;
    while (ok() && in_time() && next_ready(executable)) {
      found = true;
      run(executable, false);
    }
  } while (exhaustive && found && ok() && in_time());
}

void Executor::spin_some(std::chrono::nanoseconds max_duration)
{
  spin_some_impl(max_duration, false);
}

void Executor::spin_all(std::chrono::nanoseconds max_duration)
{
  if (max_duration < std::chrono::nanoseconds::zero()) {
    throw std::invalid_argument("max_duration must be greater than or equal to 0");
  }
  spin_some_impl(max_duration, true);
}

void Executor::spin_once(std::chrono::nanoseconds timeout)
{
  const Spinning spinning(*this);
  AnyExecutable executable;
  if (next(executable, timeout)) {
    run(executable, false);
  }
}

void Executor::spin_node_some(node_interfaces::NodeBaseInterface::SharedPtr node)
{
  add_node(node, false);
  spin_some();
  remove_node(node, false);
}

void Executor::spin_node_some(std::shared_ptr<Node> node)
{
  spin_node_some(node->get_node_base_interface());
}

FutureReturnCode Executor::spin_until_future_complete_impl(
    std::chrono::nanoseconds timeout,
    const std::function<std::future_status(std::chrono::nanoseconds)> & wait_for_future)
{
  const auto ready = [&]() {
    return wait_for_future(std::chrono::nanoseconds::zero()) == std::future_status::ready;
  };
  if (ready()) {
    return FutureReturnCode::SUCCESS;
  }
  const Spinning spinning(*this);
  const auto start = std::chrono::steady_clock::now();
  const bool limited = timeout >= std::chrono::nanoseconds::zero();
  auto rest = timeout;
  AnyExecutable executable;
  while (ok()) {
    if (next(executable, rest)) {
      run(executable, false);
    }
    if (ready()) {
      return FutureReturnCode::SUCCESS;
    }
    if (limited) {
      rest = timeout - (std::chrono::steady_clock::now() - start);
      if (rest <= std::chrono::nanoseconds::zero()) {
        return FutureReturnCode::TIMEOUT;
      }
    }
  }
  return FutureReturnCode::INTERRUPTED;
}

}  // namespace rclcpp
