// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "fixture.hpp"
#include "rcl_interfaces/srv/set_parameters_atomically.hpp"

using fixture::Ros;
using rcl_interfaces::msg::ParameterDescriptor;
using rcl_interfaces::msg::ParameterEvent;
using namespace std::chrono_literals;

namespace
{

class Parameters : public Ros
{
 protected:
  static ParameterDescriptor range(double from, double to, double step = 0)
  {
    ParameterDescriptor descriptor;
    descriptor.floating_point_range.resize(1);
    descriptor.floating_point_range[0].from_value = from;
    descriptor.floating_point_range[0].to_value = to;
    descriptor.floating_point_range[0].step = step;
    return descriptor;
  }
  static ParameterDescriptor int_range(int64_t from, int64_t to, uint64_t step = 0)
  {
    ParameterDescriptor descriptor;
    descriptor.integer_range.resize(1);
    descriptor.integer_range[0].from_value = from;
    descriptor.integer_range[0].to_value = to;
    descriptor.integer_range[0].step = step;
    return descriptor;
  }
  static rclcpp::Node::SharedPtr with(const std::vector<std::string> & arguments)
  {
    std::vector<std::string> all{"--ros-args"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return std::make_shared<rclcpp::Node>("n", rclcpp::NodeOptions().arguments(all));
  }
};

template <class Exception, class Function>
std::string message_of(Function function)
{
  try {
    function();
  } catch (const Exception & error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

}  // namespace

TEST_F(Parameters, every_type_is_declared_and_read_back)
{
  EXPECT_EQ(node->declare_parameter("b", true), true);
  EXPECT_EQ(node->declare_parameter("i", 3), 3);
  EXPECT_EQ(node->declare_parameter("d", 0.5), 0.5);
  EXPECT_EQ(node->declare_parameter("s", "text"), "text");
  EXPECT_EQ(node->declare_parameter("bytes", std::vector<uint8_t>{1, 2}), (std::vector<uint8_t>{1, 2}));
  EXPECT_EQ(node->declare_parameter("bools", std::vector<bool>{true}), std::vector<bool>{true});
  EXPECT_EQ(node->declare_parameter("ints", std::vector<int64_t>{4}), std::vector<int64_t>{4});
  EXPECT_EQ(node->declare_parameter("doubles", std::vector<double>{4.5}), std::vector<double>{4.5});
  EXPECT_EQ(node->declare_parameter("strings", std::vector<std::string>{"x"}), std::vector<std::string>{"x"});
  int i = 0;
  EXPECT_TRUE(node->get_parameter("i", i));
  EXPECT_EQ(i, 3);
  EXPECT_FALSE(node->get_parameter("missing", i));
  EXPECT_EQ(node->get_parameter_or("missing", 7), 7);
  EXPECT_EQ(node->get_parameter("s").as_string(), "text");
  EXPECT_THROW(node->get_parameter("s").as_int(), rclcpp::exceptions::InvalidParameterTypeException);
  EXPECT_THROW(node->get_parameter("missing"), rclcpp::exceptions::ParameterNotDeclaredException);
  EXPECT_THROW(node->declare_parameter("i", 1), rclcpp::exceptions::ParameterAlreadyDeclaredException);
  EXPECT_THROW(node->declare_parameter("", 1), rclcpp::exceptions::InvalidParametersException);
  EXPECT_THROW(node->declare_parameter<double>("unset"),
               rclcpp::exceptions::UninitializedStaticallyTypedParameterException);
}

TEST_F(Parameters, initial_value_out_of_range_names_parameter_value_and_range)
{
  const auto text = message_of<rclcpp::exceptions::InvalidParameterValueException>(
      [&] { node->declare_parameter("rate_hz", 25.0, range(0.5, 20.0)); });
  EXPECT_NE(text.find("rate_hz"), std::string::npos) << text;
  EXPECT_NE(text.find("25"), std::string::npos) << text;
  EXPECT_NE(text.find("[0.5, 20]"), std::string::npos) << text;
  EXPECT_FALSE(node->has_parameter("rate_hz"));
  EXPECT_THROW(node->declare_parameter("count", 0, int_range(1, 8)),
               rclcpp::exceptions::InvalidParameterValueException);
  EXPECT_THROW(node->declare_parameter("nan", std::nan(""), range(0.0, 1.0)),
               rclcpp::exceptions::InvalidParameterValueException);
}

TEST_F(Parameters, ranges_with_steps_are_enforced_on_set)
{
  node->declare_parameter("d", 0.0, range(0.0, 1.0, 0.1));
  EXPECT_TRUE(node->set_parameter(rclcpp::Parameter("d", 0.3)).successful);
  EXPECT_FALSE(node->set_parameter(rclcpp::Parameter("d", 0.35)).successful);
  node->declare_parameter("i", 1, int_range(1, 10, 3));
  EXPECT_TRUE(node->set_parameter(rclcpp::Parameter("i", 7)).successful);
  EXPECT_TRUE(node->set_parameter(rclcpp::Parameter("i", 10)).successful);
  const auto refused = node->set_parameter(rclcpp::Parameter("i", 6));
  EXPECT_FALSE(refused.successful);
  EXPECT_NE(refused.reason.find("[1, 10] in steps of 3"), std::string::npos) << refused.reason;
  EXPECT_EQ(node->get_parameter("i").as_int(), 10);
  EXPECT_FALSE(node->set_parameter(rclcpp::Parameter("i", "seven")).successful);
}

TEST_F(Parameters, read_only_and_undeclared_are_refused)
{
  ParameterDescriptor descriptor;
  descriptor.read_only = true;
  node->declare_parameter("fixed", 1, descriptor);
  EXPECT_FALSE(node->set_parameter(rclcpp::Parameter("fixed", 2)).successful);
  EXPECT_THROW(node->undeclare_parameter("fixed"), rclcpp::exceptions::ParameterImmutableException);
  EXPECT_THROW(node->set_parameter(rclcpp::Parameter("missing", 2)),
               rclcpp::exceptions::ParameterNotDeclaredException);
  EXPECT_EQ(node->get_parameter("fixed").as_int(), 1);
}

TEST_F(Parameters, overrides_from_arguments_file_and_options)
{
  const std::string path = ::testing::TempDir() + "rclcpp_params_" + std::to_string(getpid()) + ".yaml";
  std::ofstream(path) << "/**:\n  ros__parameters:\n    a: 1\n    group: {x: 0.5, y: 1.5}\n"
                      << "/n:\n  ros__parameters:\n    names: [one, two]\n"
                      << "/other:\n  ros__parameters:\n    a: 99\n";
  auto n = with({"--params-file", path, "-p", "b:=7", "-p", "flag:=true"});
  EXPECT_EQ(n->declare_parameter("a", 0), 1);
  EXPECT_EQ(n->declare_parameter("b", 0), 7);
  EXPECT_EQ(n->declare_parameter<bool>("flag"), true);
  EXPECT_EQ(n->declare_parameter("names", std::vector<std::string>{}),
            (std::vector<std::string>{"one", "two"}));
  const auto group = n->declare_parameters("group", std::map<std::string, double>{{"x", 0}, {"y", 0}});
  EXPECT_EQ(group, (std::vector<double>{0.5, 1.5}));
  std::map<std::string, double> read;
  EXPECT_TRUE(n->get_parameters("group", read));
  EXPECT_EQ(read.at("y"), 1.5);
  n.reset();
  std::remove(path.c_str());

  auto options =
      rclcpp::NodeOptions().append_parameter_override("b", 8).arguments({"--ros-args", "-p", "b:=7"});
  EXPECT_EQ(rclcpp::Node("n", options).declare_parameter("b", 0), 8);
  EXPECT_EQ(rclcpp::Node("n", options).declare_parameter("b", 0, ParameterDescriptor(), true), 0);
  options.automatically_declare_parameters_from_overrides(true);
  EXPECT_EQ(rclcpp::Node("n", options).get_parameter("b").as_int(), 8);
  EXPECT_THROW(with({"-p", "rate:=1"})->declare_parameter("rate", 2.0),
               rclcpp::exceptions::InvalidParameterTypeException);
  EXPECT_THROW(with({"-p", "rate:=30.0"})->declare_parameter("rate", 2.0, range(0, 20)),
               rclcpp::exceptions::InvalidParameterValueException);
}

TEST_F(Parameters, callbacks_change_check_and_follow)
{
  node->declare_parameter("speed", 1.0);
  std::vector<double> followed;
  const auto pre = node->add_pre_set_parameters_callback([](std::vector<rclcpp::Parameter> & parameters) {
    for (auto & parameter : parameters) {
      if (parameter.as_double() < 0) {
        parameter = rclcpp::Parameter(parameter.get_name(), 0.0);
      }
    }
  });
  const auto check =
      node->add_on_set_parameters_callback([this](const std::vector<rclcpp::Parameter> & parameters) {
        rcl_interfaces::msg::SetParametersResult result;
        result.successful = parameters.front().as_double() < 10;
        result.reason = result.successful ? "" : "too fast";
        EXPECT_THROW(node->set_parameter(rclcpp::Parameter("speed", 2.0)),
                     rclcpp::exceptions::ParameterModifiedInCallbackException);
        return result;
      });
  const auto post =
      node->add_post_set_parameters_callback([&](const std::vector<rclcpp::Parameter> & parameters) {
        followed.push_back(parameters.front().as_double());
      });
  EXPECT_EQ(node->set_parameter(rclcpp::Parameter("speed", 11.0)).reason, "too fast");
  EXPECT_TRUE(node->set_parameter(rclcpp::Parameter("speed", -1.0)).successful);
  EXPECT_EQ(node->get_parameter("speed").as_double(), 0.0);
  EXPECT_EQ(followed, std::vector<double>{0.0});
  node->remove_on_set_parameters_callback(check.get());
  EXPECT_TRUE(node->set_parameter(rclcpp::Parameter("speed", 11.0)).successful);
}

TEST_F(Parameters, atomic_set_is_all_or_nothing)
{
  node->declare_parameter("a", 1);
  node->declare_parameter("b", 1, int_range(0, 5));
  EXPECT_FALSE(node->set_parameters_atomically({{"a", 2}, {"b", 9}}).successful);
  EXPECT_EQ(node->get_parameter("a").as_int(), 1);
  EXPECT_TRUE(node->set_parameters_atomically({{"a", 2}, {"b", 3}}).successful);
  EXPECT_EQ(node->get_parameter("b").as_int(), 3);
}

TEST_F(Parameters, list_and_describe)
{
  node->declare_parameter("top", 1, int_range(0, 5));
  node->declare_parameter("group.inner", 1);
  node->declare_parameter("group.deep.er", 1);
  const auto listed = node->list_parameters({"group"}, 0);
  EXPECT_EQ(listed.names, (std::vector<std::string>{"group.deep.er", "group.inner"}));
  EXPECT_EQ(listed.prefixes, (std::vector<std::string>{"group", "group.deep"}));
  EXPECT_EQ(node->list_parameters({"group"}, 1).names, std::vector<std::string>{"group.inner"});
  EXPECT_EQ(node->describe_parameter("top").integer_range.front().to_value, 5);
  EXPECT_EQ(node->describe_parameter("top").type, rclcpp::PARAMETER_INTEGER);
}

TEST_F(Parameters, services_and_events_reach_other_nodes)
{
  node->declare_parameter("speed", 1.0, range(0, 10));
  auto other = std::make_shared<rclcpp::Node>("other");
  using Set = rcl_interfaces::srv::SetParametersAtomically;
  const auto client = other->create_client<Set>("/space/tester/set_parameters_atomically");
  std::vector<ParameterEvent> events;
  const auto subscription = other->create_subscription<ParameterEvent>(
      "/parameter_events", rclcpp::ParameterEventsQoS(), [&](const ParameterEvent & event) {
        if (event.node == "/space/tester") {
          events.push_back(event);
        }
      });
  ASSERT_TRUE(client->wait_for_service(10s));
  ASSERT_TRUE(spin_until([&] { return subscription->get_publisher_count() == 2; }));
  rclcpp::executors::SingleThreadedExecutor executor;
  executor.add_node(node);
  executor.add_node(other);
  const auto set = [&](const rclcpp::Parameter & parameter) {
    auto request = std::make_shared<Set::Request>();
    request->parameters.push_back(parameter.to_parameter_msg());
    auto future = client->async_send_request(request);
    EXPECT_EQ(executor.spin_until_future_complete(future, 10s), rclcpp::FutureReturnCode::SUCCESS);
    return future.get()->result;
  };
  EXPECT_FALSE(set(rclcpp::Parameter("speed", 99.0)).successful);
  EXPECT_NE(set(rclcpp::Parameter("missing", 1)).reason.find("missing"), std::string::npos);
  EXPECT_TRUE(set(rclcpp::Parameter("speed", 2.0)).successful);
  EXPECT_EQ(node->get_parameter("speed").as_double(), 2.0);
  ASSERT_TRUE(Ros::spin_until(executor, [&] { return !events.empty(); }));
  EXPECT_EQ(events.front().changed_parameters.front().value.double_value, 2.0);
}
