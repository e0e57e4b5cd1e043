// SPDX-License-Identifier: Apache-2.0
#include "parameter_services.hpp"

#include <memory>
#include <string>
#include <utility>

#include "rcl_interfaces/srv/describe_parameters.hpp"
#include "rcl_interfaces/srv/get_parameter_types.hpp"
#include "rcl_interfaces/srv/get_parameters.hpp"
#include "rcl_interfaces/srv/list_parameters.hpp"
#include "rcl_interfaces/srv/set_parameters.hpp"
#include "rcl_interfaces/srv/set_parameters_atomically.hpp"
#include "rclcpp/exceptions/exceptions.hpp"
#include "rclcpp/logging.hpp"

namespace rclcpp::detail
{

namespace
{

namespace srv = rcl_interfaces::srv;
using node_interfaces::NodeParametersInterface;

template <class ServiceT, class CallbackT>
ServiceBase::SharedPtr serve(node_interfaces::NodeBaseInterface & base,
                             node_interfaces::NodeServicesInterface & services, const std::string & name,
                             CallbackT callback)
{
  auto service = std::make_shared<Service<ServiceT>>(
      base.get_shared_rcl_node_handle(), std::string(base.get_name()) + "/" + name,
      [callback = std::move(callback)](const std::shared_ptr<typename ServiceT::Request> request,
                                       std::shared_ptr<typename ServiceT::Response> response) {
        callback(*request, *response);
      },
      ParametersQoS());
  services.add_service(service, nullptr);
  return service;
}

/// Run a change; what it throws is the answer, since the caller is in another process.
template <class Change>
rcl_interfaces::msg::SetParametersResult answer(Change change)
{
  try {
    return change();
  } catch (const std::exception & error) {
    rcl_interfaces::msg::SetParametersResult result;
    result.successful = false;
    result.reason = error.what();
    return result;
  }
}

std::vector<Parameter> convert(const std::vector<rcl_interfaces::msg::Parameter> & messages)
{
  std::vector<Parameter> parameters;
  for (const auto & message : messages) {
    parameters.push_back(Parameter::from_parameter_msg(message));
  }
  return parameters;
}

}  // namespace

ParameterServices::ParameterServices(node_interfaces::NodeBaseInterface & base,
                                     node_interfaces::NodeServicesInterface & services,
                                     NodeParametersInterface & parameters)
{
  // As upstream: a name that is not declared makes the whole answer empty.
  services_.push_back(serve<srv::GetParameters>(
      base, services, "get_parameters", [&parameters](const auto & request, auto & response) {
        try {
          for (const auto & parameter : parameters.get_parameters(request.names)) {
            response.values.push_back(parameter.get_value_message());
          }
        } catch (const std::exception & error) {
          response.values.clear();
          RCLCPP_DEBUG(get_logger("rclcpp"), "get_parameters: %s", error.what());
        }
      }));
  services_.push_back(serve<srv::GetParameterTypes>(
      base, services, "get_parameter_types", [&parameters](const auto & request, auto & response) {
        try {
          response.types = parameters.get_parameter_types(request.names);
        } catch (const exceptions::ParameterNotDeclaredException & error) {
          RCLCPP_DEBUG(get_logger("rclcpp"), "get_parameter_types: %s", error.what());
        }
      }));
  services_.push_back(serve<srv::DescribeParameters>(
      base, services, "describe_parameters", [&parameters](const auto & request, auto & response) {
        try {
          response.descriptors = parameters.describe_parameters(request.names);
        } catch (const exceptions::ParameterNotDeclaredException & error) {
          RCLCPP_DEBUG(get_logger("rclcpp"), "describe_parameters: %s", error.what());
        }
      }));
  services_.push_back(serve<srv::ListParameters>(
      base, services, "list_parameters", [&parameters](const auto & request, auto & response) {
        response.result = parameters.list_parameters(request.prefixes, request.depth);
      }));
  services_.push_back(serve<srv::SetParameters>(
      base, services, "set_parameters", [&parameters](const auto & request, auto & response) {
        for (const auto & message : request.parameters) {
          response.results.push_back(answer([&]() {
            return parameters.set_parameters_atomically({Parameter::from_parameter_msg(message)});
          }));
        }
      }));
  services_.push_back(serve<srv::SetParametersAtomically>(
      base, services, "set_parameters_atomically", [&parameters](const auto & request, auto & response) {
        response.result =
            answer([&]() { return parameters.set_parameters_atomically(convert(request.parameters)); });
      }));
}

}  // namespace rclcpp::detail
