// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/parameter_client.hpp"

#include <algorithm>

#include "rclcpp/exceptions/exceptions.hpp"

namespace rclcpp
{

namespace
{

namespace srv = rcl_interfaces::srv;

/// Send a request; the future gets what `convert` makes of the response, the callback gets the future.
template <typename T, typename ServiceT, typename ConvertT>
std::shared_future<T> ask(Client<ServiceT> & client, std::shared_ptr<typename ServiceT::Request> request,
                          ConvertT convert, AsyncParametersClient::Callback<T> callback)
{
  auto promise = std::make_shared<std::promise<T>>();
  auto future = promise->get_future().share();
  client.async_send_request(
      std::move(request), [promise, future, convert = std::move(convert),
                           callback = std::move(callback)](typename Client<ServiceT>::SharedFuture response) {
        promise->set_value(convert(*response.get()));
        if (callback) {
          callback(future);
        }
      });
  return future;
}

std::vector<rcl_interfaces::msg::Parameter> messages(const std::vector<Parameter> & parameters)
{
  std::vector<rcl_interfaces::msg::Parameter> result;
  for (const auto & parameter : parameters) {
    result.push_back(parameter.to_parameter_msg());
  }
  return result;
}

}  // namespace

AsyncParametersClient::AsyncParametersClient(
    node_interfaces::NodeBaseInterface::SharedPtr node_base_interface,
    node_interfaces::NodeTopicsInterface::SharedPtr node_topics_interface,
    node_interfaces::NodeGraphInterface::SharedPtr /*node_graph_interface*/,
    node_interfaces::NodeServicesInterface::SharedPtr node_services_interface,
    const std::string & remote_node_name, const QoS & qos_profile, CallbackGroup::SharedPtr group)
    : base_(std::move(node_base_interface)),
      topics_(std::move(node_topics_interface)),
      remote_node_name_(remote_node_name.empty() ? base_->get_fully_qualified_name() : remote_node_name)
{
  const auto make = [&](auto & client, const char * name) {
    using ClientT = typename std::decay_t<decltype(client)>::element_type;
    client = std::make_shared<ClientT>(base_.get(), remote_node_name_ + "/" + name, qos_profile);
    node_services_interface->add_client(client, group);
  };
  make(get_, "get_parameters");
  make(get_types_, "get_parameter_types");
  make(set_, "set_parameters");
  make(set_atomically_, "set_parameters_atomically");
  make(list_, "list_parameters");
  make(describe_, "describe_parameters");
}

std::shared_future<std::vector<Parameter>> AsyncParametersClient::get_parameters(
    const std::vector<std::string> & names, Callback<std::vector<Parameter>> callback)
{
  auto request = std::make_shared<srv::GetParameters::Request>();
  request->names = names;
  return ask(
      *get_, std::move(request),
      [names](const srv::GetParameters::Response & response) {
        std::vector<Parameter> result;
        for (size_t i = 0; i < std::min(names.size(), response.values.size()); ++i) {
          result.emplace_back(names[i], ParameterValue(response.values[i]));
        }
        return result;
      },
      std::move(callback));
}

std::shared_future<AsyncParametersClient::Descriptors> AsyncParametersClient::describe_parameters(
    const std::vector<std::string> & names, Callback<Descriptors> callback)
{
  auto request = std::make_shared<srv::DescribeParameters::Request>();
  request->names = names;
  return ask(
      *describe_, std::move(request),
      [](const srv::DescribeParameters::Response & response) { return response.descriptors; },
      std::move(callback));
}

std::shared_future<std::vector<ParameterType>> AsyncParametersClient::get_parameter_types(
    const std::vector<std::string> & names, Callback<std::vector<ParameterType>> callback)
{
  auto request = std::make_shared<srv::GetParameterTypes::Request>();
  request->names = names;
  return ask(
      *get_types_, std::move(request),
      [](const srv::GetParameterTypes::Response & response) {
        std::vector<ParameterType> result;
        for (const auto type : response.types) {
          result.push_back(static_cast<ParameterType>(type));
        }
        return result;
      },
      std::move(callback));
}

std::shared_future<AsyncParametersClient::Results> AsyncParametersClient::set_parameters(
    const std::vector<Parameter> & parameters, Callback<Results> callback)
{
  auto request = std::make_shared<srv::SetParameters::Request>();
  request->parameters = messages(parameters);
  return ask(
      *set_, std::move(request),
      [](const srv::SetParameters::Response & response) { return response.results; }, std::move(callback));
}

std::shared_future<AsyncParametersClient::Result> AsyncParametersClient::set_parameters_atomically(
    const std::vector<Parameter> & parameters, Callback<Result> callback)
{
  auto request = std::make_shared<srv::SetParametersAtomically::Request>();
  request->parameters = messages(parameters);
  return ask(
      *set_atomically_, std::move(request),
      [](const srv::SetParametersAtomically::Response & response) { return response.result; },
      std::move(callback));
}

std::shared_future<AsyncParametersClient::Results> AsyncParametersClient::delete_parameters(
    const std::vector<std::string> & parameters_names)
{
  std::vector<Parameter> unset;
  for (const auto & name : parameters_names) {
    unset.emplace_back(name);
  }
  return set_parameters(unset);
}

std::shared_future<AsyncParametersClient::Results> AsyncParametersClient::load_parameters(
    const std::string & yaml_filename)
{
  return load_parameters(parameter_map_from_yaml_file(yaml_filename, remote_node_name_.c_str()));
}

std::shared_future<AsyncParametersClient::Results> AsyncParametersClient::load_parameters(
    const ParameterMap & parameter_map)
{
  const auto parameters = parameters_from_map(parameter_map, remote_node_name_.c_str());
  if (parameters.empty()) {
    throw exceptions::InvalidParametersException("there are no parameters for node '" + remote_node_name_ +
                                                 "'");
  }
  return set_parameters(parameters);
}

std::shared_future<AsyncParametersClient::ListResult> AsyncParametersClient::list_parameters(
    const std::vector<std::string> & prefixes, uint64_t depth, Callback<ListResult> callback)
{
  auto request = std::make_shared<srv::ListParameters::Request>();
  request->prefixes = prefixes;
  request->depth = depth;
  return ask(
      *list_, std::move(request),
      [](const srv::ListParameters::Response & response) { return response.result; }, std::move(callback));
}

std::vector<std::shared_ptr<ClientBase>> AsyncParametersClient::clients() const
{
  return {get_, get_types_, set_, set_atomically_, list_, describe_};
}

bool AsyncParametersClient::service_is_ready() const
{
  const auto all = clients();
  return std::all_of(all.begin(), all.end(), [](const auto & client) { return client->service_is_ready(); });
}

bool AsyncParametersClient::wait_for_service_nanoseconds(std::chrono::nanoseconds timeout)
{
  const auto start = std::chrono::steady_clock::now();
  const bool limited = timeout >= std::chrono::nanoseconds::zero();
  for (const auto & client : clients()) {
    auto rest = timeout;
    if (limited) {
      rest = std::max<std::chrono::nanoseconds>(timeout - (std::chrono::steady_clock::now() - start),
                                                std::chrono::nanoseconds::zero());
    }
    if (!client->wait_for_service(rest)) {
      return false;
    }
  }
  return true;
}

Executor::SharedPtr SyncParametersClient::executor_for(node_interfaces::NodeBaseInterface & base)
{
  ExecutorOptions options;
  options.context = base.get_context();
  return std::make_shared<executors::SingleThreadedExecutor>(options);
}

bool SyncParametersClient::has_parameter(const std::string & parameter_name)
{
  return list_parameters({parameter_name}, 1).names.size() == 1;
}

}  // namespace rclcpp
