// SPDX-License-Identifier: Apache-2.0
// What a node tells of its parameters.
#include <algorithm>
#include <set>

#include "rcl_interfaces/srv/list_parameters.hpp"
#include "rclcpp/exceptions/exceptions.hpp"
#include "rclcpp/node_interfaces/node_parameters_interface.hpp"

namespace rclcpp::node_interfaces
{

namespace
{

[[noreturn]] void throw_not_declared(const std::string & name)
{
  throw exceptions::ParameterNotDeclaredException("parameter '" + name + "' is not declared");
}

}  // namespace

bool NodeParametersInterface::has_parameter(const std::string & name) const
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  return parameters_.count(name) != 0;
}

Parameter NodeParametersInterface::get_parameter(const std::string & name) const
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const auto found = parameters_.find(name);
  if (found == parameters_.end()) {
    if (allow_undeclared_) {
      return Parameter(name);
    }
    throw_not_declared(name);
  }
  if (found->second.value.get_type() == PARAMETER_NOT_SET && !found->second.descriptor.dynamic_typing) {
    throw exceptions::ParameterUninitializedException(name);
  }
  return Parameter(name, found->second.value);
}

bool NodeParametersInterface::get_parameter(const std::string & name, Parameter & parameter) const
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const auto found = parameters_.find(name);
  if (found == parameters_.end() || found->second.value.get_type() == PARAMETER_NOT_SET) {
    return false;
  }
  parameter = Parameter(name, found->second.value);
  return true;
}

std::vector<Parameter> NodeParametersInterface::get_parameters(const std::vector<std::string> & names) const
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  std::vector<Parameter> result;
  for (const auto & name : names) {
    result.push_back(get_parameter(name));
  }
  return result;
}

bool NodeParametersInterface::get_parameters_by_prefix(const std::string & prefix,
                                                       std::map<std::string, Parameter> & parameters) const
{
  const std::string start = prefix.empty() ? prefix : prefix + ".";
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  bool found = false;
  for (const auto & [name, info] : parameters_) {
    if (name.size() > start.size() && name.compare(0, start.size(), start) == 0) {
      parameters[name.substr(start.size())] = Parameter(name, info.value);
      found = true;
    }
  }
  return found;
}

std::vector<NodeParametersInterface::Descriptor> NodeParametersInterface::describe_parameters(
    const std::vector<std::string> & names) const
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  std::vector<Descriptor> result;
  for (const auto & name : names) {
    const auto found = parameters_.find(name);
    if (found != parameters_.end()) {
      result.push_back(found->second.descriptor);
    } else if (allow_undeclared_) {
      result.emplace_back();
      result.back().name = name;
    } else {
      throw_not_declared(name);
    }
  }
  return result;
}

std::vector<uint8_t> NodeParametersInterface::get_parameter_types(
    const std::vector<std::string> & names) const
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  std::vector<uint8_t> result;
  for (const auto & name : names) {
    const auto found = parameters_.find(name);
    if (found == parameters_.end() && !allow_undeclared_) {
      throw_not_declared(name);
    }
    result.push_back(found == parameters_.end() ? static_cast<uint8_t>(PARAMETER_NOT_SET)
                                                : static_cast<uint8_t>(found->second.value.get_type()));
  }
  return result;
}

rcl_interfaces::msg::ListParametersResult NodeParametersInterface::list_parameters(
    const std::vector<std::string> & prefixes, uint64_t depth) const
{
  constexpr auto recursive = rcl_interfaces::srv::ListParameters::Request::DEPTH_RECURSIVE;
  const auto separators = [](const std::string & text) {
    return static_cast<uint64_t>(std::count(text.begin(), text.end(), '.'));
  };
  const auto listed = [&](const std::string & name) {
    if (prefixes.empty()) {
      return depth == recursive || separators(name) < depth;
    }
    return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string & prefix) {
      if (name == prefix) {
        return true;
      }
      if (name.compare(0, prefix.size() + 1, prefix + ".") != 0) {
        return false;
      }
      return depth == recursive || separators(name.substr(prefix.size() + 1)) < depth;
    });
  };
  rcl_interfaces::msg::ListParametersResult result;
  std::set<std::string> groups;
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  for (const auto & [name, info] : parameters_) {
    if (listed(name)) {
      result.names.push_back(name);
      const size_t last = name.rfind('.');
      if (last != std::string::npos) {
        groups.insert(name.substr(0, last));
      }
    }
  }
  result.prefixes.assign(groups.begin(), groups.end());
  return result;
}

}  // namespace rclcpp::node_interfaces
