// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__SERIALIZATION_HPP_
#define RCLCPP__SERIALIZATION_HPP_

#include "rclcpp/serialized_message.hpp"
#include "rclcpp/visibility_control.hpp"
#include "rosidl_runtime_c/message_type_support_struct.h"
#include "rosidl_runtime_cpp/traits.hpp"
#include "rosidl_typesupport_cpp/message_type_support.hpp"

namespace rclcpp
{

/// Turns messages of a type that is known at run time into bytes and back.
class RCLCPP_PUBLIC SerializationBase
{
 public:
  explicit SerializationBase(const rosidl_message_type_support_t * type_support) : type_support_(type_support)
  {
  }
  virtual ~SerializationBase() = default;

  /// \throws std::invalid_argument for null pointers, RCLError
  void serialize_message(const void * ros_message, SerializedMessage * serialized_message) const;
  /// \throws std::invalid_argument for null pointers and messages without bytes, RCLError
  void deserialize_message(const SerializedMessage * serialized_message, void * ros_message) const;

 private:
  const rosidl_message_type_support_t * type_support_;
};

/// Turns messages of one type into bytes and back.
template <typename MessageT>
class Serialization : public SerializationBase
{
  static_assert(rosidl_generator_traits::is_message<MessageT>::value, "Serialization needs a message type");

 public:
  Serialization() : SerializationBase(rosidl_typesupport_cpp::get_message_type_support_handle<MessageT>()) {}
};

}  // namespace rclcpp

#endif  // RCLCPP__SERIALIZATION_HPP_
