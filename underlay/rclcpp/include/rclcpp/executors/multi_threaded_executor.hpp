// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__EXECUTORS__MULTI_THREADED_EXECUTOR_HPP_
#define RCLCPP__EXECUTORS__MULTI_THREADED_EXECUTOR_HPP_

#include <chrono>
#include <cstddef>
#include <exception>
#include <mutex>

#include "rclcpp/executor.hpp"

namespace rclcpp::executors
{

/// Runs callbacks in several threads, as their callback groups allow.
class RCLCPP_PUBLIC MultiThreadedExecutor : public Executor
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS(MultiThreadedExecutor)

  /// \param number_of_threads the spinning thread included; 0: one per core, at least 2
  /// \param yield_before_execute let other threads run before each callback
  /// \param timeout longest wait for work at a time (negative: without limit)
  explicit MultiThreadedExecutor(const ExecutorOptions & options = ExecutorOptions(),
                                 size_t number_of_threads = 0, bool yield_before_execute = false,
                                 std::chrono::nanoseconds timeout = std::chrono::nanoseconds(-1));

  /// The first exception that leaves a callback in any thread ends the spin and comes out of here.
  void spin() override;
  size_t get_number_of_threads() { return number_of_threads_; }

 private:
  void run_thread();

  size_t number_of_threads_;
  bool yield_before_execute_;
  std::chrono::nanoseconds timeout_;
  std::mutex exception_mutex_;
  std::exception_ptr exception_;
};

}  // namespace rclcpp::executors

#endif  // RCLCPP__EXECUTORS__MULTI_THREADED_EXECUTOR_HPP_
