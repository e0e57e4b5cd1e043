// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "fixture.hpp"
#include "std_msgs/msg/float64.hpp"
#include "std_msgs/msg/string.hpp"
#include "std_srvs/srv/set_bool.hpp"

using fixture::Ros;
using std_msgs::msg::Float64;
using std_msgs::msg::String;
using SetBool = std_srvs::srv::SetBool;
using namespace std::chrono_literals;
using std::placeholders::_1;
using std::placeholders::_2;

namespace
{

class Topics : public Ros
{
 public:
  void by_method(const String::ConstSharedPtr & message) { heard.push_back("method " + message->data); }
  void by_method_with_info(String::UniquePtr message, const rclcpp::MessageInfo & info)
  {
    EXPECT_GT(info.get_rmw_message_info().source_timestamp, 0);
    heard.push_back("info " + message->data);
  }
  std::vector<std::string> heard;
};

}  // namespace

TEST_F(Topics, every_form_of_callback_hears_the_message)
{
  const auto publisher = node->create_publisher<String>("topic", 10);
  const rclcpp::QoS qos(10);
  using Info = rclcpp::MessageInfo;
  const auto note = [this](const std::string & form, const std::string & data) {
    heard.push_back(form + " " + data);
  };
  std::vector<rclcpp::SubscriptionBase::SharedPtr> subscriptions;
  const auto add = [&](auto callback) {
    subscriptions.push_back(node->create_subscription<String>("topic", qos, std::move(callback)));
  };
  add([&](const String & m) { note("ref", m.data); });
  add([&](const String & m, const Info &) { note("ref+info", m.data); });
  add([&](String::UniquePtr m) { note("unique", m->data); });
  add([&](String::UniquePtr m, const Info &) { note("unique+info", m->data); });
  add([&](String::SharedPtr m) { note("shared", m->data); });
  add([&](String::SharedPtr m, const Info &) { note("shared+info", m->data); });
  add([&](String::ConstSharedPtr m) { note("const shared", m->data); });
  add([&](const String::ConstSharedPtr & m, const Info &) { note("const shared+info", m->data); });
  add(std::bind(&Topics::by_method, this, _1));
  add(std::bind(&Topics::by_method_with_info, this, _1, _2));
  ASSERT_TRUE(spin_until([&] { return publisher->get_subscription_count() == subscriptions.size(); }));

  String message;
  message.data = "first";
  publisher->publish(message);
  ASSERT_TRUE(spin_until([&] { return heard.size() == subscriptions.size(); }));
  for (const auto & line : heard) {
    EXPECT_NE(line.find("first"), std::string::npos) << line;
  }
  std::sort(heard.begin(), heard.end());
  EXPECT_EQ(std::unique(heard.begin(), heard.end()), heard.end()) << "a form was called twice";

  heard.clear();
  auto owned = std::make_unique<String>();
  owned->data = "second";
  publisher->publish(std::move(owned));
  ASSERT_TRUE(spin_until([&] { return heard.size() == subscriptions.size(); }));
  for (const auto & line : heard) {
    EXPECT_NE(line.find("second"), std::string::npos) << line;
  }
}

TEST_F(Topics, pointer_messages_are_not_overwritten_by_later_ones)
{
  const auto publisher = node->create_publisher<String>("topic", 10);
  std::vector<String::ConstSharedPtr> kept;
  const auto subscription = node->create_subscription<String>(
      "topic", 10, [&](String::ConstSharedPtr m) { kept.push_back(std::move(m)); });
  ASSERT_TRUE(spin_until([&] { return publisher->get_subscription_count() == 1; }));
  for (const char * text : {"a", "b"}) {
    String message;
    message.data = text;
    publisher->publish(message);
  }
  ASSERT_TRUE(spin_until([&] { return kept.size() == 2; }));
  EXPECT_EQ(kept[0]->data, "a");
  EXPECT_EQ(kept[1]->data, "b");
}

TEST_F(Topics, late_joiner_gets_the_last_transient_local_message)
{
  const auto qos = rclcpp::QoS(1).reliable().transient_local();
  const auto publisher = node->create_publisher<String>("latched", qos);
  for (const char * text : {"old", "new"}) {
    String message;
    message.data = text;
    publisher->publish(message);
  }
  const auto subscription = node->create_subscription<String>(
      "latched", qos, [this](const String & m) { heard.push_back(m.data); });
  ASSERT_TRUE(spin_until([&] { return !heard.empty(); }));
  EXPECT_EQ(heard, std::vector<std::string>{"new"});
}

