// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__PARAMETER_CLIENT_HPP_
#define RCLCPP__PARAMETER_CLIENT_HPP_

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rcl_interfaces/msg/list_parameters_result.hpp"
#include "rcl_interfaces/msg/parameter_descriptor.hpp"
#include "rcl_interfaces/msg/parameter_event.hpp"
#include "rcl_interfaces/msg/set_parameters_result.hpp"
#include "rcl_interfaces/srv/describe_parameters.hpp"
#include "rcl_interfaces/srv/get_parameter_types.hpp"
#include "rcl_interfaces/srv/get_parameters.hpp"
#include "rcl_interfaces/srv/list_parameters.hpp"
#include "rcl_interfaces/srv/set_parameters.hpp"
#include "rcl_interfaces/srv/set_parameters_atomically.hpp"
#include "rclcpp/executors.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/node.hpp"
#include "rclcpp/parameter.hpp"
#include "rclcpp/parameter_map.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

/// Asks for and changes the parameters of a node, here or elsewhere, by its services. The futures become
/// ready while an executor spins the client's node; the callbacks are called with them then.
class RCLCPP_PUBLIC AsyncParametersClient
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS(AsyncParametersClient)
  template <typename T>
  using Callback = std::function<void(std::shared_future<T>)>;
  using Result = rcl_interfaces::msg::SetParametersResult;
  using Results = std::vector<Result>;
  using Descriptors = std::vector<rcl_interfaces::msg::ParameterDescriptor>;
  using ListResult = rcl_interfaces::msg::ListParametersResult;
  using Event = rcl_interfaces::msg::ParameterEvent;

  /// \param remote_node_name whose parameters; empty: those of the client's own node
  AsyncParametersClient(node_interfaces::NodeBaseInterface::SharedPtr node_base_interface,
                        node_interfaces::NodeTopicsInterface::SharedPtr node_topics_interface,
                        node_interfaces::NodeGraphInterface::SharedPtr node_graph_interface,
                        node_interfaces::NodeServicesInterface::SharedPtr node_services_interface,
                        const std::string & remote_node_name = "", const QoS & qos_profile = ParametersQoS(),
                        CallbackGroup::SharedPtr group = nullptr);
  template <typename NodeT>
  explicit AsyncParametersClient(const std::shared_ptr<NodeT> node, const std::string & remote_node_name = "",
                                 const QoS & qos_profile = ParametersQoS(),
                                 CallbackGroup::SharedPtr group = nullptr)
      : AsyncParametersClient(node.get(), remote_node_name, qos_profile, std::move(group))
  {
  }
  template <typename NodeT>
  explicit AsyncParametersClient(NodeT * node, const std::string & remote_node_name = "",
                                 const QoS & qos_profile = ParametersQoS(),
                                 CallbackGroup::SharedPtr group = nullptr)
      : AsyncParametersClient(node->get_node_base_interface(), node->get_node_topics_interface(),
                              node->get_node_graph_interface(), node->get_node_services_interface(),
                              remote_node_name, qos_profile, std::move(group))
  {
  }

  /// Empty if one of the names is not declared.
  std::shared_future<std::vector<Parameter>> get_parameters(
      const std::vector<std::string> & names, Callback<std::vector<Parameter>> callback = nullptr);
  std::shared_future<Descriptors> describe_parameters(const std::vector<std::string> & names,
                                                      Callback<Descriptors> callback = nullptr);
  std::shared_future<std::vector<ParameterType>> get_parameter_types(
      const std::vector<std::string> & names, Callback<std::vector<ParameterType>> callback = nullptr);
  std::shared_future<Results> set_parameters(const std::vector<Parameter> & parameters,
                                             Callback<Results> callback = nullptr);
  std::shared_future<Result> set_parameters_atomically(const std::vector<Parameter> & parameters,
                                                       Callback<Result> callback = nullptr);
  std::shared_future<Results> delete_parameters(const std::vector<std::string> & parameters_names);
  /// Set what a YAML file has for the node.
  /// \throws InvalidParametersException if that is nothing; RCLError if the file cannot be parsed
  std::shared_future<Results> load_parameters(const std::string & yaml_filename);
  std::shared_future<Results> load_parameters(const ParameterMap & parameter_map);
  std::shared_future<ListResult> list_parameters(const std::vector<std::string> & prefixes, uint64_t depth,
                                                 Callback<ListResult> callback = nullptr);

  /// Subscribe to the changes of parameters of all nodes.
  template <typename CallbackT>
  Subscription<Event>::SharedPtr on_parameter_event(CallbackT && callback,
                                                    const QoS & qos = ParameterEventsQoS())
  {
    AnySubscriptionCallback<Event> any_callback;
    any_callback.set(std::forward<CallbackT>(callback));
    auto subscription = std::make_shared<Subscription<Event>>(base_.get(), "/parameter_events", qos,
                                                              std::move(any_callback), SubscriptionOptions());
    topics_->add_subscription(subscription, nullptr);
    return subscription;
  }
  template <typename CallbackT, typename NodeT>
  static Subscription<Event>::SharedPtr on_parameter_event(NodeT && node, CallbackT && callback,
                                                           const QoS & qos = ParameterEventsQoS())
  {
    return node->template create_subscription<Event>("/parameter_events", qos,
                                                     std::forward<CallbackT>(callback));
  }

  bool service_is_ready() const;
  /// \return whether all six services are there before the time (negative: none) is over or ROS is shut down
  template <typename RepT = int64_t, typename RatioT = std::milli>
  bool wait_for_service(std::chrono::duration<RepT, RatioT> timeout = std::chrono::duration<RepT, RatioT>(-1))
  {
    return wait_for_service_nanoseconds(std::chrono::duration_cast<std::chrono::nanoseconds>(timeout));
  }

 protected:
  bool wait_for_service_nanoseconds(std::chrono::nanoseconds timeout);

 private:
  std::vector<std::shared_ptr<ClientBase>> clients() const;

  node_interfaces::NodeBaseInterface::SharedPtr base_;
  node_interfaces::NodeTopicsInterface::SharedPtr topics_;
  std::string remote_node_name_;
  Client<rcl_interfaces::srv::GetParameters>::SharedPtr get_;
  Client<rcl_interfaces::srv::GetParameterTypes>::SharedPtr get_types_;
  Client<rcl_interfaces::srv::SetParameters>::SharedPtr set_;
  Client<rcl_interfaces::srv::SetParametersAtomically>::SharedPtr set_atomically_;
  Client<rcl_interfaces::srv::ListParameters>::SharedPtr list_;
  Client<rcl_interfaces::srv::DescribeParameters>::SharedPtr describe_;
};

