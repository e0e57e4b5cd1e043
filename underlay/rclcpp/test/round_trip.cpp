// SPDX-License-Identifier: Apache-2.0
// Round trip of a 144-byte message between two processes: `round_trip echo &`, then `round_trip [count]`.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "rclcpp/rclcpp.hpp"
#include "std_msgs/msg/u_int8_multi_array.hpp"

using Message = std_msgs::msg::UInt8MultiArray;

namespace
{

constexpr size_t payload_bytes = 132;  // 144 on the wire with the layout's 12

int echo()
{
  auto node = std::make_shared<rclcpp::Node>("echo");
  const auto publisher = node->create_publisher<Message>("back", 4);
  const auto subscription = node->create_subscription<Message>(
      "forth", 4, [&](const Message & message) { publisher->publish(message); });
  rclcpp::spin(node);
  return 0;
}

int measure(size_t count)
{
  using Clock = std::chrono::steady_clock;
  auto node = std::make_shared<rclcpp::Node>("measure");
  const auto publisher = node->create_publisher<Message>("forth", 4);
  std::vector<double> times_us;
  Clock::time_point sent;
  Message message;
  message.data.resize(payload_bytes);
  const auto send = [&] {
    sent = Clock::now();
    publisher->publish(message);
  };
  const auto subscription = node->create_subscription<Message>("back", 4, [&](const Message &) {
    times_us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - sent).count());
    if (times_us.size() == count) {
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
  if (times_us.size() < count) {
    return 1;
  }
  times_us.erase(times_us.begin(), times_us.begin() + static_cast<std::ptrdiff_t>(count / 10));
  std::sort(times_us.begin(), times_us.end());
  const auto at = [&](double part) {
    return times_us[static_cast<size_t>(part * static_cast<double>(times_us.size() - 1))];
  };
  std::printf("round trips %zu, median %.1f us, p99 %.1f us\n", times_us.size(), at(0.5), at(0.99));
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
    code = measure(arguments.size() > 1 ? std::strtoul(arguments[1].c_str(), nullptr, 10) : 10000);
  }
  rclcpp::shutdown();
  return code;
}
