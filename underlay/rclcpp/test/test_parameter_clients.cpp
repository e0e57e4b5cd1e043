// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "fixture.hpp"

using fixture::Ros;
using namespace std::chrono_literals;

namespace
{

using Parameters = std::vector<rclcpp::Parameter>;
using Names = std::vector<std::string>;

/// The tester's parameters, asked for by a second node; the tester spins in a thread.
class ParameterClients : public Ros
{
 protected:
  void SetUp() override
  {
    Ros::SetUp();
    rcl_interfaces::msg::ParameterDescriptor descriptor;
    descriptor.description = "in m/s";
    descriptor.floating_point_range.resize(1);
    descriptor.floating_point_range[0].to_value = 10.0;
    node->declare_parameter("speed", 1.0, descriptor);
    node->declare_parameter("name", "car");
    rcl_interfaces::msg::ParameterDescriptor dynamic;
    dynamic.dynamic_typing = true;
    node->declare_parameter("optional", rclcpp::ParameterValue(1), dynamic);
    other = std::make_shared<rclcpp::Node>("other", "/space");
    executor = std::make_unique<rclcpp::executors::SingleThreadedExecutor>();
    executor->add_node(node);
    spinner = std::thread([this] { executor->spin(); });
    while (!executor->is_spinning()) {  // cancel() ends a spin that runs, not one that is still to begin
      std::this_thread::yield();
    }
  }
  void TearDown() override
  {
    executor->cancel();
    spinner.join();
    executor.reset();
    other.reset();
    Ros::TearDown();
  }

  rclcpp::Node::SharedPtr other;
  std::unique_ptr<rclcpp::Executor> executor;
  std::thread spinner;
};

}  // namespace

TEST_F(ParameterClients, waiting_client_reads_and_changes)
{
  rclcpp::SyncParametersClient client(other, "tester");
  ASSERT_TRUE(client.wait_for_service(10s));
  EXPECT_TRUE(client.service_is_ready());
  EXPECT_TRUE(client.has_parameter("speed"));
  EXPECT_FALSE(client.has_parameter("missing"));
  EXPECT_EQ(client.get_parameter<double>("speed"), 1.0);
  EXPECT_EQ(client.get_parameter<std::string>("name", "nobody"), "car");
  EXPECT_EQ(client.get_parameter<int>("missing", 7), 7);
  EXPECT_THROW(client.get_parameter<int>("missing"), std::runtime_error);
  EXPECT_EQ(client.get_parameters({"speed", "name"}), (Parameters{{"speed", 1.0}, {"name", "car"}}));
  EXPECT_EQ(client.get_parameter_types({"name", "speed"}),
            (std::vector<rclcpp::ParameterType>{rclcpp::PARAMETER_STRING, rclcpp::PARAMETER_DOUBLE}));
  EXPECT_EQ(client.describe_parameters({"speed"}).at(0).description, "in m/s");
  const auto listed = client.list_parameters({}, 1).names;
  EXPECT_NE(std::find(listed.begin(), listed.end(), "speed"), listed.end());

  const auto results = client.set_parameters({{"speed", 2.0}, {"speed", 11.0}, {"missing", 1}});
  ASSERT_EQ(results.size(), 3u);
  EXPECT_TRUE(results[0].successful);
  EXPECT_FALSE(results[1].successful);
  EXPECT_FALSE(results[2].successful);
  EXPECT_FALSE(client.set_parameters_atomically({{"name", "bus"}, {"speed", 11.0}}).successful);
  EXPECT_EQ(client.get_parameters({"speed", "name"}), (Parameters{{"speed", 2.0}, {"name", "car"}}));
  EXPECT_TRUE(client.delete_parameters({"optional"}).at(0).successful);
  EXPECT_FALSE(client.has_parameter("optional"));
}

TEST_F(ParameterClients, waiting_client_loads_files)
{
  rclcpp::SyncParametersClient client(other, "/space/tester");
  ASSERT_TRUE(client.wait_for_service(10s));
  const std::string path = "/tmp/rclcpp_parameters_" + std::to_string(getpid()) + ".yaml";
  std::ofstream(path) << "/**: {ros__parameters: {speed: 3.5}}\n/else: {ros__parameters: {name: x}}\n";
  EXPECT_TRUE(client.load_parameters(path).at(0).successful);
  EXPECT_EQ(client.get_parameters({"speed", "name"}), (Parameters{{"speed", 3.5}, {"name", "car"}}));
  std::ofstream(path) << "/else: {ros__parameters: {name: x}}\n";
  EXPECT_THROW(client.load_parameters(path), rclcpp::exceptions::InvalidParametersException);
  std::remove(path.c_str());
}

