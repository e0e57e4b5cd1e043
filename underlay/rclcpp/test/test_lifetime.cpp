// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <atomic>
#include <future>
#include <thread>

#include "fixture.hpp"
#include "std_msgs/msg/string.hpp"

using fixture::Ros;
using std_msgs::msg::String;
using namespace std::chrono_literals;

namespace
{

std::atomic_int signals_before{0};

}  // namespace

TEST_F(Ros, signals_shut_down_and_wake_executors_and_sleepers)
{
  for (const int number : {SIGINT, SIGTERM}) {
    rclcpp::shutdown();
    rclcpp::init(0, nullptr);
    EXPECT_TRUE(rclcpp::signal_handlers_installed());
    auto own = std::make_shared<rclcpp::Node>("own");
    const auto calls = std::make_shared<std::atomic_int>(0);
    rclcpp::on_shutdown([calls] { ++*calls; });
    auto sleeper = std::async(std::launch::async, [] { return rclcpp::sleep_for(1h); });
    auto spinner = std::async(std::launch::async, [&] { rclcpp::spin(own); });
    EXPECT_EQ(spinner.wait_for(10ms), std::future_status::timeout);
    raise(number);
    ASSERT_EQ(spinner.wait_for(10s), std::future_status::ready);
    ASSERT_EQ(sleeper.wait_for(10s), std::future_status::ready);
    EXPECT_FALSE(sleeper.get());
    EXPECT_FALSE(rclcpp::ok());
    EXPECT_EQ(*calls, 1);
    EXPECT_EQ(rclcpp::contexts::get_global_default_context()->shutdown_reason(), "signal handler");
  }
}

TEST_F(Ros, a_throwing_shutdown_callback_keeps_nobody_waiting)
{
  auto context = std::make_shared<rclcpp::Context>();
  context->init(0, nullptr);
  rclcpp::ExecutorOptions options;
  options.context = context;
  context->on_shutdown([] { throw std::runtime_error("broken callback"); });
  rclcpp::executors::SingleThreadedExecutor executor(options);
  auto spinner = std::async(std::launch::async, [&] { executor.spin(); });
  EXPECT_EQ(spinner.wait_for(10ms), std::future_status::timeout);
  EXPECT_THROW(context->shutdown("test"), std::runtime_error);
  EXPECT_EQ(spinner.wait_for(10s), std::future_status::ready);
}

TEST_F(Ros, handlers_of_the_program_are_called_and_given_back)
{
  rclcpp::shutdown();
  struct sigaction mine{};
  mine.sa_handler = [](int) { ++signals_before; };
  struct sigaction old{};
  sigaction(SIGINT, &mine, &old);
  EXPECT_TRUE(rclcpp::install_signal_handlers());
  EXPECT_FALSE(rclcpp::install_signal_handlers());
  raise(SIGINT);
  EXPECT_EQ(signals_before, 1);
  EXPECT_TRUE(rclcpp::uninstall_signal_handlers());
  EXPECT_FALSE(rclcpp::uninstall_signal_handlers());
  raise(SIGINT);
  EXPECT_EQ(signals_before, 2);
  sigaction(SIGINT, &old, nullptr);
}

TEST_F(Ros, no_handlers_are_installed_when_none_are_wanted)
{
  rclcpp::shutdown();
  rclcpp::init(0, nullptr, rclcpp::InitOptions(), rclcpp::SignalHandlerOptions::None);
  EXPECT_FALSE(rclcpp::signal_handlers_installed());
  EXPECT_THROW(rclcpp::init(0, nullptr), rclcpp::ContextAlreadyInitialized);
}

TEST_F(Ros, after_shutdown_publishing_is_quiet_and_everything_can_be_destroyed_in_any_order)
{
  auto publisher = node->create_publisher<String>("late", 1);
  auto subscription = node->create_subscription<String>("late", 1, [](const String &) {});
  auto timer = node->create_wall_timer(1ms, [] {});
  auto executor = std::make_unique<rclcpp::executors::SingleThreadedExecutor>();
  executor->add_node(node);
  EXPECT_TRUE(rclcpp::shutdown());
  EXPECT_FALSE(rclcpp::shutdown());
  publisher->publish(String());
  EXPECT_EQ(publisher->get_subscription_count(), 0u);
  executor->spin();
  node.reset();
  executor.reset();
  timer.reset();
  subscription.reset();
  publisher.reset();
  EXPECT_THROW(rclcpp::Node("too_late"), std::exception);
}

TEST_F(Ros, init_and_shutdown_may_be_repeated_while_old_nodes_live)
{
  std::vector<rclcpp::Node::SharedPtr> old;
  for (int i = 0; i < 5; ++i) {
    old.push_back(std::make_shared<rclcpp::Node>("n" + std::to_string(i)));
    rclcpp::shutdown();
    rclcpp::init(0, nullptr);
  }
  EXPECT_TRUE(rclcpp::ok());
  int calls = 0;
  auto fresh = std::make_shared<rclcpp::Node>("fresh");
  const auto timer = fresh->create_wall_timer(1ms, [&] { ++calls; });
  rclcpp::executors::SingleThreadedExecutor executor;
  executor.add_node(fresh);
  EXPECT_TRUE(spin_until(executor, [&] { return calls > 1; }));
}

TEST_F(Ros, contexts_are_independent)
{
  auto context = std::make_shared<rclcpp::Context>();
  rclcpp::InitOptions options;
  options.auto_initialize_logging(false).shutdown_on_signal = false;
  context->init(0, nullptr, options);
  {
    auto own = std::make_shared<rclcpp::Node>("own", rclcpp::NodeOptions().context(context));
    EXPECT_TRUE(context->shutdown("test"));
    EXPECT_FALSE(rclcpp::ok(context));
    EXPECT_TRUE(rclcpp::ok());
    EXPECT_EQ(context->shutdown_reason(), "test");
  }
  const char * arguments[] = {"program", "positional", "--ros-args", "-p", "a:=1", "--", "last"};
  EXPECT_EQ(rclcpp::remove_ros_arguments(7, arguments),
            (std::vector<std::string>{"program", "positional", "last"}));
}
