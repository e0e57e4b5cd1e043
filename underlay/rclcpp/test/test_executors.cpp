// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "fixture.hpp"
#include "std_msgs/msg/string.hpp"

using fixture::Ros;
using std_msgs::msg::String;
using namespace std::chrono_literals;

namespace
{

/// Wait for a condition that other threads bring about; false after 10 s.
template <class Condition>
bool eventually(Condition condition)
{
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!condition() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  return condition();
}

}  // namespace

TEST_F(Ros, timers_call_in_every_form_and_stop)
{
  int plain = 0;
  int with_timer = 0;
  int with_info = 0;
  const auto a = node->create_wall_timer(2ms, [&] { ++plain; });
  const auto b = node->create_wall_timer(2ms, [&](rclcpp::TimerBase & timer) {
    ++with_timer;
    timer.cancel();
  });
  const auto c = node->create_timer(2ms, [&](const rclcpp::TimerInfo & info) {
    ++with_info;
    EXPECT_GE(info.actual_call_time, info.expected_call_time);
  });
  const auto d = node->create_wall_timer(1ms, [] { FAIL() << "autostart is off"; }, nullptr, false);
  ASSERT_TRUE(spin_until([&] { return plain >= 3 && with_info >= 3; }));
  EXPECT_EQ(with_timer, 1);
  EXPECT_TRUE(b->is_canceled());
  EXPECT_EQ(b->time_until_trigger(), std::chrono::nanoseconds::max());
  b->reset();
  EXPECT_TRUE(spin_until([&] { return with_timer == 2; }));
  EXPECT_THROW(node->create_wall_timer(-1ms, [] {}), std::invalid_argument);
}

TEST_F(Ros, spin_some_runs_what_is_ready_and_returns)
{
  rclcpp::executors::SingleThreadedExecutor executor;
  executor.add_node(node);
  executor.spin_some();
  int calls = 0;
  const auto timer = node->create_wall_timer(0ms, [&] { ++calls; });
  executor.spin_some();
  EXPECT_EQ(calls, 1);
  executor.spin_all(20ms);
  EXPECT_GT(calls, 1);
  EXPECT_THROW(executor.add_node(node), std::runtime_error);
  executor.remove_node(node);
  EXPECT_THROW(executor.remove_node(node), std::runtime_error);
}

TEST_F(Ros, entities_may_come_and_go_while_an_executor_spins)
{
  rclcpp::executors::SingleThreadedExecutor executor;
  executor.add_node(node);
  std::thread spinner([&] { executor.spin(); });
  for (int round = 0; round < 20; ++round) {
    std::atomic_int calls{0};
    auto timer = node->create_wall_timer(1ms, [&] { ++calls; });
    auto publisher = node->create_publisher<String>("coming", 1);
    auto subscription = node->create_subscription<String>("coming", 1, [](const String &) {});
    EXPECT_TRUE(eventually([&] { return calls > 0; }));
    timer->cancel();
    // The callback may be running still; it uses what goes out of scope.
    const std::weak_ptr<rclcpp::TimerBase> gone = timer;
    timer.reset();
    node->create_wall_timer(0ms, [] {});
    const auto wake = node->create_wall_timer(0ms, [] {});
    EXPECT_TRUE(eventually([&] { return gone.expired(); }));
  }
  executor.cancel();
  spinner.join();
}

TEST_F(Ros, exclusive_groups_never_overlap_and_reentrant_ones_do)
{
  for (const auto type :
       {rclcpp::CallbackGroupType::MutuallyExclusive, rclcpp::CallbackGroupType::Reentrant}) {
    const bool reentrant = type == rclcpp::CallbackGroupType::Reentrant;
    const auto group = node->create_callback_group(type);
    std::atomic_int inside{0};
    std::atomic_int most{0};
    std::atomic_int calls{0};
    const auto callback = [&] {
      const int now = ++inside;
      most = std::max(most.load(), now);
      ++calls;
      if (reentrant) {
        eventually([&] { return most > 1; });
      } else {
        std::this_thread::yield();
      }
      --inside;
    };
    const auto a = node->create_wall_timer(1ms, callback, group);
    const auto b = node->create_wall_timer(1ms, callback, group);
    rclcpp::executors::MultiThreadedExecutor executor(rclcpp::ExecutorOptions(), 3);
    EXPECT_EQ(executor.get_number_of_threads(), 3u);
    executor.add_node(node);
    std::thread spinner([&] { executor.spin(); });
    EXPECT_TRUE(eventually([&] { return calls >= 30; }));
    executor.cancel();
    spinner.join();
    EXPECT_EQ(most > 1, reentrant);
  }
}

