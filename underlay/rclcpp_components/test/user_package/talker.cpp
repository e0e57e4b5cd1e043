// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <memory>
#include <utility>

#include "rclcpp/rclcpp.hpp"
#include "rclcpp_components/register_node_macro.hpp"
#include "std_msgs/msg/string.hpp"

namespace user
{

class Talker : public rclcpp::Node
{
 public:
  explicit Talker(const rclcpp::NodeOptions & options) : Node("talker", options)
  {
    rcl_interfaces::msg::ParameterDescriptor descriptor;
    descriptor.integer_range.resize(1);
    descriptor.integer_range[0].from_value = 1;
    descriptor.integer_range[0].to_value = 9;
    const auto number = declare_parameter("number", 1, descriptor);
    publisher_ = create_publisher<std_msgs::msg::String>("chatter", rclcpp::QoS(1).transient_local());
    timer_ = create_wall_timer(std::chrono::milliseconds(20), [this, number] {
      std_msgs::msg::String message;
      message.data = std::string(get_name()) + " " + std::to_string(number);
      publisher_->publish(message);
    });
  }

 private:
  rclcpp::Publisher<std_msgs::msg::String>::SharedPtr publisher_;
  rclcpp::TimerBase::SharedPtr timer_;
};

// Says in which way messages came.
class Listener : public rclcpp::Node
{
 public:
  explicit Listener(const rclcpp::NodeOptions & options) : Node("listener", options)
  {
    const auto qos = rclcpp::QoS(1).transient_local();
    publisher_ = create_publisher<std_msgs::msg::String>("way", qos);
    subscription_ = create_subscription<std_msgs::msg::String>(
        "chatter", qos,
        [this](std::unique_ptr<std_msgs::msg::String> message, const rclcpp::MessageInfo & info) {
          message->data = info.get_rmw_message_info().from_intra_process ? "process" : "middleware";
          publisher_->publish(std::move(message));
        });
  }

 private:
  rclcpp::Publisher<std_msgs::msg::String>::SharedPtr publisher_;
  rclcpp::Subscription<std_msgs::msg::String>::SharedPtr subscription_;
};

class Silent : public rclcpp::Node
{
 public:
  explicit Silent(const rclcpp::NodeOptions & options) : Node("silent", options) {}
};

}  // namespace user

RCLCPP_COMPONENTS_REGISTER_NODE(user::Talker)
RCLCPP_COMPONENTS_REGISTER_NODE(user::Listener)
RCLCPP_COMPONENTS_REGISTER_NODE(user::Silent)
