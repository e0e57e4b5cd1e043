// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__NODE_HPP_
#define RCLCPP__NODE_HPP_

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rclcpp/client.hpp"
#include "rclcpp/clock.hpp"
#include "rclcpp/create_timer.hpp"
#include "rclcpp/generic_publisher.hpp"
#include "rclcpp/generic_subscription.hpp"
#include "rclcpp/node_interfaces/node_base_interface.hpp"
#include "rclcpp/node_interfaces/node_clock_interface.hpp"
#include "rclcpp/node_interfaces/node_graph_interface.hpp"
#include "rclcpp/node_interfaces/node_logging_interface.hpp"
#include "rclcpp/node_interfaces/node_parameters_interface.hpp"
#include "rclcpp/node_interfaces/node_services_interface.hpp"
#include "rclcpp/node_interfaces/node_timers_interface.hpp"
#include "rclcpp/node_interfaces/node_topics_interface.hpp"
#include "rclcpp/node_options.hpp"
#include "rclcpp/publisher.hpp"
#include "rclcpp/service.hpp"
#include "rclcpp/subscription.hpp"

namespace rclcpp
{

namespace detail
{
class ParameterServices;
class TimeSource;
}  // namespace detail

/// A participant in ROS: entry point to topics, services, timers, parameters and the graph.
class RCLCPP_PUBLIC Node : public std::enable_shared_from_this<Node>
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS_NOT_COPYABLE(Node)
  using Descriptor = rcl_interfaces::msg::ParameterDescriptor;
  using OnSetParametersCallbackHandle = node_interfaces::OnSetParametersCallbackHandle;
  using PreSetParametersCallbackHandle = node_interfaces::PreSetParametersCallbackHandle;
  using PostSetParametersCallbackHandle = node_interfaces::PostSetParametersCallbackHandle;
  using OnSetParametersCallbackType = OnSetParametersCallbackHandle::OnSetParametersCallbackType;
  using PreSetParametersCallbackType = PreSetParametersCallbackHandle::PreSetParametersCallbackType;
  using PostSetParametersCallbackType = PostSetParametersCallbackHandle::PostSetParametersCallbackType;

  /// \throws InvalidNodeNameError, InvalidNamespaceError, RCLInvalidROSArgsError, RCLError
  explicit Node(const std::string & node_name, const NodeOptions & options = NodeOptions());
  explicit Node(const std::string & node_name, const std::string & namespace_,
                const NodeOptions & options = NodeOptions());
  virtual ~Node();

  const char * get_name() const { return base_->get_name(); }
  const char * get_namespace() const { return base_->get_namespace(); }
  const char * get_effective_namespace() const { return base_->get_namespace(); }
  const char * get_fully_qualified_name() const { return base_->get_fully_qualified_name(); }
  Logger get_logger() const { return logging_->get_logger(); }
  const NodeOptions & get_node_options() const { return options_; }

  CallbackGroup::SharedPtr create_callback_group(CallbackGroupType group_type,
                                                 bool automatically_add_to_executor_with_node = true)
  {
    return base_->create_callback_group(group_type, automatically_add_to_executor_with_node);
  }
  void for_each_callback_group(const std::function<void(CallbackGroup::SharedPtr)> & function)
  {
    base_->for_each_callback_group(function);
  }

  template <typename MessageT, typename AllocatorT = std::allocator<void>,
            typename PublisherT = Publisher<MessageT, AllocatorT>>
  std::shared_ptr<PublisherT> create_publisher(
      const std::string & topic_name, const QoS & qos,
      const PublisherOptionsWithAllocator<AllocatorT> & options = PublisherOptionsWithAllocator<AllocatorT>())
  {
    return std::make_shared<PublisherT>(base_.get(), topic_name, qos, options);
  }

  template <typename MessageT, typename CallbackT, typename AllocatorT = std::allocator<void>,
            typename SubscriptionT = Subscription<MessageT, AllocatorT>>
  std::shared_ptr<SubscriptionT> create_subscription(
      const std::string & topic_name, const QoS & qos, CallbackT && callback,
      const SubscriptionOptionsWithAllocator<AllocatorT> & options =
          SubscriptionOptionsWithAllocator<AllocatorT>())
  {
    AnySubscriptionCallback<MessageT> any_callback;
    any_callback.set(std::forward<CallbackT>(callback));
    auto subscription =
        std::make_shared<SubscriptionT>(base_.get(), topic_name, qos, std::move(any_callback), options);
    topics_->add_subscription(subscription, options.callback_group);
    return subscription;
  }

