// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "diagnostic_updater/diagnostic_updater.hpp"
#include "diagnostic_updater/publisher.hpp"

using diagnostic_msgs::msg::DiagnosticArray;
using diagnostic_msgs::msg::DiagnosticStatus;
using diagnostic_updater::DiagnosticStatusWrapper;
using namespace std::chrono_literals;

namespace
{

class Diagnostics : public ::testing::Test
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

  std::shared_ptr<rclcpp::Node> node;
};

std::map<std::string, std::string> values_of(const DiagnosticStatus & status)
{
  std::map<std::string, std::string> values;
  for (const auto & entry : status.values) {
    values[entry.key] = entry.value;
  }
  return values;
}

}  // namespace

TEST(DiagnosticStatusWrapper, writes_and_merges)
{
  DiagnosticStatusWrapper status;
  status.summary(DiagnosticStatus::OK, "fine");
  status.mergeSummary(DiagnosticStatus::OK, "still fine");
  EXPECT_EQ(status.message, "fine; still fine");
  status.mergeSummaryf(DiagnosticStatus::WARN, "%d late", 3);
  EXPECT_EQ(status.message, "3 late");
  status.mergeSummary(DiagnosticStatus::ERROR, "lost");
  EXPECT_EQ(status.message, "3 late; lost");
  EXPECT_EQ(status.level, DiagnosticStatus::ERROR);
  status.mergeSummary(DiagnosticStatus::OK, "not of interest");
  EXPECT_EQ(status.message, "3 late; lost");
  status.add("flag", true);
  status.add("text", std::string("two words"));
  status.add("number", 1.5);
  status.addf("formatted", "%s", std::string(5000, 'x').c_str());
  const auto values = values_of(status);
  EXPECT_EQ(values.at("flag"), "True");
  EXPECT_EQ(values.at("text"), "two words");
  EXPECT_EQ(values.at("number"), "1.5");
  EXPECT_EQ(values.at("formatted").size(), 5000u);
}

TEST_F(Diagnostics, frequency_is_judged_against_its_bounds)
{
  double lowest = 1e-9;
  double highest = 1e9;
  diagnostic_updater::FrequencyStatus frequency({&lowest, &highest});
  DiagnosticStatusWrapper status;
  frequency.run(status);
  EXPECT_EQ(status.level, DiagnosticStatus::ERROR);
  frequency.tick();
  frequency.run(status);
  EXPECT_EQ(status.level, DiagnosticStatus::OK) << status.message;
  highest = 1e-9;
  frequency.run(status);
  EXPECT_EQ(status.message, "Frequency too high.");
  lowest = highest = 1e9;
  frequency.run(status);
  EXPECT_EQ(status.message, "Frequency too low.");
}

TEST_F(Diagnostics, stamps_are_judged_by_their_age)
{
  const auto clock = node->get_clock();
  diagnostic_updater::TimeStampStatus stamps(diagnostic_updater::TimeStampStatusParam(-1, 5), clock);
  const auto level_of = [&](double age) {
    stamps.tick(clock->now().seconds() - age);
    DiagnosticStatusWrapper status;
    stamps.run(status);
    return status.level;
  };
  EXPECT_EQ(level_of(1), DiagnosticStatus::OK);
  EXPECT_EQ(level_of(60), DiagnosticStatus::ERROR);
  EXPECT_EQ(level_of(-60), DiagnosticStatus::ERROR);
  DiagnosticStatusWrapper status;
  stamps.run(status);
  EXPECT_EQ(status.level, DiagnosticStatus::WARN);
  stamps.tick(0.0);
  stamps.run(status);
  EXPECT_EQ(status.message, "Zero timestamp seen.");
}