TEST_F(Topics, loaned_message_arrives)
{
  const auto publisher = node->create_publisher<Float64>("loan", 10);
  double heard_value = 0;
  const auto subscription =
      node->create_subscription<Float64>("loan", 10, [&](const Float64 & m) { heard_value = m.data; });
  ASSERT_TRUE(spin_until([&] { return publisher->get_subscription_count() == 1; }));
  EXPECT_TRUE(publisher->can_loan_messages());
  {
    auto dropped = publisher->borrow_loaned_message();
  }
  auto loan = publisher->borrow_loaned_message();
  loan.get().data = 2.5;
  publisher->publish(std::move(loan));
  EXPECT_TRUE(spin_until([&] { return heard_value == 2.5; }));

  const auto strings = node->create_publisher<String>("no_loan", 10);
  EXPECT_FALSE(strings->can_loan_messages());
  auto copy = strings->borrow_loaned_message();
  copy.get().data = "from the heap";
  strings->publish(std::move(copy));
  EXPECT_FALSE(copy.is_valid());  // NOLINT(bugprone-use-after-move)
}

TEST_F(Topics, names_are_expanded_and_bad_ones_refused)
{
  EXPECT_STREQ(node->get_fully_qualified_name(), "/space/tester");
  EXPECT_STREQ(node->create_publisher<String>("relative", 1)->get_topic_name(), "/space/relative");
  EXPECT_STREQ(node->create_publisher<String>("~/own", 1)->get_topic_name(), "/space/tester/own");
  EXPECT_STREQ(node->create_publisher<String>("/absolute", 1)->get_topic_name(), "/absolute");
  EXPECT_THROW(node->create_publisher<String>("bad name", 1), rclcpp::exceptions::InvalidTopicNameError);
  EXPECT_THROW(node->create_client<SetBool>("9"), rclcpp::exceptions::InvalidServiceNameError);
  EXPECT_THROW(rclcpp::Node("bad-name"), rclcpp::exceptions::InvalidNodeNameError);
  EXPECT_THROW(rclcpp::Node("good", "bad space"), rclcpp::exceptions::InvalidNamespaceError);
}

TEST_F(Topics, arguments_of_a_node_rename_it_and_its_topics)
{
  const auto options = rclcpp::NodeOptions().arguments(
      {"--ros-args", "-r", "__node:=renamed", "-r", "__ns:=/other", "-r", "topic:=moved"});
  rclcpp::Node renamed("original", options);
  EXPECT_STREQ(renamed.get_fully_qualified_name(), "/other/renamed");
  EXPECT_STREQ(renamed.create_publisher<String>("topic", 1)->get_topic_name(), "/other/moved");
  EXPECT_THROW(rclcpp::Node("n", rclcpp::NodeOptions().arguments({"--ros-args", "--no-such-flag"})),
               rclcpp::exceptions::UnknownROSArgsError);
  EXPECT_THROW(rclcpp::Node("n", rclcpp::NodeOptions().arguments({"--ros-args", "-r", "nonsense"})),
               rclcpp::exceptions::RCLInvalidROSArgsError);
}

TEST_F(Topics, graph_shows_endpoints)
{
  const auto publisher = node->create_publisher<String>("seen", rclcpp::SensorDataQoS());
  const auto subscription = node->create_subscription<String>("seen", 1, [](const String &) {});
  ASSERT_TRUE(spin_until(
      [&] { return node->count_publishers("seen") == 1 && node->count_subscribers("seen") == 1; }));
  const auto topics = node->get_topic_names_and_types();
  ASSERT_EQ(topics.count("/space/seen"), 1u);
  EXPECT_EQ(topics.at("/space/seen"), std::vector<std::string>{"std_msgs/msg/String"});
  const auto infos = node->get_publishers_info_by_topic("seen");
  ASSERT_EQ(infos.size(), 1u);
  EXPECT_EQ(infos[0].node_name(), "tester");
  EXPECT_EQ(infos[0].qos_profile().reliability(), rclcpp::ReliabilityPolicy::BestEffort);
  const auto names = node->get_node_names();
  EXPECT_NE(std::find(names.begin(), names.end(), "/space/tester"), names.end());
  // One /rosout publisher per node, as rcl's logging makes it.
  EXPECT_EQ(node->count_publishers("/rosout"), 1u);
}