  /// A publisher of bytes for a type such as `std_msgs/msg/String`.
  /// \throws std::runtime_error if the type is not there
  template <typename AllocatorT = std::allocator<void>>
  GenericPublisher::SharedPtr create_generic_publisher(
      const std::string & topic_name, const std::string & topic_type, const QoS & qos,
      const PublisherOptionsWithAllocator<AllocatorT> & /*options*/ =
          PublisherOptionsWithAllocator<AllocatorT>())
  {
    return std::make_shared<GenericPublisher>(base_.get(),
                                              get_typesupport_library(topic_type, "rosidl_typesupport_cpp"),
                                              topic_name, topic_type, qos);
  }

  /// A subscription that hands out bytes: the callback takes a shared_ptr to a (const) SerializedMessage or a
  /// reference to one, and optionally a const MessageInfo &.
  /// \throws std::runtime_error if the type is not there
  template <typename CallbackT, typename AllocatorT = std::allocator<void>>
  GenericSubscription::SharedPtr create_generic_subscription(
      const std::string & topic_name, const std::string & topic_type, const QoS & qos, CallbackT && callback,
      const SubscriptionOptionsWithAllocator<AllocatorT> & options =
          SubscriptionOptionsWithAllocator<AllocatorT>())
  {
    auto subscription = std::make_shared<GenericSubscription>(
        base_.get(), get_typesupport_library(topic_type, "rosidl_typesupport_cpp"), topic_name, topic_type,
        qos, GenericSubscription::make_callback<std::decay_t<CallbackT>>(std::forward<CallbackT>(callback)),
        options.ignore_local_publications);
    topics_->add_subscription(subscription, options.callback_group);
    return subscription;
  }

  template <typename DurationRepT = int64_t, typename DurationT = std::milli, typename CallbackT>
  typename WallTimer<CallbackT>::SharedPtr create_wall_timer(
      std::chrono::duration<DurationRepT, DurationT> period, CallbackT callback,
      CallbackGroup::SharedPtr group = nullptr, bool autostart = true)
  {
    return rclcpp::create_wall_timer(period, std::move(callback), std::move(group), base_.get(),
                                     timers_.get(), autostart);
  }

  /// A timer on the node's clock: follows simulated time where that is in use.
  template <typename DurationRepT = int64_t, typename DurationT = std::milli, typename CallbackT>
  typename GenericTimer<CallbackT>::SharedPtr create_timer(
      std::chrono::duration<DurationRepT, DurationT> period, CallbackT callback,
      CallbackGroup::SharedPtr group = nullptr, bool autostart = true)
  {
    auto timer =
        std::make_shared<GenericTimer<CallbackT>>(get_clock(), detail::safe_cast_to_period_in_ns(period),
                                                  std::move(callback), base_->get_context(), autostart);
    timers_->add_timer(timer, std::move(group));
    return timer;
  }

  template <typename ServiceT>
  typename Client<ServiceT>::SharedPtr create_client(const std::string & service_name,
                                                     const QoS & qos = ServicesQoS(),
                                                     CallbackGroup::SharedPtr group = nullptr)
  {
    auto client = std::make_shared<Client<ServiceT>>(base_.get(), service_name, qos);
    services_->add_client(client, std::move(group));
    return client;
  }

  template <typename ServiceT, typename CallbackT>
  typename Service<ServiceT>::SharedPtr create_service(const std::string & service_name,
                                                       CallbackT && callback, const QoS & qos = ServicesQoS(),
                                                       CallbackGroup::SharedPtr group = nullptr)
  {
    auto service = std::make_shared<Service<ServiceT>>(base_->get_shared_rcl_node_handle(), service_name,
                                                       std::forward<CallbackT>(callback), qos);
    services_->add_service(service, std::move(group));
    return service;
  }

