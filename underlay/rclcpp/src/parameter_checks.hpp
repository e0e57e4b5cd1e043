// SPDX-License-Identifier: Apache-2.0
#ifndef PARAMETER_CHECKS_HPP_
#define PARAMETER_CHECKS_HPP_

#include <map>
#include <string>

#include "rcl/arguments.h"
#include "rcl_interfaces/msg/parameter_descriptor.hpp"
#include "rcl_interfaces/msg/set_parameters_result.hpp"
#include "rclcpp/parameter.hpp"

namespace rclcpp::detail
{

/// Whether a descriptor's type and range allow a value; the reason names parameter, value and what is
/// allowed.
rcl_interfaces::msg::SetParametersResult check_value(
    const Parameter & parameter, const rcl_interfaces::msg::ParameterDescriptor & descriptor);

/// Overrides that a node's command line (global, then its own) and options give it, last one wins.
std::map<std::string, ParameterValue> resolve_overrides(const std::string & node_fqn,
                                                        const rcl_arguments_t * global_arguments,
                                                        const rcl_arguments_t & local_arguments,
                                                        const std::vector<Parameter> & from_options);

}  // namespace rclcpp::detail

#endif  // PARAMETER_CHECKS_HPP_
