// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/callback_group.hpp"

#include <utility>

#include "rclcpp/detail/intra_process.hpp"
#include "rclcpp/subscription_base.hpp"

namespace rclcpp
{

namespace detail
{

void ExecutorLink::set(const std::weak_ptr<GuardCondition> & guard_condition)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  guard_condition_ = guard_condition;
}

void ExecutorLink::wake() const
{
  std::shared_ptr<GuardCondition> guard_condition;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    guard_condition = guard_condition_.lock();
  }
  if (guard_condition) {
    guard_condition->trigger();
  }
}

}  // namespace detail

CallbackGroup::CallbackGroup(CallbackGroupType type, std::shared_ptr<detail::ExecutorLink> node_link,
                             bool automatically_add_to_executor_with_node)
    : type_(type),
      automatically_add_(automatically_add_to_executor_with_node),
      node_link_(std::move(node_link))
{
}

size_t CallbackGroup::size() const
{
  const std::lock_guard<std::mutex> lock(mutex_);
  return subscriptions_.size() + timers_.size() + services_.size() + clients_.size();
}

template <class T>
void CallbackGroup::add(Weak<T> & list, const std::shared_ptr<T> & entity)
{
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    list.erase(std::remove_if(list.begin(), list.end(), [](const auto & weak) { return weak.expired(); }),
               list.end());
    list.push_back(entity);
  }
  wake();
}

void CallbackGroup::wake() const
{
  link_.wake();
  if (automatically_add_) {
    node_link_->wake();
  }
}

void CallbackGroup::add_subscription(const std::shared_ptr<SubscriptionBase> & subscription)
{
  add(subscriptions_, subscription);
  if (const auto & inbox = subscription->get_intra_process_inbox()) {
    inbox->set_callback_group(weak_from_this());
    add(inboxes_, inbox);
  }
}

void CallbackGroup::add_timer(const std::shared_ptr<TimerBase> & timer)
{
  add(timers_, timer);
}

void CallbackGroup::add_service(const std::shared_ptr<ServiceBase> & service)
{
  add(services_, service);
}

void CallbackGroup::add_client(const std::shared_ptr<ClientBase> & client)
{
  add(clients_, client);
}

}  // namespace rclcpp
