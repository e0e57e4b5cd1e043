// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <string>
#include <vector>

#include "fixture.hpp"
#include "rcl_interfaces/msg/log.hpp"
#include "rosgraph_msgs/msg/clock.hpp"

using fixture::Ros;
using rclcpp::Duration;
using rclcpp::Time;
using namespace std::chrono_literals;

namespace
{

std::vector<std::string> * log_lines = nullptr;

void keep_line(const rcutils_log_location_t *, int, const char *, rcutils_time_point_value_t,
               const char * format, va_list * arguments)
{
  char buffer[256];
  std::vsnprintf(buffer, sizeof(buffer), format, *arguments);
  log_lines->emplace_back(buffer);
}

/// Catches what is logged while it lives.
struct Catch
{
  std::vector<std::string> lines;
  rcutils_logging_output_handler_t before = rcutils_logging_get_output_handler();
  Catch()
  {
    log_lines = &lines;
    rcutils_logging_set_output_handler(keep_line);
  }
  ~Catch() { rcutils_logging_set_output_handler(before); }
};

/// A clock that stands until it is told otherwise.
struct HandClock
{
  int64_t nanoseconds = 0;
  Time now() const { return Time(nanoseconds); }
};

bool never()
{
  return false;
}

}  // namespace

TEST(Time, arithmetic_follows_the_kind_of_clock)
{
  const Time start(1, 500000000u, RCL_ROS_TIME);
  EXPECT_EQ((start + Duration(1, 0)).nanoseconds(), 2500000000);
  EXPECT_EQ((start + 1ms - start).nanoseconds(), 1000000);
  EXPECT_LT(start, start + Duration::from_seconds(0.1));
  EXPECT_THROW((void)(start < Time(int64_t{0}, RCL_STEADY_TIME)), std::runtime_error);
  EXPECT_THROW((void)(start + Duration::from_nanoseconds(INT64_MAX)), std::overflow_error);
  EXPECT_THROW(Time(-1, 0), std::runtime_error);
  const builtin_interfaces::msg::Time message = start;
  EXPECT_EQ(message.sec, 1);
  EXPECT_EQ(message.nanosec, 500000000u);
  EXPECT_EQ(Time(message), start);
}

TEST(Duration, converts_and_scales)
{
  EXPECT_EQ(Duration(250ms).seconds(), 0.25);
  EXPECT_EQ((Duration(1, 0) * 0.5).nanoseconds(), 500000000);
  EXPECT_THROW(Duration(1, 0) * std::nan(""), std::runtime_error);
  EXPECT_EQ(Duration::from_seconds(-0.5).nanoseconds(), -500000000);
  const builtin_interfaces::msg::Duration message = Duration::from_seconds(-0.5);
  EXPECT_EQ(message.sec, -1);
  EXPECT_EQ(message.nanosec, 500000000u);
  EXPECT_THROW(Duration::from_seconds(-1).to_rmw_time(), std::runtime_error);
  EXPECT_EQ(Duration::from_rmw_time(Duration(3, 4).to_rmw_time()), Duration(3, 4));
  EXPECT_EQ(Duration(1500us).to_chrono<std::chrono::milliseconds>(), 1ms);
}

TEST_F(Ros, throttled_messages_pass_once_per_period)
{
  const auto logger = rclcpp::get_logger("throttle");
  HandClock clock;
  const Catch caught;
  for (const int64_t ms : {0, 50, 99, 100, 150, 210}) {
    clock.nanoseconds = ms * 1000000;
    RCLCPP_WARN_THROTTLE(logger, clock, 100, "at %d", static_cast<int>(ms));
    RCLCPP_INFO_STREAM_THROTTLE(logger, clock, 100, "stream " << ms);
  }
  EXPECT_EQ(caught.lines,
            (std::vector<std::string>{"at 0", "stream 0", "at 100", "stream 100", "at 210", "stream 210"}));
}

TEST_F(Ros, conditional_messages)
{
  const auto logger = rclcpp::get_logger("conditional");
  const Catch caught;
  int evaluated = 0;
  for (int i = 0; i < 3; ++i) {
    RCLCPP_INFO_ONCE(logger, "once %d", i);
    RCLCPP_INFO_SKIPFIRST(logger, "skip %d", i);
    RCLCPP_INFO_EXPRESSION(logger, i == 1, "expression %d", i);
    RCLCPP_INFO_FUNCTION(logger, &never, "never");
    RCLCPP_DEBUG(logger, "silent %d", ++evaluated);
    RCLCPP_DEBUG_STREAM(logger, "silent " << ++evaluated);
  }
  EXPECT_EQ(evaluated, 0) << "arguments of a silent message were evaluated";
  EXPECT_EQ(caught.lines, (std::vector<std::string>{"once 0", "skip 1", "expression 1", "skip 2"}));
  rclcpp::get_logger("conditional").set_level(rclcpp::Logger::Level::Debug);
  RCLCPP_DEBUG(logger, "loud");
  EXPECT_EQ(caught.lines.back(), "loud");
}

TEST_F(Ros, rosout_carries_messages_of_nodes_and_children)
{
  std::vector<std::string> heard;
  const auto subscription = node->create_subscription<rcl_interfaces::msg::Log>(
      "/rosout", rclcpp::RosoutQoS(),
      [&](const rcl_interfaces::msg::Log & line) { heard.push_back(line.name + ": " + line.msg); });
  RCLCPP_INFO(node->get_logger(), "hello");
  const auto child = node->get_logger().get_child("part");
  RCLCPP_INFO(child, "inner");
  const auto contains = [&](const std::string & line) {
    return std::find(heard.begin(), heard.end(), line) != heard.end();
  };
  EXPECT_TRUE(
      spin_until([&] { return contains("space.tester: hello") && contains("space.tester.part: inner"); }));
}

TEST_F(Ros, simulated_time_follows_the_clock_topic)
{
  auto simulated = std::make_shared<rclcpp::Node>(
      "simulated", rclcpp::NodeOptions().append_parameter_override("use_sim_time", true));
  EXPECT_EQ(simulated->now().nanoseconds(), 0);
  EXPECT_TRUE(simulated->get_clock()->ros_time_is_active());
  const auto publisher = node->create_publisher<rosgraph_msgs::msg::Clock>("/clock", rclcpp::ClockQoS());
  rosgraph_msgs::msg::Clock message;
  message.clock.sec = 42;
  ASSERT_TRUE(spin_until([&] {
    publisher->publish(message);
    return simulated->now() == Time(42, 0u, RCL_ROS_TIME);
  }));
  int calls = 0;
  const auto timer = simulated->create_timer(1s, [&] { ++calls; });
  rclcpp::executors::SingleThreadedExecutor executor;
  executor.add_node(simulated);
  executor.spin_once(50ms);
  EXPECT_EQ(calls, 0);
  message.clock.sec = 44;
  EXPECT_TRUE(Ros::spin_until(executor, [&] {
    publisher->publish(message);
    return calls > 0;
  }));
  EXPECT_TRUE(simulated->set_parameter(rclcpp::Parameter("use_sim_time", false)).successful);
  EXPECT_GT(simulated->now().seconds(), 1e9);
}

TEST_F(Ros, rate_keeps_its_grid)
{
  rclcpp::WallRate rate(200.0);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 4; ++i) {
    rate.sleep();
  }
  EXPECT_GE(std::chrono::steady_clock::now() - start, 19ms);
  EXPECT_THROW(rclcpp::Rate(0.0), std::invalid_argument);
  EXPECT_THROW(rclcpp::Rate(Duration(-1, 0)), std::invalid_argument);
}
