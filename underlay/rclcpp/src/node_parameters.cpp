// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/node_interfaces/node_parameters_interface.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "parameter_checks.hpp"
#include "rcl_interfaces/srv/list_parameters.hpp"
#include "rclcpp/exceptions/exceptions.hpp"

namespace rclcpp::node_interfaces
{

namespace
{

/// Forbids changes from inside of callbacks while it lives.
class NoRecursion
{
 public:
  explicit NoRecursion(bool & enabled) : enabled_(enabled)
  {
    if (!enabled_) {
      throw exceptions::ParameterModifiedInCallbackException(
          "cannot set or declare a parameter, or change the callback from within a parameter callback");
    }
    enabled_ = false;
  }
  ~NoRecursion() { enabled_ = true; }
  NoRecursion(const NoRecursion &) = delete;
  NoRecursion & operator=(const NoRecursion &) = delete;

 private:
  bool & enabled_;
};

template <class Handle, class Callback>
std::shared_ptr<Handle> add_handle(std::list<std::weak_ptr<Handle>> & list, Callback && callback)
{
  auto handle = std::make_shared<Handle>();
  handle->callback = std::forward<Callback>(callback);
  // The newest is asked first.
  list.push_front(handle);
  return handle;
}

template <class Handle>
void remove_handle(std::list<std::weak_ptr<Handle>> & list, const Handle * handle)
{
  const auto found = std::find_if(list.begin(), list.end(),
                                  [handle](const auto & weak) { return weak.lock().get() == handle; });
  if (!handle || found == list.end()) {
    throw std::runtime_error("Callback doesn't exist");
  }
  list.erase(found);
}

/// The live callbacks; forgets the others.
template <class Handle>
std::vector<std::shared_ptr<Handle>> live(std::list<std::weak_ptr<Handle>> & list)
{
  std::vector<std::shared_ptr<Handle>> result;
  for (auto it = list.begin(); it != list.end();) {
    if (auto handle = it->lock()) {
      result.push_back(std::move(handle));
      ++it;
    } else {
      it = list.erase(it);
    }
  }
  return result;
}

[[noreturn]] void throw_not_declared(const std::string & name)
{
  throw exceptions::ParameterNotDeclaredException("parameter '" + name + "' is not declared");
}

}  // namespace

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

bool NodeParametersInterface::has_parameter(const std::string & name) const
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  return parameters_.count(name) != 0;
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

PreSetParametersCallbackHandle::SharedPtr NodeParametersInterface::add_pre_set_parameters_callback(
    PreSetParametersCallbackHandle::PreSetParametersCallbackType callback)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const NoRecursion guard(modification_enabled_);
  return add_handle(pre_set_, std::move(callback));
}

OnSetParametersCallbackHandle::SharedPtr NodeParametersInterface::add_on_set_parameters_callback(
    OnSetParametersCallbackHandle::OnSetParametersCallbackType callback)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const NoRecursion guard(modification_enabled_);
  return add_handle(on_set_, std::move(callback));
}

PostSetParametersCallbackHandle::SharedPtr NodeParametersInterface::add_post_set_parameters_callback(
    PostSetParametersCallbackHandle::PostSetParametersCallbackType callback)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const NoRecursion guard(modification_enabled_);
  return add_handle(post_set_, std::move(callback));
}

void NodeParametersInterface::remove_pre_set_parameters_callback(
    const PreSetParametersCallbackHandle * handle)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const NoRecursion guard(modification_enabled_);
  remove_handle(pre_set_, handle);
}

void NodeParametersInterface::remove_on_set_parameters_callback(const OnSetParametersCallbackHandle * handle)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const NoRecursion guard(modification_enabled_);
  remove_handle(on_set_, handle);
}

void NodeParametersInterface::remove_post_set_parameters_callback(
    const PostSetParametersCallbackHandle * handle)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const NoRecursion guard(modification_enabled_);
  remove_handle(post_set_, handle);
}

}  // namespace rclcpp::node_interfaces
