// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__SERIALIZED_MESSAGE_HPP_
#define RCLCPP__SERIALIZED_MESSAGE_HPP_

#include <cstddef>

#include "rcl/types.h"
#include "rclcpp/macros.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

/// A message as bytes, in the middleware's format (CDR).
class RCLCPP_PUBLIC SerializedMessage
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS(SerializedMessage)

  /// \throws RCLBadAlloc, RCLError
  explicit SerializedMessage(size_t initial_capacity = 0);
  SerializedMessage(const SerializedMessage & other);
  explicit SerializedMessage(const rcl_serialized_message_t & other);
  SerializedMessage(SerializedMessage && other) noexcept;
  /// Takes the bytes over.
  explicit SerializedMessage(rcl_serialized_message_t && other) noexcept;
  SerializedMessage & operator=(const SerializedMessage & other);
  SerializedMessage & operator=(SerializedMessage && other) noexcept;
  ~SerializedMessage();

  rcl_serialized_message_t & get_rcl_serialized_message() { return message_; }
  const rcl_serialized_message_t & get_rcl_serialized_message() const { return message_; }
  size_t size() const { return message_.buffer_length; }
  size_t capacity() const { return message_.buffer_capacity; }
  void reserve(size_t capacity);
  /// Hand the bytes over; this message is empty afterwards.
  rcl_serialized_message_t release_rcl_serialized_message();

 private:
  rcl_serialized_message_t message_;
};

}  // namespace rclcpp

#endif  // RCLCPP__SERIALIZED_MESSAGE_HPP_
