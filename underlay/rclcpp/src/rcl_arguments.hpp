// SPDX-License-Identifier: Apache-2.0
#ifndef RCL_ARGUMENTS_HPP_
#define RCL_ARGUMENTS_HPP_

#include <string>
#include <vector>

#include "rcl/arguments.h"

namespace rclcpp::detail
{

/// The arguments after --ros-args that rcl did not understand.
std::vector<std::string> unparsed_ros_arguments(int argc, char const * const * argv,
                                                const rcl_arguments_t & arguments);

}  // namespace rclcpp::detail

#endif  // RCL_ARGUMENTS_HPP_
