// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__NODE_OPTIONS_HPP_
#define RCLCPP__NODE_OPTIONS_HPP_

#include <memory>
#include <string>
#include <vector>

#include "rcl/node_options.h"
#include "rclcpp/context.hpp"
#include "rclcpp/contexts/default_context.hpp"
#include "rclcpp/parameter.hpp"
#include "rclcpp/qos.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

// A getter and a chaining setter.
#define RCLCPP_NODE_OPTION_(Type, name, member) \
  const Type & name() const                     \
  {                                             \
    return member;                              \
  }                                             \
  NodeOptions & name(const Type & value)        \
  {                                             \
    member = value;                             \
    return *this;                               \
  }

/// Options of a node; setters chain.
class RCLCPP_PUBLIC NodeOptions
{
 public:
  explicit NodeOptions(rcl_allocator_t allocator = rcl_get_default_allocator()) : allocator_(allocator) {}

  RCLCPP_NODE_OPTION_(Context::SharedPtr, context, context_)
  /// As on a command line, e.g. {"--ros-args", "-r", "__node:=name"}; local to the node.
  RCLCPP_NODE_OPTION_(std::vector<std::string>, arguments, arguments_)
  RCLCPP_NODE_OPTION_(std::vector<Parameter>, parameter_overrides, parameter_overrides_)
  /// Whether the process's own command line applies to the node.
  RCLCPP_NODE_OPTION_(bool, use_global_arguments, use_global_arguments_)
  RCLCPP_NODE_OPTION_(bool, enable_rosout, enable_rosout_)
  /// Hand messages over within the process: the default for the node's publishers and subscriptions.
  RCLCPP_NODE_OPTION_(bool, use_intra_process_comms, use_intra_process_comms_)
  RCLCPP_NODE_OPTION_(bool, start_parameter_services, start_parameter_services_)
  RCLCPP_NODE_OPTION_(bool, start_parameter_event_publisher, start_parameter_event_publisher_)
  RCLCPP_NODE_OPTION_(rcl_clock_type_t, clock_type, clock_type_)
  RCLCPP_NODE_OPTION_(QoS, clock_qos, clock_qos_)
  RCLCPP_NODE_OPTION_(QoS, parameter_event_qos, parameter_event_qos_)
  RCLCPP_NODE_OPTION_(QoS, rosout_qos, rosout_qos_)
  RCLCPP_NODE_OPTION_(bool, allow_undeclared_parameters, allow_undeclared_parameters_)
  RCLCPP_NODE_OPTION_(bool, automatically_declare_parameters_from_overrides,
                      automatically_declare_parameters_from_overrides_)

  std::vector<Parameter> & parameter_overrides() { return parameter_overrides_; }
  template <typename ParameterT>
  NodeOptions & append_parameter_override(const std::string & name, const ParameterT & value)
  {
    parameter_overrides_.emplace_back(name, ParameterValue(value));
    return *this;
  }
  const rcl_allocator_t & allocator() const { return allocator_; }

  /// rcl's form of these options, arguments parsed.
  /// \throws RCLInvalidROSArgsError, UnknownROSArgsError
  std::shared_ptr<rcl_node_options_t> make_rcl_node_options() const;

 private:
  Context::SharedPtr context_ = contexts::get_global_default_context();
  std::vector<std::string> arguments_;
  std::vector<Parameter> parameter_overrides_;
  bool use_global_arguments_ = true;
  bool enable_rosout_ = true;
  bool use_intra_process_comms_ = false;
  bool start_parameter_services_ = true;
  bool start_parameter_event_publisher_ = true;
  rcl_clock_type_t clock_type_ = RCL_ROS_TIME;
  QoS clock_qos_ = ClockQoS();
  QoS parameter_event_qos_ = ParameterEventsQoS();
  QoS rosout_qos_ = RosoutQoS();
  bool allow_undeclared_parameters_ = false;
  bool automatically_declare_parameters_from_overrides_ = false;
  rcl_allocator_t allocator_;
};

#undef RCLCPP_NODE_OPTION_

}  // namespace rclcpp

#endif  // RCLCPP__NODE_OPTIONS_HPP_