TEST_F(Ros, a_group_of_its_own_runs_in_its_own_executor)
{
  const auto group = node->create_callback_group(rclcpp::CallbackGroupType::MutuallyExclusive, false);
  std::atomic_int calls{0};
  const auto timer = node->create_wall_timer(1ms, [&] { ++calls; }, group);
  rclcpp::executors::SingleThreadedExecutor of_node;
  of_node.add_node(node);
  of_node.spin_all(10ms);
  EXPECT_EQ(calls, 0);
  rclcpp::executors::SingleThreadedExecutor of_group;
  of_group.add_callback_group(group, node->get_node_base_interface());
  EXPECT_TRUE(spin_until(of_group, [&] { return calls > 2; }));
  rclcpp::Node other("other");
  EXPECT_THROW(other.create_wall_timer(1ms, [] {}, group), std::runtime_error);
}

TEST_F(Ros, exceptions_of_callbacks_come_out_of_spin)
{
  const auto timer = node->create_wall_timer(1ms, [] { throw std::logic_error("broken callback"); });
  rclcpp::executors::SingleThreadedExecutor single;
  single.add_node(node);
  EXPECT_THROW(single.spin(), std::logic_error);
  EXPECT_FALSE(single.is_spinning());
  EXPECT_THROW(single.spin(), std::logic_error) << "the group's turn was not given back";
  single.remove_node(node);
  rclcpp::executors::MultiThreadedExecutor multi(rclcpp::ExecutorOptions(), 2);
  multi.add_node(node);
  EXPECT_THROW(multi.spin(), std::logic_error);
}

TEST_F(Ros, waiting_for_a_future_ends_by_result_time_and_shutdown)
{
  std::promise<int> promise;
  auto future = promise.get_future();
  EXPECT_EQ(rclcpp::spin_until_future_complete(node, future, 5ms), rclcpp::FutureReturnCode::TIMEOUT);
  const auto timer = node->create_wall_timer(1ms, [&](rclcpp::TimerBase & self) {
    promise.set_value(1);
    self.cancel();
  });
  EXPECT_EQ(rclcpp::spin_until_future_complete(node, future, 10s), rclcpp::FutureReturnCode::SUCCESS);
  std::promise<int> never;
  auto unready = never.get_future();
  const auto stop = node->create_wall_timer(1ms, [] { rclcpp::shutdown(); });
  EXPECT_EQ(rclcpp::spin_until_future_complete(node, unready), rclcpp::FutureReturnCode::INTERRUPTED);
}

TEST_F(Ros, publishing_from_many_threads_loses_nothing)
{
  constexpr size_t threads = 4;
  constexpr size_t each = 200;
  const auto qos = rclcpp::QoS(threads * each).reliable();
  const auto publisher = node->create_publisher<String>("many", qos);
  size_t heard = 0;
  const auto subscription = node->create_subscription<String>(
      "many", qos, [&](const String & message) { heard += message.data.size() == 20 ? 1 : 0; });
  ASSERT_TRUE(spin_until([&] { return publisher->get_subscription_count() == 1; }));
  std::vector<std::thread> writers;
  for (size_t i = 0; i < threads; ++i) {
    writers.emplace_back([&, i] {
      String message;
      message.data = std::string(20, static_cast<char>('a' + i));
      for (size_t k = 0; k < each; ++k) {
        publisher->publish(message);
      }
    });
  }
  for (auto & writer : writers) {
    writer.join();
  }
  EXPECT_TRUE(spin_until([&] { return heard == threads * each; })) << heard;
}