  /// Declare with a default; an override takes its place. See NodeParametersInterface for what is thrown.
  const ParameterValue & declare_parameter(const std::string & name, const ParameterValue & default_value,
                                           const Descriptor & descriptor = Descriptor(),
                                           bool ignore_override = false)
  {
    return parameters_->declare_parameter(name, default_value, descriptor, ignore_override);
  }
  /// Declare with a type alone: the value comes from an override or is set later.
  const ParameterValue & declare_parameter(const std::string & name, ParameterType type,
                                           const Descriptor & descriptor = Descriptor(),
                                           bool ignore_override = false)
  {
    return parameters_->declare_parameter(name, type, descriptor, ignore_override);
  }
  template <typename ParameterT>
  auto declare_parameter(const std::string & name, const ParameterT & default_value,
                         const Descriptor & descriptor = Descriptor(), bool ignore_override = false)
  {
    return Parameter(name,
                     declare_parameter(name, ParameterValue(default_value), descriptor, ignore_override))
        .template get_value<ParameterT>();
  }
  /// \throws UninitializedStaticallyTypedParameterException if there is no override
  template <typename ParameterT>
  auto declare_parameter(const std::string & name, const Descriptor & descriptor = Descriptor(),
                         bool ignore_override = false)
  {
    const ParameterValue & value =
        declare_parameter(name, ParameterValue::type_of<ParameterT>(), descriptor, ignore_override);
    if (value.get_type() == PARAMETER_NOT_SET) {
      throw exceptions::UninitializedStaticallyTypedParameterException(name);
    }
    return value.get<ParameterT>();
  }
  /// Declare "<namespace>.<name>" for each entry, in order of the names.
  template <typename ParameterT>
  std::vector<ParameterT> declare_parameters(const std::string & namespace_,
                                             const std::map<std::string, ParameterT> & parameters,
                                             bool ignore_overrides = false)
  {
    std::vector<ParameterT> result;
    const std::string prefix = namespace_.empty() ? "" : namespace_ + ".";
    for (const auto & [name, value] : parameters) {
      result.push_back(
          static_cast<ParameterT>(declare_parameter(prefix + name, value, Descriptor(), ignore_overrides)));
    }
    return result;
  }
  void undeclare_parameter(const std::string & name) { parameters_->undeclare_parameter(name); }
  bool has_parameter(const std::string & name) const { return parameters_->has_parameter(name); }

  rcl_interfaces::msg::SetParametersResult set_parameter(const Parameter & parameter)
  {
    return set_parameters_atomically({parameter});
  }
  std::vector<rcl_interfaces::msg::SetParametersResult> set_parameters(
      const std::vector<Parameter> & parameters)
  {
    return parameters_->set_parameters(parameters);
  }
  rcl_interfaces::msg::SetParametersResult set_parameters_atomically(
      const std::vector<Parameter> & parameters)
  {
    return parameters_->set_parameters_atomically(parameters);
  }

  Parameter get_parameter(const std::string & name) const { return parameters_->get_parameter(name); }
  bool get_parameter(const std::string & name, Parameter & parameter) const
  {
    return parameters_->get_parameter(name, parameter);
  }
  /// \return false, value untouched, if the parameter is not declared or not set
  template <typename ParameterT>
  bool get_parameter(const std::string & name, ParameterT & value) const
  {
    Parameter parameter;
    const bool found = get_parameter(name, parameter);
    if (found) {
      value = static_cast<ParameterT>(parameter.get_value<ParameterT>());
    }
    return found;
  }
  template <typename ParameterT>
  bool get_parameter_or(const std::string & name, ParameterT & value,
                        const ParameterT & alternative_value) const
  {
    const bool found = get_parameter(name, value);
    if (!found) {
      value = alternative_value;
    }
    return found;
  }
  template <typename ParameterT>
  ParameterT get_parameter_or(const std::string & name, const ParameterT & alternative_value) const
  {
    ParameterT value;
    get_parameter_or(name, value, alternative_value);
    return value;
  }
  std::vector<Parameter> get_parameters(const std::vector<std::string> & names) const
  {
    return parameters_->get_parameters(names);
  }
  /// All parameters below a prefix, keyed without it.
  template <typename ParameterT>
  bool get_parameters(const std::string & prefix, std::map<std::string, ParameterT> & values) const
  {
    std::map<std::string, Parameter> parameters;
    const bool found = parameters_->get_parameters_by_prefix(prefix, parameters);
    for (const auto & [name, parameter] : parameters) {
      values[name] = static_cast<ParameterT>(parameter.template get_value<ParameterT>());
    }
    return found;
  }
  Descriptor describe_parameter(const std::string & name) const
  {
    return parameters_->describe_parameters({name}).front();
  }
  std::vector<Descriptor> describe_parameters(const std::vector<std::string> & names) const
  {
    return parameters_->describe_parameters(names);
  }
  std::vector<uint8_t> get_parameter_types(const std::vector<std::string> & names) const
  {
    return parameters_->get_parameter_types(names);
  }
  rcl_interfaces::msg::ListParametersResult list_parameters(const std::vector<std::string> & prefixes,
                                                            uint64_t depth) const
  {
    return parameters_->list_parameters(prefixes, depth);
  }

