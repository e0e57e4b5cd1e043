// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__TYPESUPPORT_HELPERS_HPP_
#define RCLCPP__TYPESUPPORT_HELPERS_HPP_

#include <memory>
#include <string>

#include "rclcpp/visibility_control.hpp"
#include "rcpputils/shared_library.hpp"
#include "rosidl_runtime_c/message_type_support_struct.h"

namespace rclcpp
{

/// Load the type support library of a type such as `std_msgs/msg/String`.
/// \throws std::runtime_error if the name is not valid, or the package or its library is not there
RCLCPP_PUBLIC std::shared_ptr<rcpputils::SharedLibrary> get_typesupport_library(
    const std::string & type, const std::string & typesupport_identifier);

/// Find the type support of a type in its library.
/// \throws std::runtime_error if it is not there
RCLCPP_PUBLIC const rosidl_message_type_support_t * get_message_typesupport_handle(
    const std::string & type, const std::string & typesupport_identifier, rcpputils::SharedLibrary & library);

}  // namespace rclcpp

#endif  // RCLCPP__TYPESUPPORT_HELPERS_HPP_
