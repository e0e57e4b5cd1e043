// SPDX-License-Identifier: Apache-2.0
// Echoes strings from "ping" to "pong", answers "flip", has a parameter "gain".
#include "rclcpp/rclcpp.hpp"
#include "std_msgs/msg/string.hpp"
#include "std_srvs/srv/set_bool.hpp"

int main(int argc, char ** argv)
{
  rclcpp::init(argc, argv);
  auto node = std::make_shared<rclcpp::Node>("peer");
  rcl_interfaces::msg::ParameterDescriptor descriptor;
  descriptor.floating_point_range.resize(1);
  descriptor.floating_point_range[0].to_value = 10.0;
  node->declare_parameter("gain", 1.0, descriptor);
  const auto publisher = node->create_publisher<std_msgs::msg::String>("pong", 10);
  const auto subscription = node->create_subscription<std_msgs::msg::String>(
      "ping", 10, [&](std_msgs::msg::String::UniquePtr message) { publisher->publish(std::move(message)); });
  const auto service = node->create_service<std_srvs::srv::SetBool>(
      "flip",
      [](const std_srvs::srv::SetBool::Request::SharedPtr request,
         std_srvs::srv::SetBool::Response::SharedPtr response) { response->success = !request->data; });
  rclcpp::spin(node);
  rclcpp::shutdown();
  return 0;
}