  [[nodiscard]] PreSetParametersCallbackHandle::SharedPtr add_pre_set_parameters_callback(
      PreSetParametersCallbackType callback)
  {
    return parameters_->add_pre_set_parameters_callback(std::move(callback));
  }
  [[nodiscard]] OnSetParametersCallbackHandle::SharedPtr add_on_set_parameters_callback(
      OnSetParametersCallbackType callback)
  {
    return parameters_->add_on_set_parameters_callback(std::move(callback));
  }
  [[nodiscard]] PostSetParametersCallbackHandle::SharedPtr add_post_set_parameters_callback(
      PostSetParametersCallbackType callback)
  {
    return parameters_->add_post_set_parameters_callback(std::move(callback));
  }
  void remove_pre_set_parameters_callback(const PreSetParametersCallbackHandle * handle)
  {
    parameters_->remove_pre_set_parameters_callback(handle);
  }
  void remove_on_set_parameters_callback(const OnSetParametersCallbackHandle * handle)
  {
    parameters_->remove_on_set_parameters_callback(handle);
  }
  void remove_post_set_parameters_callback(const PostSetParametersCallbackHandle * handle)
  {
    parameters_->remove_post_set_parameters_callback(handle);
  }

  std::vector<std::string> get_node_names() const { return graph_->get_node_names(); }
  std::map<std::string, std::vector<std::string>> get_topic_names_and_types() const
  {
    return graph_->get_topic_names_and_types();
  }
  std::map<std::string, std::vector<std::string>> get_service_names_and_types() const
  {
    return graph_->get_service_names_and_types();
  }
  std::map<std::string, std::vector<std::string>> get_service_names_and_types_by_node(
      const std::string & node_name, const std::string & namespace_) const
  {
    return graph_->get_service_names_and_types_by_node(node_name, namespace_);
  }
  size_t count_publishers(const std::string & name) const { return graph_->count_publishers(name); }
  size_t count_subscribers(const std::string & name) const { return graph_->count_subscribers(name); }
  size_t count_clients(const std::string & name) const { return graph_->count_clients(name); }
  size_t count_services(const std::string & name) const { return graph_->count_services(name); }
  std::vector<TopicEndpointInfo> get_publishers_info_by_topic(const std::string & topic_name,
                                                              bool no_mangle = false) const
  {
    return graph_->get_publishers_info_by_topic(topic_name, no_mangle);
  }
  std::vector<TopicEndpointInfo> get_subscriptions_info_by_topic(const std::string & topic_name,
                                                                 bool no_mangle = false) const
  {
    return graph_->get_subscriptions_info_by_topic(topic_name, no_mangle);
  }

  Clock::SharedPtr get_clock() { return clock_->get_clock(); }
  Clock::ConstSharedPtr get_clock() const
  {
    return static_cast<const node_interfaces::NodeClockInterface &>(*clock_).get_clock();
  }
  Time now() const { return get_clock()->now(); }

  node_interfaces::NodeBaseInterface::SharedPtr get_node_base_interface() { return base_; }
  node_interfaces::NodeClockInterface::SharedPtr get_node_clock_interface() { return clock_; }
  node_interfaces::NodeGraphInterface::SharedPtr get_node_graph_interface() { return graph_; }
  node_interfaces::NodeLoggingInterface::SharedPtr get_node_logging_interface() { return logging_; }
  node_interfaces::NodeParametersInterface::SharedPtr get_node_parameters_interface() { return parameters_; }
  node_interfaces::NodeServicesInterface::SharedPtr get_node_services_interface() { return services_; }
  node_interfaces::NodeTimersInterface::SharedPtr get_node_timers_interface() { return timers_; }
  node_interfaces::NodeTopicsInterface::SharedPtr get_node_topics_interface() { return topics_; }

 private:
  const NodeOptions options_;
  node_interfaces::NodeBaseInterface::SharedPtr base_;
  node_interfaces::NodeLoggingInterface::SharedPtr logging_;
  node_interfaces::NodeGraphInterface::SharedPtr graph_;
  node_interfaces::NodeTimersInterface::SharedPtr timers_;
  node_interfaces::NodeTopicsInterface::SharedPtr topics_;
  node_interfaces::NodeServicesInterface::SharedPtr services_;
  node_interfaces::NodeClockInterface::SharedPtr clock_;
  node_interfaces::NodeParametersInterface::SharedPtr parameters_;
  std::shared_ptr<detail::ParameterServices> parameter_services_;
  std::shared_ptr<detail::TimeSource> time_source_;
};

}  // namespace rclcpp

#endif  // RCLCPP__NODE_HPP_