/// The same, waiting for each answer: it spins the node, which must not be in another executor, while it
/// waits. A time (negative: none) limits the wait; without an answer within it the result is empty.
class RCLCPP_PUBLIC SyncParametersClient
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS(SyncParametersClient)
  using Result = AsyncParametersClient::Result;
  using Results = AsyncParametersClient::Results;
  using Descriptors = AsyncParametersClient::Descriptors;
  using ListResult = AsyncParametersClient::ListResult;
  using Event = AsyncParametersClient::Event;

  template <typename NodeT>
  explicit SyncParametersClient(std::shared_ptr<NodeT> node, const std::string & remote_node_name = "",
                                const QoS & qos_profile = ParametersQoS())
      : SyncParametersClient(node.get(), remote_node_name, qos_profile)
  {
  }
  template <typename NodeT>
  SyncParametersClient(Executor::SharedPtr executor, std::shared_ptr<NodeT> node,
                       const std::string & remote_node_name = "", const QoS & qos_profile = ParametersQoS())
      : SyncParametersClient(std::move(executor), node.get(), remote_node_name, qos_profile)
  {
  }
  template <typename NodeT>
  explicit SyncParametersClient(NodeT * node, const std::string & remote_node_name = "",
                                const QoS & qos_profile = ParametersQoS())
      : SyncParametersClient(executor_for(*node->get_node_base_interface()), node, remote_node_name,
                             qos_profile)
  {
  }
  template <typename NodeT>
  SyncParametersClient(Executor::SharedPtr executor, NodeT * node, const std::string & remote_node_name = "",
                       const QoS & qos_profile = ParametersQoS())
      : executor_(std::move(executor)),
        base_(node->get_node_base_interface()),
        client_(std::make_shared<AsyncParametersClient>(node, remote_node_name, qos_profile))
  {
  }

  template <typename RepT = int64_t, typename RatioT = std::milli>
  std::vector<Parameter> get_parameters(
      const std::vector<std::string> & names,
      std::chrono::duration<RepT, RatioT> timeout = std::chrono::duration<RepT, RatioT>(-1))
  {
    return wait(client_->get_parameters(names), timeout);
  }
  bool has_parameter(const std::string & parameter_name);
  /// The value of a parameter; what stands for it if it is not there.
  template <typename T>
  T get_parameter(const std::string & parameter_name, const T & default_value)
  {
    const auto found = get_parameters({parameter_name});
    return found.size() != 1 || found[0].get_type() == PARAMETER_NOT_SET
               ? default_value
               : static_cast<T>(found[0].get_value<T>());
  }
  /// \throws std::runtime_error if it is not there
  template <typename T>
  T get_parameter(const std::string & parameter_name)
  {
    const auto found = get_parameters({parameter_name});
    if (found.size() != 1 || found[0].get_type() == PARAMETER_NOT_SET) {
      throw std::runtime_error("Parameter '" + parameter_name + "' is not set");
    }
    return static_cast<T>(found[0].get_value<T>());
  }
  template <typename RepT = int64_t, typename RatioT = std::milli>
  Descriptors describe_parameters(
      const std::vector<std::string> & names,
      std::chrono::duration<RepT, RatioT> timeout = std::chrono::duration<RepT, RatioT>(-1))
  {
    return wait(client_->describe_parameters(names), timeout);
  }
  template <typename RepT = int64_t, typename RatioT = std::milli>
  std::vector<ParameterType> get_parameter_types(
      const std::vector<std::string> & names,
      std::chrono::duration<RepT, RatioT> timeout = std::chrono::duration<RepT, RatioT>(-1))
  {
    return wait(client_->get_parameter_types(names), timeout);
  }
  template <typename RepT = int64_t, typename RatioT = std::milli>
  Results set_parameters(
      const std::vector<Parameter> & parameters,
      std::chrono::duration<RepT, RatioT> timeout = std::chrono::duration<RepT, RatioT>(-1))
  {
    return wait(client_->set_parameters(parameters), timeout);
  }
  /// \throws std::runtime_error if there is no answer in time
  template <typename RepT = int64_t, typename RatioT = std::milli>
  Result set_parameters_atomically(
      const std::vector<Parameter> & parameters,
      std::chrono::duration<RepT, RatioT> timeout = std::chrono::duration<RepT, RatioT>(-1))
  {
    return wait_or_throw(client_->set_parameters_atomically(parameters), timeout, "set parameters");
  }
  template <typename RepT = int64_t, typename RatioT = std::milli>
  Results delete_parameters(
      const std::vector<std::string> & names,
      std::chrono::duration<RepT, RatioT> timeout = std::chrono::duration<RepT, RatioT>(-1))
  {
    return wait(client_->delete_parameters(names), timeout);
  }
  template <typename RepT = int64_t, typename RatioT = std::milli>
  Results load_parameters(const std::string & yaml_filename, std::chrono::duration<RepT, RatioT> timeout =
                                                                 std::chrono::duration<RepT, RatioT>(-1))
  {
    return wait(client_->load_parameters(yaml_filename), timeout);
  }
  /// \throws std::runtime_error if there is no answer in time
  template <typename RepT = int64_t, typename RatioT = std::milli>
  ListResult list_parameters(
      const std::vector<std::string> & prefixes, uint64_t depth,
      std::chrono::duration<RepT, RatioT> timeout = std::chrono::duration<RepT, RatioT>(-1))
  {
    return wait_or_throw(client_->list_parameters(prefixes, depth), timeout, "list parameters");
  }

  template <typename CallbackT>
  Subscription<Event>::SharedPtr on_parameter_event(CallbackT && callback)
  {
    return client_->on_parameter_event(std::forward<CallbackT>(callback));
  }
  template <typename CallbackT, typename NodeT>
  static Subscription<Event>::SharedPtr on_parameter_event(NodeT && node, CallbackT && callback)
  {
    return AsyncParametersClient::on_parameter_event(std::forward<NodeT>(node),
                                                     std::forward<CallbackT>(callback));
  }
  bool service_is_ready() const { return client_->service_is_ready(); }
  template <typename RepT = int64_t, typename RatioT = std::milli>
  bool wait_for_service(std::chrono::duration<RepT, RatioT> timeout = std::chrono::duration<RepT, RatioT>(-1))
  {
    return client_->wait_for_service(timeout);
  }

 private:
  static Executor::SharedPtr executor_for(node_interfaces::NodeBaseInterface & base);

  template <typename T, typename DurationT>
  bool ready(const std::shared_future<T> & future, DurationT timeout)
  {
    return executors::spin_node_until_future_complete(*executor_, base_, future, timeout) ==
           FutureReturnCode::SUCCESS;
  }
  template <typename T, typename DurationT>
  T wait(const std::shared_future<T> & future, DurationT timeout)
  {
    return ready(future, timeout) ? future.get() : T();
  }
  template <typename T, typename DurationT>
  T wait_or_throw(const std::shared_future<T> & future, DurationT timeout, const char * what)
  {
    if (!ready(future, timeout)) {
      throw std::runtime_error(std::string("Unable to get result of ") + what + " service call.");
    }
    return future.get();
  }

  Executor::SharedPtr executor_;
  node_interfaces::NodeBaseInterface::SharedPtr base_;
  AsyncParametersClient::SharedPtr client_;
};

}  // namespace rclcpp

#endif  // RCLCPP__PARAMETER_CLIENT_HPP_
