// SPDX-License-Identifier: Apache-2.0
#include "parameter_checks.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "rcl_yaml_param_parser/parser.h"
#include "rclcpp/exceptions/exceptions.hpp"
#include "rclcpp/parameter_map.hpp"

namespace rclcpp::detail
{

namespace
{

using Result = rcl_interfaces::msg::SetParametersResult;

Result refused(std::string reason)
{
  Result result;
  result.successful = false;
  result.reason = std::move(reason);
  return result;
}

// Decimal fractions such as 0.3 are not exact: compare with a few units in the last place to spare.
bool nearly_equal(double left, double right)
{
  const double scale = std::max({1.0, std::abs(left), std::abs(right)});
  return std::abs(left - right) <= 1e-12 * scale;
}

bool in_range(double value, const rcl_interfaces::msg::FloatingPointRange & range)
{
  if (nearly_equal(value, range.from_value) || nearly_equal(value, range.to_value)) {
    return true;
  }
  if (!(value > range.from_value && value < range.to_value)) {
    return false;
  }
  if (range.step == 0.0) {
    return true;
  }
  const double steps = std::round((value - range.from_value) / range.step);
  return nearly_equal(value, range.from_value + steps * range.step);
}

bool in_range(int64_t value, const rcl_interfaces::msg::IntegerRange & range)
{
  if (value == range.from_value || value == range.to_value) {
    return true;
  }
  if (value < range.from_value || value > range.to_value) {
    return false;
  }
  // The distance may exceed int64_t, not uint64_t.
  const uint64_t distance = static_cast<uint64_t>(value) - static_cast<uint64_t>(range.from_value);
  return range.step == 0 || distance % range.step == 0;
}

template <class Range>
std::string describe(const Range & range)
{
  std::ostringstream text;
  text << "[" << range.from_value << ", " << range.to_value << "]";
  if (range.step != 0) {
    text << " in steps of " << range.step;
  }
  return text.str();
}

template <class Values, class Ranges>
Result check_range(const Parameter & parameter, const Values & values, const Ranges & ranges)
{
  Result result;
  result.successful = true;
  if (!ranges.empty() && !std::all_of(values.begin(), values.end(),
                                      [&](auto value) { return in_range(value, ranges.front()); })) {
    return refused("parameter '" + parameter.get_name() + "' is " + parameter.value_to_string() +
                   "; allowed: " + describe(ranges.front()));
  }
  return result;
}

}  // namespace

Result check_value(const Parameter & parameter, const rcl_interfaces::msg::ParameterDescriptor & descriptor)
{
  const auto & message = parameter.get_value_message();
  const auto type = parameter.get_type();
  if (!descriptor.dynamic_typing && descriptor.type != type && descriptor.type != PARAMETER_NOT_SET) {
    return refused("Wrong parameter type, parameter {" + parameter.get_name() + "} is of type {" +
                   to_string(static_cast<ParameterType>(descriptor.type)) + "}, setting it to {" +
                   to_string(type) + "} is not allowed.");
  }
  switch (type) {
    case PARAMETER_INTEGER:
      return check_range(parameter, std::vector<int64_t>{message.integer_value}, descriptor.integer_range);
    case PARAMETER_INTEGER_ARRAY:
      return check_range(parameter, message.integer_array_value, descriptor.integer_range);
    case PARAMETER_DOUBLE:
      return check_range(parameter, std::vector<double>{message.double_value},
                         descriptor.floating_point_range);
    case PARAMETER_DOUBLE_ARRAY:
      return check_range(parameter, message.double_array_value, descriptor.floating_point_range);
    default:
      break;
  }
  Result result;
  result.successful = true;
  return result;
}

std::map<std::string, ParameterValue> resolve_overrides(const std::string & node_fqn,
                                                        const rcl_arguments_t * global_arguments,
                                                        const rcl_arguments_t & local_arguments,
                                                        const std::vector<Parameter> & from_options)
{
  std::map<std::string, ParameterValue> result;
  for (const rcl_arguments_t * arguments : {global_arguments, &local_arguments}) {
    rcl_params_t * raw = nullptr;
    if (!arguments || !arguments->impl) {
      continue;
    }
    const rcl_ret_t ret = rcl_arguments_get_param_overrides(arguments, &raw);
    if (ret != RCL_RET_OK) {
      exceptions::throw_from_rcl_error(ret, "failed to get parameter overrides");
    }
    if (!raw) {
      continue;
    }
    const std::unique_ptr<rcl_params_t, void (*)(rcl_params_t *)> params(raw, rcl_yaml_node_struct_fini);
    for (const auto & [node, parameters] : parameter_map_from(raw, node_fqn.c_str())) {
      for (const auto & parameter : parameters) {
        result[parameter.get_name()] = parameter.get_parameter_value();
      }
    }
  }
  for (const auto & parameter : from_options) {
    result[parameter.get_name()] = parameter.get_parameter_value();
  }
  return result;
}

}  // namespace rclcpp::detail
