// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fixture.hpp"
#include "std_msgs/msg/float64.hpp"
#include "std_msgs/msg/string.hpp"

using fixture::Ros;
using std_msgs::msg::Float64;
using std_msgs::msg::String;
using namespace std::chrono_literals;

namespace
{

/// A node whose publishers and subscriptions hand messages over within the process.
class IntraProcess : public Ros
{
 protected:
  void SetUp() override
  {
    Ros::SetUp();
    direct = std::make_shared<rclcpp::Node>("direct", "/space",
                                            rclcpp::NodeOptions().use_intra_process_comms(true));
    executor = std::make_unique<rclcpp::executors::SingleThreadedExecutor>();
    executor->add_node(direct);
    executor->add_node(node);
  }
  void TearDown() override
  {
    executor.reset();
    direct.reset();
    Ros::TearDown();
  }
  bool heard_all(const std::function<bool()> & condition) { return spin_until(*executor, condition); }
  static std::unique_ptr<String> text(const std::string & data)
  {
    auto message = std::make_unique<String>();
    message->data = data;
    return message;
  }

  rclcpp::Node::SharedPtr direct;
  std::unique_ptr<rclcpp::Executor> executor;
};

}  // namespace

TEST_F(IntraProcess, one_subscription_gets_the_very_message)
{
  const auto publisher = direct->create_publisher<String>("topic", 10);
  const String * heard = nullptr;
  bool from_intra_process = false;
  const auto subscription = direct->create_subscription<String>(
      "topic", 10, [&](String::UniquePtr message, const rclcpp::MessageInfo & info) {
        heard = message.get();
        from_intra_process = info.get_rmw_message_info().from_intra_process;
        message.release();  // NOLINT: kept, so that no later message has its address
      });
  EXPECT_EQ(publisher->get_intra_process_subscription_count(), 1u);
  auto message = text("mine");
  const String * sent = message.get();
  publisher->publish(std::move(message));
  ASSERT_TRUE(heard_all([&] { return heard != nullptr; }));
  EXPECT_EQ(heard, sent);
  EXPECT_TRUE(from_intra_process);
  delete heard;
}

TEST_F(IntraProcess, readers_share_the_message_and_takers_get_one_each)
{
  const auto publisher = direct->create_publisher<String>("topic", 10);
  std::vector<String::ConstSharedPtr> read;
  std::vector<String::UniquePtr> taken;
  std::vector<String::SharedPtr> taken_shared;
  std::vector<std::string> by_reference;
  std::vector<rclcpp::SubscriptionBase::SharedPtr> subscriptions;
  const auto add = [&](auto callback) {
    subscriptions.push_back(direct->create_subscription<String>("topic", 10, std::move(callback)));
  };
  add([&](String::ConstSharedPtr m) { read.push_back(std::move(m)); });
  add([&](const String::ConstSharedPtr & m) { read.push_back(m); });
  add([&](const String & m) { by_reference.push_back(m.data); });
  // With readers alone, all of them read the message that was sent.
  auto message = text("first");
  const String * sent = message.get();
  publisher->publish(std::move(message));
  ASSERT_TRUE(heard_all([&] { return read.size() == 2 && by_reference.size() == 1; }));
  EXPECT_EQ(read[0].get(), sent);
  EXPECT_EQ(read[1].get(), sent);
  read.clear();

  add([&](String::UniquePtr m) { taken.push_back(std::move(m)); });
  add([&](String::SharedPtr m) { taken_shared.push_back(std::move(m)); });
  message = text("second");
  sent = message.get();
  publisher->publish(std::move(message));
  ASSERT_TRUE(heard_all([&] {
    return read.size() == 2 && by_reference.size() == 2 && taken.size() == 1 && taken_shared.size() == 1;
  }));
  EXPECT_EQ(read[0], read[1]);
  EXPECT_NE(static_cast<const String *>(taken[0].get()), taken_shared[0].get());
  EXPECT_TRUE(taken[0].get() == sent || taken_shared[0].get() == sent) << "all of them are copies";
  taken[0]->data = "changed by its owner";
  EXPECT_EQ(read[0]->data, "second");
  EXPECT_EQ(taken_shared[0]->data, "second");
}

TEST_F(IntraProcess, every_subscription_hears_a_message_once_whichever_way_it_comes)
{
  const auto publisher = direct->create_publisher<String>("topic", 10);
  rclcpp::PublisherOptions without;
  without.use_intra_process_comm = rclcpp::IntraProcessSetting::Disable;
  const auto by_middleware = direct->create_publisher<String>("topic", 10, without);
  std::vector<std::string> inside;
  std::vector<std::string> outside;
  const auto subscription = direct->create_subscription<String>(
      "topic", 10, [&](String::UniquePtr message) { inside.push_back(message->data); });
  const auto other = node->create_subscription<String>(
      "topic", 10, [&](String::UniquePtr message) { outside.push_back(message->data); });
  ASSERT_TRUE(heard_all([&] {
    return publisher->get_subscription_count() == 2 && by_middleware->get_subscription_count() == 2;
  }));
  EXPECT_EQ(publisher->get_intra_process_subscription_count(), 1u);
  EXPECT_EQ(by_middleware->get_intra_process_subscription_count(), 0u);
  publisher->publish(text("pointer"));
  String message;
  message.data = "reference";
  publisher->publish(message);
  by_middleware->publish(text("middleware"));
  const std::vector<std::string> all{"middleware", "pointer", "reference"};
  ASSERT_TRUE(heard_all([&] { return inside.size() >= 3 && outside.size() >= 3; }));
  executor->spin_all(20ms);
  // Between two publishers there is no order.
  std::sort(inside.begin(), inside.end());
  std::sort(outside.begin(), outside.end());
  EXPECT_EQ(inside, all);
  EXPECT_EQ(outside, all);
}

