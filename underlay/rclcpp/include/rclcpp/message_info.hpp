// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__MESSAGE_INFO_HPP_
#define RCLCPP__MESSAGE_INFO_HPP_

#include "rmw/types.h"

namespace rclcpp
{

/// When and by whom a message was sent.
class MessageInfo
{
 public:
  MessageInfo() = default;
  explicit MessageInfo(const rmw_message_info_t & info) : info_(info) {}
  virtual ~MessageInfo() = default;
  const rmw_message_info_t & get_rmw_message_info() const { return info_; }
  rmw_message_info_t & get_rmw_message_info() { return info_; }

 private:
  rmw_message_info_t info_ = rmw_get_zero_initialized_message_info();
};

}  // namespace rclcpp

#endif  // RCLCPP__MESSAGE_INFO_HPP_
