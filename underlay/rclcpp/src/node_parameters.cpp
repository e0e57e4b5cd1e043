// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/node_interfaces/node_parameters_interface.hpp"

#include <utility>

#include "callback_handles.hpp"
#include "parameter_checks.hpp"
#include "rclcpp/exceptions/exceptions.hpp"

namespace rclcpp::node_interfaces
{

using detail::live;
using detail::NoRecursion;

NodeParametersInterface::NodeParametersInterface(NodeBaseInterface & base,
                                                 NodeClockInterface::SharedPtr clock,
                                                 const NodeOptions & options)
    : allow_undeclared_(options.allow_undeclared_parameters()),
      node_name_(base.get_fully_qualified_name()),
      clock_(std::move(clock))
{
  const rcl_node_options_t * rcl_options = rcl_node_get_options(base.get_rcl_node_handle());
  const auto rcl_context = base.get_context()->get_rcl_context();
  overrides_ = detail::resolve_overrides(
      node_name_, rcl_options->use_global_arguments ? &rcl_context->global_arguments : nullptr,
      rcl_options->arguments, options.parameter_overrides());
  if (options.start_parameter_event_publisher()) {
    PublisherOptions publisher_options;
    publisher_options.use_intra_process_comm = IntraProcessSetting::Disable;  // few messages, many readers
    events_ = std::make_shared<Publisher<Event>>(&base, "/parameter_events", options.parameter_event_qos(),
                                                 publisher_options);
  }
  if (options.automatically_declare_parameters_from_overrides()) {
    for (const auto & [name, value] : overrides_) {
      if (!has_parameter(name)) {
        Descriptor descriptor;
        descriptor.dynamic_typing = true;
        declare(name, PARAMETER_NOT_SET, value, descriptor, true);
      }
    }
  }
}

const ParameterValue & NodeParametersInterface::declare_parameter(const std::string & name,
                                                                  const ParameterValue & default_value,
                                                                  const Descriptor & descriptor,
                                                                  bool ignore_override)
{
  return declare(name, default_value.get_type(), default_value, descriptor, ignore_override);
}

const ParameterValue & NodeParametersInterface::declare_parameter(const std::string & name,
                                                                  ParameterType type,
                                                                  const Descriptor & descriptor,
                                                                  bool ignore_override)
{
  if (type == PARAMETER_NOT_SET) {
    throw std::invalid_argument("declare_parameter(): the provided parameter type cannot be not set");
  }
  if (descriptor.dynamic_typing) {
    throw std::invalid_argument(
        "declare_parameter(): cannot declare a parameter with both a type and "
        "dynamic typing");
  }
  return declare(name, type, ParameterValue(), descriptor, ignore_override);
}

const ParameterValue & NodeParametersInterface::declare(const std::string & name, ParameterType type,
                                                        const ParameterValue & default_value,
                                                        Descriptor descriptor, bool ignore_override)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const NoRecursion guard(modification_enabled_);
  if (name.empty()) {
    throw exceptions::InvalidParametersException("parameter name must not be empty");
  }
  if (parameters_.count(name)) {
    throw exceptions::ParameterAlreadyDeclaredException("parameter '" + name + "' has already been declared");
  }
  if (!descriptor.dynamic_typing && type == PARAMETER_NOT_SET) {
    throw exceptions::InvalidParameterTypeException(
        name, "cannot declare a statically typed parameter with an uninitialized value");
  }
  descriptor.name = name;
  descriptor.type =
      descriptor.dynamic_typing ? static_cast<uint8_t>(PARAMETER_NOT_SET) : static_cast<uint8_t>(type);
  ParameterValue value = default_value;
  const auto found = overrides_.find(name);
  if (!ignore_override && found != overrides_.end()) {
    value = found->second;
  }
  if (value.get_type() != PARAMETER_NOT_SET) {
    const Parameter parameter(name, value);
    Result result = detail::check_value(parameter, descriptor);
    if (!result.successful && !descriptor.dynamic_typing && value.get_type() != type) {
      throw exceptions::InvalidParameterTypeException(name, result.reason);
    }
    if (result.successful) {
      result = call_on_set({parameter});
    }
    if (!result.successful) {
      throw exceptions::InvalidParameterValueException("parameter '" + name +
                                                       "' could not be set: " + result.reason);
    }
  }
  descriptor.type = static_cast<uint8_t>(descriptor.dynamic_typing ? value.get_type() : type);
  Info & info = parameters_[name];
  info = {value, descriptor};
  if (value.get_type() != PARAMETER_NOT_SET) {
    for (const auto & handle : live(post_set_)) {
      handle->callback({Parameter(name, value)});
    }
  }
  Event event;
  event.new_parameters.push_back(Parameter(name, value).to_parameter_msg());
  publish(event);
  return info.value;
}

