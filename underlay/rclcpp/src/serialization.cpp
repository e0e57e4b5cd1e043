// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/serialization.hpp"

#include <cstring>
#include <stdexcept>
#include <utility>

#include "rcl/allocator.h"
#include "rclcpp/exceptions/exceptions.hpp"
#include "rmw/rmw.h"

namespace rclcpp
{

namespace
{

void copy(const rcl_serialized_message_t & from, rcl_serialized_message_t & to)
{
  rcl_allocator_t allocator = rcl_get_default_allocator();
  to = rmw_get_zero_initialized_serialized_message();
  const rmw_ret_t ret = rmw_serialized_message_init(&to, from.buffer_capacity, &allocator);
  if (ret != RMW_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to copy serialized message");
  }
  if (from.buffer_length > 0) {
    std::memcpy(to.buffer, from.buffer, from.buffer_length);
  }
  to.buffer_length = from.buffer_length;
}

}  // namespace

SerializedMessage::SerializedMessage(size_t initial_capacity)
    : message_(rmw_get_zero_initialized_serialized_message())
{
  rcl_allocator_t allocator = rcl_get_default_allocator();
  const rmw_ret_t ret = rmw_serialized_message_init(&message_, initial_capacity, &allocator);
  if (ret != RMW_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to create serialized message");
  }
}

SerializedMessage::SerializedMessage(const SerializedMessage & other)
{
  copy(other.message_, message_);
}
SerializedMessage::SerializedMessage(const rcl_serialized_message_t & other)
{
  copy(other, message_);
}
SerializedMessage::SerializedMessage(SerializedMessage && other) noexcept
    : message_(std::exchange(other.message_, rmw_get_zero_initialized_serialized_message()))
{
}
SerializedMessage::SerializedMessage(rcl_serialized_message_t && other) noexcept
    : message_(std::exchange(other, rmw_get_zero_initialized_serialized_message()))
{
}

SerializedMessage & SerializedMessage::operator=(const SerializedMessage & other)
{
  if (this != &other) {
    *this = SerializedMessage(other);
  }
  return *this;
}

SerializedMessage & SerializedMessage::operator=(SerializedMessage && other) noexcept
{
  std::swap(message_, other.message_);
  return *this;
}

SerializedMessage::~SerializedMessage()
{
  if (message_.allocator.deallocate && rmw_serialized_message_fini(&message_) != RMW_RET_OK) {
    rcl_reset_error();
  }
}

void SerializedMessage::reserve(size_t capacity)
{
  const rmw_ret_t ret = rmw_serialized_message_resize(&message_, capacity);
  if (ret != RMW_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to reserve serialized message");
  }
}

rcl_serialized_message_t SerializedMessage::release_rcl_serialized_message()
{
  return std::exchange(message_, rmw_get_zero_initialized_serialized_message());
}

void SerializationBase::serialize_message(const void * ros_message,
                                          SerializedMessage * serialized_message) const
{
  if (!type_support_ || !ros_message || !serialized_message) {
    throw std::invalid_argument("serialize_message: type support or a message is a null pointer");
  }
  const rmw_ret_t ret =
      rmw_serialize(ros_message, type_support_, &serialized_message->get_rcl_serialized_message());
  if (ret != RMW_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to serialize ROS message");
  }
}

void SerializationBase::deserialize_message(const SerializedMessage * serialized_message,
                                            void * ros_message) const
{
  if (!type_support_ || !serialized_message || !ros_message) {
    throw std::invalid_argument("deserialize_message: type support or a message is a null pointer");
  }
  if (serialized_message->size() == 0) {
    throw std::invalid_argument("deserialize_message: the serialized message has no bytes");
  }
  const rmw_ret_t ret =
      rmw_deserialize(&serialized_message->get_rcl_serialized_message(), type_support_, ros_message);
  if (ret != RMW_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to deserialize serialized message");
  }
}

}  // namespace rclcpp