TEST_F(ParameterClients, client_of_an_absent_node_does_not_wait_for_ever)
{
  rclcpp::SyncParametersClient client(other, "absent");
  EXPECT_FALSE(client.wait_for_service(20ms));
  EXPECT_TRUE(client.get_parameters({"speed"}, 20ms).empty());
  EXPECT_THROW(client.list_parameters({}, 1, 20ms), std::runtime_error);
  EXPECT_THROW(client.set_parameters_atomically({{"speed", 1.0}}, 20ms), std::runtime_error);
}

TEST_F(ParameterClients, asynchronous_client_calls_back)
{
  const auto client = std::make_shared<rclcpp::AsyncParametersClient>(other, "tester");
  ASSERT_TRUE(client->wait_for_service(10s));
  double heard = 0;
  const auto set = client->set_parameters({{"speed", 4.0}}, [&](auto results) {
    EXPECT_TRUE(results.get().at(0).successful);
    client->get_parameters(
        {"speed"}, [&](std::shared_future<Parameters> answer) { heard = answer.get().at(0).as_double(); });
  });
  rclcpp::executors::SingleThreadedExecutor of_other;
  of_other.add_node(other);
  ASSERT_TRUE(Ros::spin_until(of_other, [&] { return heard != 0; }));
  EXPECT_EQ(heard, 4.0);
  EXPECT_TRUE(set.get().at(0).successful);
}

TEST_F(ParameterClients, event_handler_tells_of_this_and_other_nodes)
{
  other->declare_parameter("own", 1);
  rclcpp::ParameterEventHandler handler(other);
  std::vector<double> speeds;
  std::vector<int64_t> own;
  std::vector<std::string> order;
  std::vector<std::string> nodes;
  auto of_tester = handler.add_parameter_callback(
      "speed", [&](const rclcpp::Parameter & parameter) { speeds.push_back(parameter.as_double()); },
      "tester");
  const auto of_own = handler.add_parameter_callback("own", [&](const rclcpp::Parameter & parameter) {
    own.push_back(parameter.as_int());
    order.push_back("first");
  });
  const auto again =
      handler.add_parameter_callback("own", [&](const rclcpp::Parameter &) { order.push_back("second"); });
  const auto all =
      handler.add_parameter_event_callback([&](const rclcpp::ParameterEventHandler::Event & event) {
        nodes.push_back(event.node);
        for (const auto & parameter : rclcpp::ParameterEventHandler::get_parameters_from_event(event)) {
          EXPECT_EQ(rclcpp::ParameterEventHandler::get_parameter_from_event(event, parameter.get_name(),
                                                                            event.node),
                    parameter);
        }
        EXPECT_THROW(rclcpp::ParameterEventHandler::get_parameter_from_event(event, "speed", "/space/nobody"),
                     std::runtime_error);
      });
  rclcpp::executors::SingleThreadedExecutor of_other;
  of_other.add_node(other);
  ASSERT_TRUE(Ros::spin_until(of_other, [&] { return other->count_publishers("/parameter_events") == 2; }));
  double value = 1.0;
  ASSERT_TRUE(Ros::spin_until(of_other, [&] {
    // Until the subscription is matched, events are lost.
    node->set_parameter({"speed", value = value == 5.0 ? 6.0 : 5.0});
    other->set_parameter({"own", 2});
    return !speeds.empty() && !own.empty();
  }));
  EXPECT_EQ(own.front(), 2);
  ASSERT_GE(order.size(), 2u);
  EXPECT_EQ(order[0], "second") << "the newest is called first";
  EXPECT_NE(std::find(nodes.begin(), nodes.end(), "/space/other"), nodes.end());
  ASSERT_TRUE(Ros::spin_until(
      of_other, [&] { return std::find(nodes.begin(), nodes.end(), "/space/tester") != nodes.end(); }));

  handler.remove_parameter_callback(of_tester);
  EXPECT_THROW(handler.remove_parameter_callback(of_tester), std::runtime_error);
  speeds.clear();
  nodes.clear();
  node->set_parameter({"speed", 7.0});
  ASSERT_TRUE(Ros::spin_until(of_other, [&] { return !nodes.empty(); }));
  EXPECT_TRUE(speeds.empty());
}
