// SPDX-License-Identifier: Apache-2.0
#ifndef FIXTURE_HPP_
#define FIXTURE_HPP_

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "rclcpp/rclcpp.hpp"

namespace fixture
{

using namespace std::chrono_literals;

/// ROS in a domain of its own, initialized before each test and shut down after it.
class Ros : public ::testing::Test
{
 protected:
  void SetUp() override
  {
    setenv("ROS_DOMAIN_ID", std::to_string(100 + getpid() % 61).c_str(), 1);
    setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST", 1);
    rclcpp::init(0, nullptr);
    node = std::make_shared<rclcpp::Node>("tester", "/space");
  }
  void TearDown() override
  {
    node.reset();
    rclcpp::shutdown();
  }

  /// Spin until the condition holds; false after 10 s.
  static bool spin_until(rclcpp::Executor & executor, const std::function<bool()> & condition)
  {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) {
        return false;
      }
      executor.spin_once(20ms);
    }
    return true;
  }
  bool spin_until(const std::function<bool()> & condition)
  {
    rclcpp::executors::SingleThreadedExecutor executor;
    executor.add_node(node);
    const bool held = spin_until(executor, condition);
    executor.remove_node(node);
    return held;
  }

  rclcpp::Node::SharedPtr node;
};

}  // namespace fixture

#endif  // FIXTURE_HPP_
