// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__PARAMETER_DECLARATION_HPP_
#define CARLA_GATEWAY__PARAMETER_DECLARATION_HPP_

#include <rcl_interfaces/msg/parameter_descriptor.hpp>
#include <rclcpp/rclcpp.hpp>
#include <stdexcept>
#include <string>
#include <vector>

/// Read-only parameters, declared with what they mean and what is allowed.
namespace carla_gateway
{

rcl_interfaces::msg::ParameterDescriptor described(const std::string & description,
                                                   const std::string & allowed);

/// Declares a parameter; what ROS says about a bad value gets the value and the allowed ones added.
/// @throws std::invalid_argument naming the parameter, its value and what is allowed.
template <typename T>
T declare(rclcpp::Node & node, const std::string & name, const T & fallback,
          const rcl_interfaces::msg::ParameterDescriptor & descriptor)
{
  try {
    return node.declare_parameter<T>(name, fallback, descriptor);
  } catch (const std::runtime_error &) {
    const auto & overrides = node.get_node_parameters_interface()->get_parameter_overrides();
    const auto found = overrides.find(name);
    const std::string value = found == overrides.end() ? "not set" : rclcpp::to_string(found->second);
    throw std::invalid_argument("parameter '" + name + "' is " + value + ", " +
                                descriptor.additional_constraints + " is allowed");
  }
}

double declare_number(rclcpp::Node & node, const std::string & name, double fallback, double least,
                      double most, const std::string & description);

std::size_t declare_count(rclcpp::Node & node, const std::string & name, std::size_t fallback,
                          std::size_t least, std::size_t most, const std::string & description);

/// Declares a parameter that is one of some words, and returns which.
std::size_t declare_choice(rclcpp::Node & node, const std::string & name,
                           const std::vector<std::string> & words, const std::string & description);

/// Declares `simulator`, the name of a lock-step group, and `topic_prefix`.
std::string declare_simulator(rclcpp::Node & node);
std::string declare_topic_prefix(rclcpp::Node & node);

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__PARAMETER_DECLARATION_HPP_
