// SPDX-License-Identifier: Apache-2.0
// Hand-over of a 6 MB image between two nodes of a process, from publish() to the callback in the executor's
// thread: `intra_process [count]` as a unique_ptr within the process, `intra_process middleware [count]` as
// usual.
#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "rclcpp/rclcpp.hpp"
#include "round_trip.hpp"

namespace
{

constexpr size_t image_bytes = 6'000'000;

}  // namespace

int main(int argc, char ** argv)
{
  const auto arguments = rclcpp::init_and_remove_ros_arguments(argc, argv);
  const bool middleware = arguments.size() > 1 && arguments[1] == "middleware";
  const size_t at = middleware ? 2 : 1;
  const size_t count = arguments.size() > at ? std::strtoul(arguments[at].c_str(), nullptr, 10) : 1000;
  const auto options = rclcpp::NodeOptions().use_intra_process_comms(!middleware);
  const auto source = std::make_shared<rclcpp::Node>("source", options);
  const auto sink = std::make_shared<rclcpp::Node>("sink", options);
  const auto publisher = source->create_publisher<Message>("image", queue_depth);
  Stopwatch stopwatch(count);
  std::atomic_bool arrived{false};
  Message::UniquePtr held;  // goes on to the next round, so that no memory is made while the time runs
  const auto subscription =
      sink->create_subscription<Message>("image", queue_depth, [&](Message::UniquePtr message) {
        stopwatch.stop();
        held = std::move(message);
        arrived = true;
      });
  while (publisher->get_subscription_count() == 0) {
    if (!rclcpp::sleep_for(std::chrono::milliseconds(5))) {
      return 1;
    }
  }
  rclcpp::executors::SingleThreadedExecutor executor;
  executor.add_node(source);
  executor.add_node(sink);
  std::thread spinner([&] { executor.spin(); });
  held = std::make_unique<Message>();
  held->data.resize(image_bytes);
  while (!stopwatch.done() && rclcpp::ok()) {
    auto message = std::move(held);
    // As if a camera were read: the executor's thread has gone to sleep when the next image is there.
    rclcpp::sleep_for(std::chrono::milliseconds(2));
    arrived = false;
    stopwatch.start();
    publisher->publish(std::move(message));
    while (!arrived && rclcpp::ok()) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
  executor.cancel();
  spinner.join();
  if (!stopwatch.done()) {
    return 1;
  }
  stopwatch.print();
  rclcpp::shutdown();
  return 0;
}
