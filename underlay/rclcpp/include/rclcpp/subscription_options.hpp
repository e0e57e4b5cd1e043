// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__SUBSCRIPTION_OPTIONS_HPP_
#define RCLCPP__SUBSCRIPTION_OPTIONS_HPP_

#include <memory>

#include "rclcpp/callback_group.hpp"
#include "rclcpp/intra_process_setting.hpp"

namespace rclcpp
{

template <typename Allocator>
struct SubscriptionOptionsWithAllocator
{
  /// Group whose rules the callback follows; none: the node's default group.
  CallbackGroup::SharedPtr callback_group = nullptr;
  /// Leave out what publishers of the same context send.
  bool ignore_local_publications = false;
  /// Hand messages over within the process where the other side does so, too.
  IntraProcessSetting use_intra_process_comm = IntraProcessSetting::NodeDefault;
};

using SubscriptionOptions = SubscriptionOptionsWithAllocator<std::allocator<void>>;

}  // namespace rclcpp

#endif  // RCLCPP__SUBSCRIPTION_OPTIONS_HPP_