TEST_F(Diagnostics, updater_reports_all_tasks_and_survives_a_broken_one)
{
  diagnostic_updater::Updater updater(node.get(), 0.02);
  EXPECT_EQ(node->get_parameter("diagnostic_updater.period").as_double(), 0.02);
  updater.setHardwareIDf("unit %d", 7);
  diagnostic_updater::Heartbeat heartbeat;
  diagnostic_updater::FunctionDiagnosticTask warning("warning", [](DiagnosticStatusWrapper & status) {
    status.summary(DiagnosticStatus::WARN, "hot");
    status.add("temperature", 90);
  });
  diagnostic_updater::CompositeDiagnosticTask both("both");
  both.addTask(&heartbeat);
  both.addTask(&warning);
  updater.add(heartbeat);
  updater.add(both);
  updater.add("broken", [](DiagnosticStatusWrapper &) { throw std::runtime_error("no sensor"); });
  std::map<std::string, DiagnosticStatus> last;
  const auto subscription =
      node->create_subscription<DiagnosticArray>("/diagnostics", 10, [&](const DiagnosticArray & array) {
        for (const auto & status : array.status) {
          if (status.message != "Node starting up") {
            last[status.name] = status;
          }
        }
      });
  rclcpp::executors::SingleThreadedExecutor executor;
  executor.add_node(node);
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (last.size() < 3 && std::chrono::steady_clock::now() < deadline) {
    executor.spin_once(20ms);
  }
  ASSERT_EQ(last.size(), 3u);
  EXPECT_EQ(last["tester: Heartbeat"].level, DiagnosticStatus::OK);
  EXPECT_EQ(last["tester: Heartbeat"].hardware_id, "unit 7");
  EXPECT_EQ(last["tester: both"].level, DiagnosticStatus::WARN);
  EXPECT_EQ(last["tester: both"].message, "hot");
  EXPECT_EQ(values_of(last["tester: both"]).at("temperature"), "90");
  EXPECT_EQ(last["tester: broken"].level, DiagnosticStatus::ERROR);
  EXPECT_NE(last["tester: broken"].message.find("no sensor"), std::string::npos);
  EXPECT_TRUE(updater.removeByName("broken"));
  EXPECT_FALSE(updater.removeByName("broken"));
  EXPECT_THROW(updater.setPeriod(-1.0), std::invalid_argument);
}

TEST_F(Diagnostics, publishers_are_watched)
{
  diagnostic_updater::Updater updater(node);
  double low = 1e-9;
  double high = 1e9;
  diagnostic_updater::DiagnosedPublisher<DiagnosticArray> watched(
      node->create_publisher<DiagnosticArray>("stamped", 1), updater, {&low, &high},
      diagnostic_updater::TimeStampStatusParam());
  EXPECT_EQ(watched.getName(), "/space/stamped topic status");
  const auto judged = [&] {
    DiagnosticStatusWrapper status;
    watched.run(status);
    return status;
  };
  EXPECT_EQ(judged().level, DiagnosticStatus::ERROR) << "nothing was published";
  auto message = std::make_unique<DiagnosticArray>();
  message->header.stamp = node->now();
  watched.publish(std::move(message));
  EXPECT_EQ(judged().level, DiagnosticStatus::OK);
  watched.publish(DiagnosticArray());
  EXPECT_NE(judged().message.find("Zero timestamp seen."), std::string::npos);
  EXPECT_THROW(watched.tick(), std::logic_error);
  EXPECT_TRUE(updater.removeByName("/space/stamped topic status"));
}

TEST_F(Diagnostics, period_is_a_parameter)
{
  auto other = std::make_shared<rclcpp::Node>(
      "other", rclcpp::NodeOptions().append_parameter_override("diagnostic_updater.period", 0.5));
  EXPECT_EQ(diagnostic_updater::Updater(other).getPeriod(), rclcpp::Duration(500ms));
  auto wrong = std::make_shared<rclcpp::Node>(
      "wrong", rclcpp::NodeOptions().append_parameter_override("diagnostic_updater.period", 0.0));
  EXPECT_THROW(diagnostic_updater::Updater(wrong, 1.0), rclcpp::exceptions::InvalidParameterValueException);
}
