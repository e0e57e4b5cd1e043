// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP_COMPONENTS__REGISTRY_HPP_
#define RCLCPP_COMPONENTS__REGISTRY_HPP_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rclcpp/visibility_control.hpp"
#include "rclcpp_components/node_factory.hpp"

namespace rclcpp_components::detail
{

using MakeFactory = std::function<std::shared_ptr<NodeFactory>()>;

/// Enter a class into the process's table; runs when the library with the class is loaded.
RCLCPP_PUBLIC void register_factory(const std::string & class_name, MakeFactory make);

/// \return null if no loaded library registered the class
RCLCPP_PUBLIC std::shared_ptr<NodeFactory> make_factory(const std::string & class_name);
RCLCPP_PUBLIC std::vector<std::string> registered_classes();

}  // namespace rclcpp_components::detail

#endif  // RCLCPP_COMPONENTS__REGISTRY_HPP_
