// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP_COMPONENTS__REGISTER_NODE_MACRO_HPP_
#define RCLCPP_COMPONENTS__REGISTER_NODE_MACRO_HPP_

#include <memory>

#include "rclcpp/macros.hpp"
#include "rclcpp_components/node_factory_template.hpp"
#include "rclcpp_components/registry.hpp"

/// Register a component class, written with its namespace. Use it once per class, in a source file of the
/// library, outside of any namespace.
#define RCLCPP_COMPONENTS_REGISTER_NODE(NodeClass) \
  RCLCPP_COMPONENTS_REGISTER_NODE_(NodeClass, RCLCPP_STRING_JOIN(rclcpp_components_registrar_, __COUNTER__))

#define RCLCPP_COMPONENTS_REGISTER_NODE_(NodeClass, registrar)                                        \
  namespace                                                                                           \
  {                                                                                                   \
  [[maybe_unused]] const bool registrar =                                                             \
      (::rclcpp_components::detail::register_factory(                                                 \
           #NodeClass,                                                                                \
           []() { return std::make_shared<::rclcpp_components::NodeFactoryTemplate<NodeClass>>(); }), \
       true);                                                                                         \
  }

#endif  // RCLCPP_COMPONENTS__REGISTER_NODE_MACRO_HPP_
