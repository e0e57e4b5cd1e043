// SPDX-License-Identifier: Apache-2.0
// How an executor finds what is ready.
#include <algorithm>

#include "check.hpp"
#include "rclcpp/detail/intra_process.hpp"
#include "rclcpp/executor.hpp"

namespace rclcpp
{

void Executor::collect(const CallbackGroup::SharedPtr & group)
{
  if (!group->can_be_taken_from()) {
    return;
  }
  const auto take = [&group](auto & weak_list, auto & list) {
    for (const auto & weak : weak_list) {
      if (auto entity = weak.lock()) {
        list.emplace_back(std::move(entity), group);
      }
    }
  };
  const std::lock_guard<std::mutex> lock(group->mutex_);
  take(group->timers_, timers_);
  take(group->subscriptions_, subscriptions_);
  take(group->inboxes_, inboxes_);
  take(group->services_, services_);
  take(group->clients_, clients_);
}

void Executor::collect()
{
  const std::lock_guard<std::mutex> lock(members_mutex_);
  for (auto it = nodes_.begin(); it != nodes_.end();) {
    if (const auto node = it->lock()) {
      node->for_each_callback_group([this](const CallbackGroup::SharedPtr & group) {
        if (group->automatically_add_to_executor_with_node() &&
            !group->get_associated_with_executor_atomic()) {
          collect(group);
        }
      });
      ++it;
    } else {
      it = nodes_.erase(it);
    }
  }
  for (auto it = groups_.begin(); it != groups_.end();) {
    if (const auto group = it->lock()) {
      collect(group);
      ++it;
    } else {
      it = groups_.erase(it);
    }
  }
}

void Executor::fill_wait_set()
{
  detail::check(rcl_wait_set_clear(&wait_set_), "couldn't clear wait set");
  if (wait_set_.size_of_subscriptions != subscriptions_.size() ||
      wait_set_.size_of_timers != timers_.size() || wait_set_.size_of_clients != clients_.size() ||
      wait_set_.size_of_services != services_.size()) {
    detail::check(rcl_wait_set_resize(&wait_set_, subscriptions_.size(), 1, timers_.size(), clients_.size(),
                                      services_.size(), 0),
                  "couldn't resize the wait set");
  }
  detail::check(rcl_wait_set_add_guard_condition(&wait_set_, &interrupt_->get_rcl_guard_condition(), nullptr),
                "couldn't add guard condition to wait set");
  for (const auto & [entity, group] : subscriptions_) {
    detail::check(rcl_wait_set_add_subscription(&wait_set_, entity->get_subscription_handle().get(), nullptr),
                  "couldn't add subscription to wait set");
  }
  for (const auto & [entity, group] : timers_) {
    detail::check(rcl_wait_set_add_timer(&wait_set_, entity->get_timer_handle().get(), nullptr),
                  "couldn't add timer to wait set");
  }
  for (const auto & [entity, group] : clients_) {
    detail::check(rcl_wait_set_add_client(&wait_set_, entity->get_client_handle().get(), nullptr),
                  "couldn't add client to wait set");
  }
  for (const auto & [entity, group] : services_) {
    detail::check(rcl_wait_set_add_service(&wait_set_, entity->get_service_handle().get(), nullptr),
                  "couldn't add service to wait set");
  }
}

void Executor::wait(std::chrono::nanoseconds timeout)
{
  ready_.clear();
  next_ready_ = 0;
  collect();
  fill_wait_set();
  // New messages of this process wake the executor by its guard condition; old ones need no waiting.
  const bool has_messages = std::any_of(inboxes_.begin(), inboxes_.end(),
                                        [](const auto & entry) { return entry.first->has_messages(); });
  const rcl_ret_t ret = rcl_wait(&wait_set_, has_messages ? 0 : timeout.count());
  if (ret == RCL_RET_OK || ret == RCL_RET_TIMEOUT) {
    // rcl leaves in place what is ready; order of the kinds is the order in which callbacks run.
    const auto keep = [this](auto & entities, const auto * handles) {
      for (size_t i = 0; i < entities.size(); ++i) {
        if (handles[i]) {
          ready_.push_back({std::move(entities[i].first), std::move(entities[i].second)});
        }
      }
    };
    keep(timers_, wait_set_.timers);
    keep(subscriptions_, wait_set_.subscriptions);
    for (auto & [inbox, group] : inboxes_) {
      if (inbox->has_messages()) {
        ready_.push_back({std::move(inbox), std::move(group)});
      }
    }
    keep(services_, wait_set_.services);
    keep(clients_, wait_set_.clients);
  }
  // Held while waiting only, so that entities die when their owners let go of them.
  timers_.clear();
  subscriptions_.clear();
  inboxes_.clear();
  services_.clear();
  clients_.clear();
  if (ret != RCL_RET_OK && ret != RCL_RET_TIMEOUT) {
    exceptions::throw_from_rcl_error(ret, "rcl_wait() failed");
  }
  rcl_reset_error();
}

bool Executor::next_ready(AnyExecutable & executable)
{
  while (next_ready_ < ready_.size()) {
    auto & candidate = ready_[next_ready_++];
    const bool exclusive = candidate.group->type() == CallbackGroupType::MutuallyExclusive;
    // A group whose turn another thread has is passed over; its entities stay ready for the next wait.
    if (exclusive && !candidate.group->can_be_taken_from().exchange(false)) {
      continue;
    }
    executable.times = {};
    if (!candidate.entity->claim(executable.times)) {
      if (exclusive) {
        candidate.group->can_be_taken_from() = true;
      }
      continue;
    }
    executable.entity = std::move(candidate.entity);
    executable.group = std::move(candidate.group);
    return true;
  }
  return false;
}

}  // namespace rclcpp
