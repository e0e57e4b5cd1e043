// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__PARAMETER_EVENT_HANDLER_HPP_
#define RCLCPP__PARAMETER_EVENT_HANDLER_HPP_

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "rcl_interfaces/msg/parameter_event.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/node.hpp"
#include "rclcpp/parameter.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

/// Keeps a callback for one parameter registered while it lives.
struct ParameterCallbackHandle
{
  RCLCPP_SMART_PTR_DEFINITIONS(ParameterCallbackHandle)
  using ParameterCallbackType = std::function<void(const Parameter &)>;
  std::string parameter_name;
  std::string node_name;
  ParameterCallbackType callback;
};

/// Keeps a callback for all events registered while it lives.
struct ParameterEventCallbackHandle
{
  RCLCPP_SMART_PTR_DEFINITIONS(ParameterEventCallbackHandle)
  using ParameterEventCallbackType = std::function<void(const rcl_interfaces::msg::ParameterEvent &)>;
  ParameterEventCallbackType callback;
};

/// Calls back when parameters of this node or of others are declared, changed or deleted (/parameter_events).
/// The newest callback is called first; callbacks may add and remove callbacks.
class RCLCPP_PUBLIC ParameterEventHandler
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS(ParameterEventHandler)
  using Event = rcl_interfaces::msg::ParameterEvent;
  using ParameterEventCallbackType = ParameterEventCallbackHandle::ParameterEventCallbackType;
  using ParameterCallbackType = ParameterCallbackHandle::ParameterCallbackType;

  template <typename NodeT>
  explicit ParameterEventHandler(NodeT node, const QoS & qos = ParameterEventsQoS())
      : node_base_interface_(node->get_node_base_interface()), callbacks_(std::make_shared<Callbacks>())
  {
    event_subscription_ = node->template create_subscription<Event>(
        "/parameter_events", qos, [callbacks = callbacks_](const Event & event) { call(*callbacks, event); });
  }

  [[nodiscard]] ParameterEventCallbackHandle::SharedPtr add_parameter_event_callback(
      ParameterEventCallbackType callback);
  /// \throws std::runtime_error if it is not registered here
  void remove_parameter_event_callback(ParameterEventCallbackHandle::SharedPtr callback_handle);

  /// \param node_name relative to the node's namespace; empty: the node itself
  [[nodiscard]] ParameterCallbackHandle::SharedPtr add_parameter_callback(const std::string & parameter_name,
                                                                          ParameterCallbackType callback,
                                                                          const std::string & node_name = "");
  /// \throws std::runtime_error if it is not registered here
  void remove_parameter_callback(ParameterCallbackHandle::SharedPtr callback_handle);

  /// The value that an event gives a parameter.
  /// \param node_name fully qualified; empty: any node's
  /// \return false, parameter untouched, if the event is of another node or has no such parameter
  static bool get_parameter_from_event(const Event & event, Parameter & parameter,
                                       const std::string & parameter_name,
                                       const std::string & node_name = "");
  /// \throws std::runtime_error if there is none
  static Parameter get_parameter_from_event(const Event & event, const std::string & parameter_name,
                                            const std::string & node_name = "");
  /// All that an event declares or changes.
  static std::vector<Parameter> get_parameters_from_event(const Event & event);

 private:
  struct Callbacks
  {
    std::recursive_mutex mutex;
    std::list<ParameterCallbackHandle::WeakPtr> of_parameters;
    std::list<ParameterEventCallbackHandle::WeakPtr> of_events;
  };
  static void call(Callbacks & callbacks, const Event & event);
  std::string resolve_path(const std::string & path) const;

  node_interfaces::NodeBaseInterface::SharedPtr node_base_interface_;
  std::shared_ptr<Callbacks> callbacks_;
  Subscription<Event>::SharedPtr event_subscription_;
};

}  // namespace rclcpp

#endif  // RCLCPP__PARAMETER_EVENT_HANDLER_HPP_