TEST_F(Topics, service_answers_in_every_form)
{
  const auto now = node->create_service<SetBool>(
      "now", [](const SetBool::Request::SharedPtr request, SetBool::Response::SharedPtr response) {
        response->success = request->data;
      });
  const auto with_id = node->create_service<SetBool>(
      "with_id", [](std::shared_ptr<rmw_request_id_t> id, const SetBool::Request::SharedPtr request,
                    SetBool::Response::SharedPtr response) {
        response->success = request->data && id->sequence_number > 0;
      });
  std::shared_ptr<rmw_request_id_t> waiting;
  const auto later = node->create_service<SetBool>(
      "later", [&](std::shared_ptr<rmw_request_id_t> id, SetBool::Request::SharedPtr) { waiting = id; });
  for (const char * name : {"now", "with_id", "later"}) {
    const auto client = node->create_client<SetBool>(name);
    ASSERT_TRUE(client->wait_for_service(10s));
    auto request = std::make_shared<SetBool::Request>();
    request->data = true;
    auto future = client->async_send_request(request);
    if (std::string(name) == "later") {
      ASSERT_TRUE(spin_until([&] { return waiting != nullptr; }));
      EXPECT_EQ(rclcpp::spin_until_future_complete(node, future, 10ms), rclcpp::FutureReturnCode::TIMEOUT);
      SetBool::Response response;
      response.success = true;
      later->send_response(*waiting, response);
    }
    ASSERT_EQ(rclcpp::spin_until_future_complete(node, future, 10s), rclcpp::FutureReturnCode::SUCCESS);
    EXPECT_TRUE(future.get()->success) << name;
  }
}

TEST_F(Topics, client_calls_back_and_forgets_requests)
{
  const auto service = node->create_service<SetBool>(
      "echo", [](const SetBool::Request::SharedPtr request, SetBool::Response::SharedPtr response) {
        response->success = request->data;
      });
  const auto client = node->create_client<SetBool>("echo");
  const auto lonely = node->create_client<SetBool>("nobody");
  EXPECT_FALSE(lonely->wait_for_service(20ms));
  ASSERT_TRUE(client->wait_for_service(10s));
  auto request = std::make_shared<SetBool::Request>();
  request->data = true;
  int answers = 0;
  client->async_send_request(request, [&](rclcpp::Client<SetBool>::SharedFuture future) {
    answers += future.get()->success ? 1 : 0;
  });
  client->async_send_request(request, [&](rclcpp::Client<SetBool>::SharedFutureWithRequest future) {
    answers += future.get().first->data && future.get().second->success ? 1 : 0;
  });
  EXPECT_TRUE(spin_until([&] { return answers == 2; }));
  EXPECT_EQ(client->prune_pending_requests(), 0u);
  const auto pending = lonely->async_send_request(request);
  EXPECT_TRUE(lonely->remove_pending_request(pending));
  EXPECT_FALSE(lonely->remove_pending_request(pending));
}

TEST_F(Topics, qos_checks_compatibility)
{
  const auto best_effort = rclcpp::QoS(1).best_effort();
  const auto result = rclcpp::qos_check_compatible(best_effort, rclcpp::QoS(1).reliable());
  EXPECT_EQ(result.compatibility, rclcpp::QoSCompatibility::Error);
  EXPECT_NE(result.reason.find("reliab"), std::string::npos) << result.reason;
  EXPECT_NE(rclcpp::qos_check_compatible(rclcpp::QoS(1), best_effort).compatibility,
            rclcpp::QoSCompatibility::Error);
  EXPECT_NE(best_effort, rclcpp::QoS(1));
  EXPECT_EQ(rclcpp::SensorDataQoS().keep_last(3).depth(), 3u);
  const auto publisher = node->create_publisher<String>("q", rclcpp::SystemDefaultsQoS());
  EXPECT_NE(publisher->get_actual_qos().reliability(), rclcpp::ReliabilityPolicy::SystemDefault);
}