TEST_F(IntraProcess, only_as_many_messages_wait_as_the_depth_allows)
{
  const auto publisher = direct->create_publisher<String>("topic", 10);
  std::vector<std::string> heard;
  const auto subscription = direct->create_subscription<String>(
      "topic", 2, [&](String::UniquePtr message) { heard.push_back(message->data); });
  for (const char * data : {"a", "b", "c"}) {
    publisher->publish(text(data));
  }
  ASSERT_TRUE(heard_all([&] { return heard.size() == 2; }));
  executor->spin_all(20ms);
  EXPECT_EQ(heard, (std::vector<std::string>{"b", "c"}));
}

TEST_F(IntraProcess, late_subscription_gets_what_transient_local_publishers_keep)
{
  const auto qos = rclcpp::QoS(2).transient_local();
  const auto publisher = direct->create_publisher<String>("latched", qos);
  for (const char * data : {"a", "b", "c"}) {
    publisher->publish(text(data));
  }
  std::vector<std::string> heard;
  const auto late = direct->create_subscription<String>(
      "latched", qos, [&](String::UniquePtr message) { heard.push_back(message->data); });
  const auto volatile_one = direct->create_subscription<String>(
      "latched", 2, [&](String::UniquePtr message) { heard.push_back("volatile " + message->data); });
  ASSERT_TRUE(heard_all([&] { return publisher->get_subscription_count() == 2 && heard.size() >= 2; }));
  executor->spin_all(20ms);
  EXPECT_EQ(heard, (std::vector<std::string>{"b", "c"}));
}

TEST_F(IntraProcess, quality_of_service_and_options_decide_who_is_reached)
{
  const auto best_effort = direct->create_publisher<String>("topic", rclcpp::QoS(1).best_effort());
  const auto reliable = direct->create_subscription<String>("topic", 1, [](String::UniquePtr) {});
  EXPECT_EQ(best_effort->get_intra_process_subscription_count(), 0u);
  const auto elsewhere = direct->create_subscription<String>("elsewhere", 1, [](String::UniquePtr) {});
  const auto bytes = direct->create_subscription<String>("topic", rclcpp::QoS(1).best_effort(),
                                                         [](std::shared_ptr<rclcpp::SerializedMessage>) {});
  EXPECT_EQ(best_effort->get_intra_process_subscription_count(), 0u);
  EXPECT_THROW(direct->create_publisher<String>("topic", rclcpp::QoS(rclcpp::KeepAll())),
               std::invalid_argument);
  rclcpp::SerializedMessage serialized;
  EXPECT_THROW(best_effort->publish(serialized), std::runtime_error);

  rclcpp::PublisherOptions with;
  with.use_intra_process_comm = rclcpp::IntraProcessSetting::Enable;
  rclcpp::SubscriptionOptions also;
  also.use_intra_process_comm = rclcpp::IntraProcessSetting::Enable;
  const auto publisher = node->create_publisher<String>("topic", 1, with);
  auto subscription = node->create_subscription<String>("topic", 1, [](String::UniquePtr) {}, also);
  EXPECT_EQ(publisher->get_intra_process_subscription_count(), 2u);
  subscription.reset();
  EXPECT_EQ(publisher->get_intra_process_subscription_count(), 1u);
}

TEST_F(IntraProcess, loans_reach_subscriptions_of_the_process)
{
  const auto publisher = direct->create_publisher<Float64>("loan", 10);
  std::vector<double> heard;
  const auto subscription = direct->create_subscription<Float64>(
      "loan", 10, [&](const Float64 & message) { heard.push_back(message.data); });
  auto loan = publisher->borrow_loaned_message();
  loan.get().data = 2.5;
  publisher->publish(std::move(loan));
  ASSERT_TRUE(heard_all([&] { return !heard.empty(); }));
  executor->spin_all(20ms);
  EXPECT_EQ(heard, std::vector<double>{2.5});
}

TEST_F(IntraProcess, messages_wake_executors_with_many_threads)
{
  const auto group = direct->create_callback_group(rclcpp::CallbackGroupType::Reentrant);
  rclcpp::SubscriptionOptions options;
  options.callback_group = group;
  constexpr int count = 500;
  std::atomic_int heard{0};
  const auto publisher = direct->create_publisher<String>("many", rclcpp::QoS(count));
  const auto subscription = direct->create_subscription<String>(
      "many", rclcpp::QoS(count), [&](String::UniquePtr) { ++heard; }, options);
  rclcpp::executors::MultiThreadedExecutor many(rclcpp::ExecutorOptions(), 3);
  executor.reset();
  many.add_node(direct);
  std::thread spinner([&] { many.spin(); });
  for (int i = 0; i < count; ++i) {
    publisher->publish(text("x"));
  }
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (heard < count && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  many.cancel();
  spinner.join();
  EXPECT_EQ(heard, count);
}