void NodeParametersInterface::undeclare_parameter(const std::string & name)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const NoRecursion guard(modification_enabled_);
  const auto found = parameters_.find(name);
  if (found == parameters_.end()) {
    throw exceptions::ParameterNotDeclaredException("cannot undeclare parameter '" + name +
                                                    "' which has not yet been declared");
  }
  if (found->second.descriptor.read_only) {
    throw exceptions::ParameterImmutableException("cannot undeclare parameter '" + name +
                                                  "' because it is read-only");
  }
  if (!found->second.descriptor.dynamic_typing) {
    throw exceptions::InvalidParameterTypeException(name, "cannot undeclare a statically typed parameter");
  }
  parameters_.erase(found);
}

std::vector<NodeParametersInterface::Result> NodeParametersInterface::set_parameters(
    const std::vector<Parameter> & parameters)
{
  std::vector<Result> results;
  for (const auto & parameter : parameters) {
    results.push_back(set_parameters_atomically({parameter}));
  }
  return results;
}

NodeParametersInterface::Result NodeParametersInterface::check(const std::vector<Parameter> & parameters,
                                                               std::map<std::string, Info> & infos) const
{
  Result result;
  result.successful = true;
  for (const auto & parameter : parameters) {
    const auto & name = parameter.get_name();
    if (name.empty()) {
      throw exceptions::InvalidParametersException("parameter name must not be empty");
    }
    const auto declared = parameters_.find(name);
    if (declared == parameters_.end() && !allow_undeclared_) {
      throw exceptions::ParameterNotDeclaredException("parameter '" + name +
                                                      "' cannot be set because it was not declared");
    }
    Info info;
    if (declared != parameters_.end()) {
      info.descriptor = declared->second.descriptor;
    } else {
      info.descriptor.name = name;
      info.descriptor.dynamic_typing = true;
    }
    if (info.descriptor.read_only) {
      result.successful = false;
      result.reason = "parameter '" + name + "' cannot be set because it is read-only";
      return result;
    }
    result = detail::check_value(parameter, info.descriptor);
    if (!result.successful) {
      return result;
    }
    info.value = parameter.get_parameter_value();
    if (info.descriptor.dynamic_typing) {
      info.descriptor.type = parameter.get_type();
    }
    infos[name] = std::move(info);
  }
  return result;
}

NodeParametersInterface::Result NodeParametersInterface::call_on_set(
    const std::vector<Parameter> & parameters)
{
  Result result;
  result.successful = true;
  for (const auto & handle : live(on_set_)) {
    result = handle->callback(parameters);
    if (!result.successful) {
      break;
    }
  }
  return result;
}

NodeParametersInterface::Result NodeParametersInterface::set_parameters_atomically(
    const std::vector<Parameter> & parameters)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const NoRecursion guard(modification_enabled_);
  std::vector<Parameter> wanted = parameters;
  for (const auto & handle : live(pre_set_)) {
    handle->callback(wanted);
  }
  std::map<std::string, Info> infos;
  Result result = check(wanted, infos);
  if (result.successful) {
    result = call_on_set(wanted);
  }
  if (!result.successful) {
    return result;
  }
  Event event;
  for (auto & [name, info] : infos) {
    const auto message = Parameter(name, info.value).to_parameter_msg();
    const bool existed = parameters_.count(name) != 0;
    if (info.value.get_type() == PARAMETER_NOT_SET) {  // only dynamic typing lets this pass
      if (existed) {
        parameters_.erase(name);
        event.deleted_parameters.push_back(message);
      }
      continue;
    }
    (existed ? event.changed_parameters : event.new_parameters).push_back(message);
    parameters_[name] = std::move(info);
  }
  for (const auto & handle : live(post_set_)) {
    handle->callback(wanted);
  }
  publish(event);
  return result;
}

void NodeParametersInterface::publish(Event & event)
{
  if (events_) {
    event.node = node_name_;
    event.stamp = clock_->get_clock()->now();
    events_->publish(event);
  }
}

}  // namespace rclcpp::node_interfaces
