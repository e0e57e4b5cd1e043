// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__PUBLISHER_OPTIONS_HPP_
#define RCLCPP__PUBLISHER_OPTIONS_HPP_

#include <memory>

#include "rclcpp/callback_group.hpp"
#include "rclcpp/intra_process_setting.hpp"

namespace rclcpp
{

template <typename Allocator>
struct PublisherOptionsWithAllocator
{
  /// Hand messages over within the process where the other side does so, too.
  IntraProcessSetting use_intra_process_comm = IntraProcessSetting::NodeDefault;
};

using PublisherOptions = PublisherOptionsWithAllocator<std::allocator<void>>;

}  // namespace rclcpp

#endif  // RCLCPP__PUBLISHER_OPTIONS_HPP_
