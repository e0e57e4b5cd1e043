// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/parameter_map.hpp"

#include <memory>
#include <string_view>
#include <utility>

#include "rcl_yaml_param_parser/parser.h"
#include "rclcpp/exceptions/exceptions.hpp"

namespace rclcpp
{

namespace
{

std::string_view take_token(std::string_view & path)
{
  const size_t end = path.find('/');
  const auto token = path.substr(0, end);
  path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
  return token;
}

/// Whether a pattern of tokens ("*": any one, "**": any number) fits a name, both without leading slash.
bool fits(std::string_view pattern, std::string_view name)
{
  if (pattern.empty() || name.empty()) {
    return pattern.empty() ? name.empty() : pattern == "**";
  }
  std::string_view rest = pattern;
  const auto token = take_token(rest);
  if (token == "**") {
    if (fits(rest, name)) {
      return true;
    }
    take_token(name);
    return fits(pattern, name);
  }
  const auto word = take_token(name);
  return (token == "*" || token == word) && fits(rest, name);
}

std::string_view without_slash(std::string_view name)
{
  return !name.empty() && name.front() == '/' ? name.substr(1) : name;
}

ParameterValue value_from(const rcl_variant_t & variant)
{
  const auto vector_of = [](const auto & array) {
    using T = std::remove_pointer_t<decltype(array.values)>;
    return std::vector<T>(array.values, array.values + array.size);
  };
  if (variant.bool_value) {
    return ParameterValue(*variant.bool_value);
  }
  if (variant.integer_value) {
    return ParameterValue(*variant.integer_value);
  }
  if (variant.double_value) {
    return ParameterValue(*variant.double_value);
  }
  if (variant.string_value) {
    return ParameterValue(variant.string_value);
  }
  if (variant.byte_array_value) {
    return ParameterValue(vector_of(*variant.byte_array_value));
  }
  if (variant.bool_array_value) {
    return ParameterValue(vector_of(*variant.bool_array_value));
  }
  if (variant.integer_array_value) {
    return ParameterValue(vector_of(*variant.integer_array_value));
  }
  if (variant.double_array_value) {
    return ParameterValue(vector_of(*variant.double_array_value));
  }
  if (variant.string_array_value) {
    const auto & array = *variant.string_array_value;
    return ParameterValue(std::vector<std::string>(array.data, array.data + array.size));
  }
  throw exceptions::InvalidParametersException("found a parameter without a value");
}

}  // namespace

ParameterMap parameter_map_from(const rcl_params_t * c_params, const char * node_fqn)
{
  if (!c_params) {
    throw exceptions::InvalidParametersException("parameters struct is null");
  }
  ParameterMap map;
  for (size_t n = 0; n < c_params->num_nodes; ++n) {
    const char * pattern = c_params->node_names[n];
    if (!pattern || *pattern == '\0') {
      throw exceptions::InvalidParametersException("node name at index " + std::to_string(n) + " is empty");
    }
    if (node_fqn && !fits(without_slash(pattern), without_slash(node_fqn))) {
      continue;
    }
    const std::string node =
        node_fqn ? node_fqn : (*pattern == '/' ? std::string(pattern) : "/" + std::string(pattern));
    auto & parameters = map[node];
    const rcl_node_params_t & entries = c_params->params[n];
    for (size_t p = 0; p < entries.num_params; ++p) {
      parameters.emplace_back(entries.parameter_names[p], value_from(entries.parameter_values[p]));
    }
  }
  return map;
}

ParameterMap parameter_map_from_yaml_file(const std::string & yaml_filename, const char * node_fqn)
{
  const std::unique_ptr<rcl_params_t, void (*)(rcl_params_t *)> parsed(
      rcl_yaml_node_struct_init(rcutils_get_default_allocator()), rcl_yaml_node_struct_fini);
  if (!parsed || !rcl_parse_yaml_file(yaml_filename.c_str(), parsed.get())) {
    exceptions::throw_from_rcl_error(RCL_RET_ERROR, "failed to parse parameter file '" + yaml_filename + "'");
  }
  return parameter_map_from(parsed.get(), node_fqn);
}

std::vector<Parameter> parameters_from_map(const ParameterMap & parameter_map, const char * node_fqn)
{
  std::vector<Parameter> result;
  for (const auto & [node, parameters] : parameter_map) {
    if (!node_fqn || fits(without_slash(node), without_slash(node_fqn))) {
      result.insert(result.end(), parameters.begin(), parameters.end());
    }
  }
  return result;
}

}  // namespace rclcpp
