// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/detail/intra_process.hpp"

#include <algorithm>
#include <stdexcept>

#include "rmw/rmw.h"
#include "weak_list.hpp"

namespace rclcpp::detail
{

bool resolve_use_intra_process(IntraProcessSetting setting,
                               const node_interfaces::NodeBaseInterface & node_base)
{
  return setting == IntraProcessSetting::NodeDefault ? node_base.get_use_intra_process_default()
                                                     : setting == IntraProcessSetting::Enable;
}

IntraProcessEnd::IntraProcessEnd(std::string topic_name, const QoS & qos_profile,
                                 const rosidl_message_type_support_t & type)
    : topic(std::move(topic_name)), qos(qos_profile), type_support(&type)
{
  if (qos.history() != HistoryPolicy::KeepLast) {
    throw std::invalid_argument("intraprocess communication on topic '" + topic +
                                "' allowed only with keep last history qos policy");
  }
  if (qos.depth() == 0) {
    throw std::invalid_argument("intraprocess communication on topic '" + topic +
                                "' is not allowed with a zero qos history depth value");
  }
}

bool IntraProcessEnd::reaches(const IntraProcessEnd & subscription) const
{
  return topic == subscription.topic && type_support == subscription.type_support &&
         qos_check_compatible(qos, subscription.qos).compatibility != QoSCompatibility::Error;
}

void IntraProcessInbox::set_callback_group(std::weak_ptr<CallbackGroup> group)
{
  const std::lock_guard<std::mutex> lock(group_mutex_);
  group_ = std::move(group);
}

void IntraProcessInbox::wake() const
{
  std::shared_ptr<CallbackGroup> group;
  {
    const std::lock_guard<std::mutex> lock(group_mutex_);
    group = group_.lock();
  }
  if (group) {
    group->wake();
  }
}

void IntraProcessOutlet::connect(const std::shared_ptr<IntraProcessInbox> & inbox)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  inboxes_.push_back(inbox);
  if (inbox->end().qos.durability() == DurabilityPolicy::TransientLocal) {
    for (const auto & message : history_) {
      inbox->put_shared(message);
    }
  }
}

std::vector<std::shared_ptr<IntraProcessInbox>> IntraProcessOutlet::inboxes()
{
  const std::lock_guard<std::mutex> lock(mutex_);
  return live(inboxes_);
}

std::vector<std::shared_ptr<IntraProcessInbox>> IntraProcessOutlet::remember(
    std::shared_ptr<const void> message)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  if (history_.size() == end_.qos.depth()) {
    history_.pop_front();
  }
  history_.push_back(std::move(message));
  return live(inboxes_);
}

void IntraProcessManager::add(const std::shared_ptr<IntraProcessInbox> & inbox)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto & outlet : live(outlets_)) {
    if (outlet->end().reaches(inbox->end())) {
      outlet->connect(inbox);
    }
  }
  inboxes_.push_back(inbox);
}

void IntraProcessManager::add(const std::shared_ptr<IntraProcessOutlet> & outlet)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto & inbox : live(inboxes_)) {
    if (outlet->end().reaches(inbox->end())) {
      outlet->connect(inbox);
    }
  }
  outlets_.push_back(outlet);
}

bool IntraProcessManager::reached_by(const IntraProcessInbox & inbox, const rmw_gid_t & publisher)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto outlets = live(outlets_);
  return std::any_of(outlets.begin(), outlets.end(), [&](const auto & outlet) {
    bool same = false;
    return outlet->end().reaches(inbox.end()) &&
           rmw_compare_gids_equal(&outlet->gid(), &publisher, &same) == RMW_RET_OK && same;
  });
}

}  // namespace rclcpp::detail
