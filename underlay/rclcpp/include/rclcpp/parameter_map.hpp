// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__PARAMETER_MAP_HPP_
#define RCLCPP__PARAMETER_MAP_HPP_

#include <string>
#include <unordered_map>
#include <vector>

#include "rcl_yaml_param_parser/types.h"
#include "rclcpp/parameter.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

/// Parameters by fully qualified node name.
using ParameterMap = std::unordered_map<std::string, std::vector<Parameter>>;

/// Convert what rcl parsed. With a node's name only entries that apply to it are kept, wildcards
/// ("*" one token, "**" any number) included.
/// \throws InvalidParametersException if an entry is malformed
RCLCPP_PUBLIC ParameterMap parameter_map_from(const rcl_params_t * c_params, const char * node_fqn = nullptr);

/// Parse a YAML parameter file.
/// \throws RCLError if it cannot be read or parsed
RCLCPP_PUBLIC ParameterMap parameter_map_from_yaml_file(const std::string & yaml_filename,
                                                        const char * node_fqn = nullptr);

/// The parameters of one node out of a map.
RCLCPP_PUBLIC std::vector<Parameter> parameters_from_map(const ParameterMap & parameter_map,
                                                         const char * node_fqn = nullptr);

}  // namespace rclcpp

#endif  // RCLCPP__PARAMETER_MAP_HPP_
