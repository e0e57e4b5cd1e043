// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/executors.hpp"

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

namespace rclcpp
{

std::string to_string(const FutureReturnCode & code)
{
  switch (code) {
    case FutureReturnCode::SUCCESS:
      return "SUCCESS (0)";
    case FutureReturnCode::INTERRUPTED:
      return "INTERRUPTED (1)";
    case FutureReturnCode::TIMEOUT:
      return "TIMEOUT (2)";
  }
  return "Unknown enum value (" + std::to_string(static_cast<int>(code)) + ")";
}

std::ostream & operator<<(std::ostream & os, const FutureReturnCode & code)
{
  return os << to_string(code);
}

namespace executors
{

SingleThreadedExecutor::SingleThreadedExecutor(const ExecutorOptions & options) : Executor(options)
{
}

void SingleThreadedExecutor::spin()
{
  const Spinning spinning(*this);
  AnyExecutable executable;
  while (ok()) {
    if (next(executable, std::chrono::nanoseconds(-1))) {
      run(executable, false);
    }
  }
}

MultiThreadedExecutor::MultiThreadedExecutor(const ExecutorOptions & options, size_t number_of_threads,
                                             bool yield_before_execute, std::chrono::nanoseconds timeout)
    : Executor(options),
      number_of_threads_(number_of_threads > 0 ? number_of_threads
                                               : std::max<size_t>(std::thread::hardware_concurrency(), 2)),
      yield_before_execute_(yield_before_execute),
      timeout_(timeout)
{
}

void MultiThreadedExecutor::spin()
{
  {
    const Spinning spinning(*this);
    exception_ = nullptr;
    std::vector<std::thread> threads;
    for (size_t i = 1; i < number_of_threads_; ++i) {
      threads.emplace_back(&MultiThreadedExecutor::run_thread, this);
    }
    run_thread();
    for (auto & thread : threads) {
      thread.join();
    }
  }
  if (exception_) {
    std::rethrow_exception(std::exchange(exception_, nullptr));
  }
}

void MultiThreadedExecutor::run_thread()
{
  try {
    AnyExecutable executable;
    while (ok()) {
      {
        const std::lock_guard<std::mutex> lock(wait_mutex_);
        if (!ok()) {
          break;
        }
        if (!next(executable, timeout_)) {
          continue;
        }
      }
      if (yield_before_execute_) {
        std::this_thread::yield();
      }
      run(executable, true);
    }
  } catch (...) {
    const std::lock_guard<std::mutex> lock(exception_mutex_);
    if (!exception_) {
      exception_ = std::current_exception();
    }
    cancel();
  }
}

}  // namespace executors

namespace
{

ExecutorOptions options_of(const node_interfaces::NodeBaseInterface::SharedPtr & node)
{
  ExecutorOptions options;
  options.context = node->get_context();
  return options;
}

}  // namespace

void spin(node_interfaces::NodeBaseInterface::SharedPtr node)
{
  executors::SingleThreadedExecutor executor(options_of(node));
  executor.add_node(node);
  executor.spin();
  executor.remove_node(node);
}

void spin(Node::SharedPtr node)
{
  spin(node->get_node_base_interface());
}

void spin_some(node_interfaces::NodeBaseInterface::SharedPtr node)
{
  executors::SingleThreadedExecutor executor(options_of(node));
  executor.spin_node_some(node);
}

void spin_some(Node::SharedPtr node)
{
  spin_some(node->get_node_base_interface());
}

void spin_all(node_interfaces::NodeBaseInterface::SharedPtr node, std::chrono::nanoseconds max_duration)
{
  executors::SingleThreadedExecutor executor(options_of(node));
  executor.add_node(node);
  executor.spin_all(max_duration);
  executor.remove_node(node);
}

void spin_all(Node::SharedPtr node, std::chrono::nanoseconds max_duration)
{
  spin_all(node->get_node_base_interface(), max_duration);
}

}  // namespace rclcpp
