// SPDX-License-Identifier: Apache-2.0
// A container whose components share a pool of threads; parameter thread_num says how many.
#include "rclcpp_components/component_manager.hpp"

int main(int argc, char * argv[])
{
  rclcpp::init(argc, argv);
  auto manager = std::make_shared<rclcpp_components::ComponentManager>();
  const int64_t threads = manager->declare_parameter("thread_num", int64_t{0});
  if (threads < 0) {
    RCLCPP_FATAL(manager->get_logger(), "thread_num is %ld; allowed: 1 or more, 0 for one per core", threads);
    return 1;
  }
  auto executor = std::make_shared<rclcpp::executors::MultiThreadedExecutor>(rclcpp::ExecutorOptions{},
                                                                             static_cast<size_t>(threads));
  manager->set_executor(executor);
  executor->add_node(manager);
  executor->spin();
  rclcpp::shutdown();
  return 0;
}
