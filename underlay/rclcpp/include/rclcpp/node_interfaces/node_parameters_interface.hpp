// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__NODE_INTERFACES__NODE_PARAMETERS_INTERFACE_HPP_
#define RCLCPP__NODE_INTERFACES__NODE_PARAMETERS_INTERFACE_HPP_

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "rcl_interfaces/msg/list_parameters_result.hpp"
#include "rcl_interfaces/msg/parameter_descriptor.hpp"
#include "rcl_interfaces/msg/parameter_event.hpp"
#include "rcl_interfaces/msg/set_parameters_result.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/node_interfaces/node_base_interface.hpp"
#include "rclcpp/node_interfaces/node_clock_interface.hpp"
#include "rclcpp/node_options.hpp"
#include "rclcpp/parameter.hpp"
#include "rclcpp/publisher.hpp"

namespace rclcpp::node_interfaces
{

/// Keeps a set-callback registered while it lives.
struct OnSetParametersCallbackHandle
{
  RCLCPP_SMART_PTR_DEFINITIONS(OnSetParametersCallbackHandle)
  using OnSetParametersCallbackType =
      std::function<rcl_interfaces::msg::SetParametersResult(const std::vector<Parameter> &)>;
  OnSetParametersCallbackType callback;
};

struct PreSetParametersCallbackHandle
{
  RCLCPP_SMART_PTR_DEFINITIONS(PreSetParametersCallbackHandle)
  using PreSetParametersCallbackType = std::function<void(std::vector<Parameter> &)>;
  PreSetParametersCallbackType callback;
};

struct PostSetParametersCallbackHandle
{
  RCLCPP_SMART_PTR_DEFINITIONS(PostSetParametersCallbackHandle)
  using PostSetParametersCallbackType = std::function<void(const std::vector<Parameter> &)>;
  PostSetParametersCallbackType callback;
};

/// The parameters of a node: declared values and descriptors, overrides, callbacks, /parameter_events.
/// All methods may be called from any thread; declaring or setting from inside a callback throws.
class RCLCPP_PUBLIC NodeParametersInterface
{
 public:
  RCLCPP_SMART_PTR_ALIASES_ONLY(NodeParametersInterface)
  RCLCPP_DISABLE_COPY(NodeParametersInterface)
  using Descriptor = rcl_interfaces::msg::ParameterDescriptor;
  using Result = rcl_interfaces::msg::SetParametersResult;

  NodeParametersInterface(NodeBaseInterface & base, NodeClockInterface::SharedPtr clock,
                          const NodeOptions & options);

  /// \throws ParameterAlreadyDeclaredException, InvalidParametersException (name),
  ///   InvalidParameterValueException (range, callback), InvalidParameterTypeException (override)
  const ParameterValue & declare_parameter(const std::string & name, const ParameterValue & default_value,
                                           const Descriptor & descriptor = Descriptor(),
                                           bool ignore_override = false);
  const ParameterValue & declare_parameter(const std::string & name, ParameterType type,
                                           const Descriptor & descriptor = Descriptor(),
                                           bool ignore_override = false);
  /// \throws ParameterNotDeclaredException, ParameterImmutableException, InvalidParameterTypeException
  void undeclare_parameter(const std::string & name);
  bool has_parameter(const std::string & name) const;

  /// \throws ParameterNotDeclaredException unless undeclared parameters are allowed
  std::vector<Result> set_parameters(const std::vector<Parameter> & parameters);
  Result set_parameters_atomically(const std::vector<Parameter> & parameters);

  /// \throws ParameterNotDeclaredException, ParameterUninitializedException
  Parameter get_parameter(const std::string & name) const;
  bool get_parameter(const std::string & name, Parameter & parameter) const;
  std::vector<Parameter> get_parameters(const std::vector<std::string> & names) const;
  bool get_parameters_by_prefix(const std::string & prefix,
                                std::map<std::string, Parameter> & parameters) const;
  std::vector<Descriptor> describe_parameters(const std::vector<std::string> & names) const;
  std::vector<uint8_t> get_parameter_types(const std::vector<std::string> & names) const;
  rcl_interfaces::msg::ListParametersResult list_parameters(const std::vector<std::string> & prefixes,
                                                            uint64_t depth) const;

  PreSetParametersCallbackHandle::SharedPtr add_pre_set_parameters_callback(
      PreSetParametersCallbackHandle::PreSetParametersCallbackType callback);
  OnSetParametersCallbackHandle::SharedPtr add_on_set_parameters_callback(
      OnSetParametersCallbackHandle::OnSetParametersCallbackType callback);
  PostSetParametersCallbackHandle::SharedPtr add_post_set_parameters_callback(
      PostSetParametersCallbackHandle::PostSetParametersCallbackType callback);
  void remove_pre_set_parameters_callback(const PreSetParametersCallbackHandle * handle);
  void remove_on_set_parameters_callback(const OnSetParametersCallbackHandle * handle);
  void remove_post_set_parameters_callback(const PostSetParametersCallbackHandle * handle);

  const std::map<std::string, ParameterValue> & get_parameter_overrides() const { return overrides_; }

 private:
  struct Info
  {
    ParameterValue value;
    Descriptor descriptor;
  };
  using Event = rcl_interfaces::msg::ParameterEvent;

  const ParameterValue & declare(const std::string & name, ParameterType type,
                                 const ParameterValue & default_value, Descriptor descriptor,
                                 bool ignore_override);
  Result check(const std::vector<Parameter> & parameters, std::map<std::string, Info> & infos) const;
  Result call_on_set(const std::vector<Parameter> & parameters);
  void publish(Event & event);

  const bool allow_undeclared_;
  const std::string node_name_;
  NodeClockInterface::SharedPtr clock_;
  mutable std::recursive_mutex mutex_;
  bool modification_enabled_ = true;
  std::map<std::string, ParameterValue> overrides_;
  std::map<std::string, Info> parameters_;
  std::list<PreSetParametersCallbackHandle::WeakPtr> pre_set_;
  std::list<OnSetParametersCallbackHandle::WeakPtr> on_set_;
  std::list<PostSetParametersCallbackHandle::WeakPtr> post_set_;
  Publisher<Event>::SharedPtr events_;
};

}  // namespace rclcpp::node_interfaces

#endif  // RCLCPP__NODE_INTERFACES__NODE_PARAMETERS_INTERFACE_HPP_
