// SPDX-License-Identifier: Apache-2.0
#ifndef PARAMETER_SERVICES_HPP_
#define PARAMETER_SERVICES_HPP_

#include <vector>

#include "rclcpp/node_interfaces/node_base_interface.hpp"
#include "rclcpp/node_interfaces/node_parameters_interface.hpp"
#include "rclcpp/node_interfaces/node_services_interface.hpp"

namespace rclcpp::detail
{

/// The six services through which others read and set a node's parameters.
class ParameterServices
{
 public:
  ParameterServices(node_interfaces::NodeBaseInterface & base,
                    node_interfaces::NodeServicesInterface & services,
                    node_interfaces::NodeParametersInterface & parameters);

 private:
  std::vector<ServiceBase::SharedPtr> services_;
};

}  // namespace rclcpp::detail

#endif  // PARAMETER_SERVICES_HPP_
