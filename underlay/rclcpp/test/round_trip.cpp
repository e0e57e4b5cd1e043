// SPDX-License-Identifier: Apache-2.0
// Round trip of a 144-byte message between two processes: `round_trip echo &`, then `round_trip [count]`.
#include "round_trip.hpp"

#include <cstdlib>

#include "rclcpp/rclcpp.hpp"

namespace
{

int echo()
{
  auto node = std::make_shared<rclcpp::Node>("echo");
  const auto publisher = node->create_publisher<Message>("back", queue_depth);
  const auto subscription = node->create_subscription<Message>(
      "forth", queue_depth, [&](const Message & message) { publisher->publish(message); });
  rclcpp::spin(node);
  return 0;
}

int measure(size_t count)
{
  auto node = std::make_shared<rclcpp::Node>("measure");
  const auto publisher = node->create_publisher<Message>("forth", queue_depth);
  Stopwatch stopwatch(count);
  Message message;
  message.data.resize(payload_bytes);
  const auto send = [&] {
    stopwatch.start();
    publisher->publish(message);
  };
  const auto subscription = node->create_subscription<Message>("back", queue_depth, [&](const Message &) {
    stopwatch.stop();
    if (stopwatch.done()) {
      rclcpp::shutdown();
    } else {
      send();
    }
  });
  while (publisher->get_subscription_count() == 0 || subscription->get_publisher_count() == 0) {
    if (!rclcpp::sleep_for(std::chrono::milliseconds(5))) {
      return 1;
    }
  }
  send();
  rclcpp::spin(node);
  if (!stopwatch.done()) {
    return 1;
  }
  stopwatch.print();
  return 0;
}

}  // namespace

int main(int argc, char ** argv)
{
  const auto arguments = rclcpp::init_and_remove_ros_arguments(argc, argv);
  int code = 0;
  if (arguments.size() > 1 && arguments[1] == "echo") {
    code = echo();
  } else {
    code = measure(arguments.size() > 1 ? std::strtoul(arguments[1].c_str(), nullptr, 10) : default_count);
  }
  rclcpp::shutdown();
  return code;
}
