// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "fixture.hpp"
#include "std_msgs/msg/string.hpp"

using fixture::Ros;
using std_msgs::msg::String;

namespace
{

class Serialized : public Ros
{
 public:
  static rclcpp::SerializedMessage bytes_of(const std::string & text)
  {
    String message;
    message.data = text;
    rclcpp::SerializedMessage bytes;
    rclcpp::Serialization<String>().serialize_message(&message, &bytes);
    return bytes;
  }
  static std::string text_of(const rclcpp::SerializedMessage & bytes)
  {
    String message;
    rclcpp::Serialization<String>().deserialize_message(&bytes, &message);
    return message.data;
  }
  const rclcpp::QoS qos{10};
};

}  // namespace

TEST_F(Serialized, bytes_are_copied_moved_and_handed_over)
{
  auto bytes = bytes_of("text");
  const size_t size = bytes.size();
  EXPECT_GT(size, 8u);
  rclcpp::SerializedMessage copy(bytes);
  EXPECT_EQ(text_of(copy), "text");
  rclcpp::SerializedMessage moved(std::move(bytes));
  EXPECT_EQ(moved.size(), size);
  EXPECT_EQ(bytes.size(), 0u);  // NOLINT(bugprone-use-after-move)
  copy = bytes_of("other");
  EXPECT_EQ(text_of(copy), "other");
  copy.reserve(1000);
  EXPECT_EQ(copy.capacity(), 1000u);
  EXPECT_EQ(text_of(copy), "other");
  rclcpp::SerializedMessage owner(moved.release_rcl_serialized_message());
  EXPECT_EQ(text_of(owner), "text");
  EXPECT_EQ(moved.size(), 0u);
  EXPECT_THROW(text_of(moved), std::invalid_argument);
  EXPECT_THROW(rclcpp::Serialization<String>().serialize_message(nullptr, &owner), std::invalid_argument);
}

TEST_F(Serialized, typed_publishers_and_subscriptions_take_bytes)
{
  const auto publisher = node->create_publisher<String>("topic", qos);
  std::vector<std::string> heard;
  std::vector<rclcpp::SubscriptionBase::SharedPtr> subscriptions;
  const auto add = [&](auto callback) {
    subscriptions.push_back(node->create_subscription<String>("topic", qos, std::move(callback)));
  };
  add([&](std::shared_ptr<rclcpp::SerializedMessage> m) { heard.push_back("shared " + text_of(*m)); });
  add([&](std::shared_ptr<const rclcpp::SerializedMessage> m, const rclcpp::MessageInfo & info) {
    EXPECT_GT(info.get_rmw_message_info().source_timestamp, 0);
    heard.push_back("const " + text_of(*m));
  });
  add([&](const rclcpp::SerializedMessage & m) { heard.push_back("ref " + text_of(m)); });
  add([&](const String & m) { heard.push_back("typed " + m.data); });
  ASSERT_TRUE(spin_until([&] { return publisher->get_subscription_count() == 4; }));
  publisher->publish(bytes_of("one"));
  ASSERT_TRUE(spin_until([&] { return heard.size() == 4; }));
  std::sort(heard.begin(), heard.end());
  EXPECT_EQ(heard, (std::vector<std::string>{"const one", "ref one", "shared one", "typed one"}));
}

TEST_F(Serialized, generic_publishers_and_subscriptions_know_the_type_by_name)
{
  const std::string type = "std_msgs/msg/String";
  const auto publisher = node->create_generic_publisher("topic", type, qos);
  std::vector<std::string> heard;
  const auto shared = node->create_generic_subscription(
      "topic", type, qos,
      [&](std::shared_ptr<rclcpp::SerializedMessage> m) { heard.push_back("a " + text_of(*m)); });
  const auto with_info = node->create_generic_subscription(
      "topic", type, qos,
      [&](std::shared_ptr<const rclcpp::SerializedMessage> m, const rclcpp::MessageInfo &) {
        heard.push_back("b " + text_of(*m));
      });
  const auto typed = node->create_subscription<String>(
      "topic", qos, [&](const String & m) { heard.push_back("c " + m.data); });
  ASSERT_TRUE(spin_until([&] { return publisher->get_subscription_count() == 3; }));
  publisher->publish(bytes_of("two"));
  ASSERT_TRUE(spin_until([&] { return heard.size() == 3; }));
  std::sort(heard.begin(), heard.end());
  EXPECT_EQ(heard, (std::vector<std::string>{"a two", "b two", "c two"}));
}

TEST_F(Serialized, types_that_are_not_there_are_named)
{
  const auto message_for = [&](const std::string & type) {
    try {
      node->create_generic_publisher("topic", type, qos);
    } catch (const std::runtime_error & error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_NE(message_for("String").find("'String' is no message type"), std::string::npos);
  EXPECT_NE(message_for("absent_msgs/msg/A").find("package 'absent_msgs' of type"), std::string::npos);
  EXPECT_NE(message_for("std_msgs/msg/Absent").find("type 'std_msgs/msg/Absent' is not in"),
            std::string::npos);
}
