// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/parameter_event_handler.hpp"

#include <stdexcept>
#include <utility>

#include "callback_handles.hpp"

namespace rclcpp
{

ParameterEventCallbackHandle::SharedPtr ParameterEventHandler::add_parameter_event_callback(
    ParameterEventCallbackType callback)
{
  const std::lock_guard<std::recursive_mutex> lock(callbacks_->mutex);
  return detail::add_handle(callbacks_->of_events, ParameterEventCallbackHandle{std::move(callback)});
}

void ParameterEventHandler::remove_parameter_event_callback(
    ParameterEventCallbackHandle::SharedPtr callback_handle)
{
  const std::lock_guard<std::recursive_mutex> lock(callbacks_->mutex);
  detail::remove_handle(callbacks_->of_events, callback_handle.get());
}

ParameterCallbackHandle::SharedPtr ParameterEventHandler::add_parameter_callback(
    const std::string & parameter_name, ParameterCallbackType callback, const std::string & node_name)
{
  const std::lock_guard<std::recursive_mutex> lock(callbacks_->mutex);
  return detail::add_handle(
      callbacks_->of_parameters,
      ParameterCallbackHandle{parameter_name, resolve_path(node_name), std::move(callback)});
}

void ParameterEventHandler::remove_parameter_callback(ParameterCallbackHandle::SharedPtr callback_handle)
{
  const std::lock_guard<std::recursive_mutex> lock(callbacks_->mutex);
  detail::remove_handle(callbacks_->of_parameters, callback_handle.get());
}

bool ParameterEventHandler::get_parameter_from_event(const Event & event, Parameter & parameter,
                                                     const std::string & parameter_name,
                                                     const std::string & node_name)
{
  if (!node_name.empty() && event.node != node_name) {
    return false;
  }
  for (const auto * list : {&event.new_parameters, &event.changed_parameters}) {
    for (const auto & message : *list) {
      if (message.name == parameter_name) {
        parameter = Parameter::from_parameter_msg(message);
        return true;
      }
    }
  }
  return false;
}

Parameter ParameterEventHandler::get_parameter_from_event(const Event & event,
                                                          const std::string & parameter_name,
                                                          const std::string & node_name)
{
  Parameter parameter;
  if (!get_parameter_from_event(event, parameter, parameter_name, node_name)) {
    throw std::runtime_error("Parameter '" + parameter_name + "' of node '" + node_name +
                             "' is not part of parameter event");
  }
  return parameter;
}

std::vector<Parameter> ParameterEventHandler::get_parameters_from_event(const Event & event)
{
  std::vector<Parameter> result;
  for (const auto * list : {&event.new_parameters, &event.changed_parameters}) {
    for (const auto & message : *list) {
      result.push_back(Parameter::from_parameter_msg(message));
    }
  }
  return result;
}

void ParameterEventHandler::call(Callbacks & callbacks, const Event & event)
{
  const std::lock_guard<std::recursive_mutex> lock(callbacks.mutex);
  // Copies of the lists: a callback may change them.
  for (const auto & handle : detail::live(callbacks.of_parameters)) {
    Parameter parameter;
    if (get_parameter_from_event(event, parameter, handle->parameter_name, handle->node_name)) {
      handle->callback(parameter);
    }
  }
  for (const auto & handle : detail::live(callbacks.of_events)) {
    handle->callback(event);
  }
}

std::string ParameterEventHandler::resolve_path(const std::string & path) const
{
  if (path.empty()) {
    return node_base_interface_->get_fully_qualified_name();
  }
  if (path.front() == '/') {
    return path;
  }
  const std::string name_space = node_base_interface_->get_namespace();
  return (name_space == "/" ? name_space : name_space + "/") + path;
}

}  // namespace rclcpp
