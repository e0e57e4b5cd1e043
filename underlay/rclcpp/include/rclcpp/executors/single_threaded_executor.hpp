// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__EXECUTORS__SINGLE_THREADED_EXECUTOR_HPP_
#define RCLCPP__EXECUTORS__SINGLE_THREADED_EXECUTOR_HPP_

#include "rclcpp/executor.hpp"

namespace rclcpp::executors
{

/// Runs callbacks one after the other in the thread that spins.
class RCLCPP_PUBLIC SingleThreadedExecutor : public Executor
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS(SingleThreadedExecutor)
  explicit SingleThreadedExecutor(const ExecutorOptions & options = ExecutorOptions());
  void spin() override;
};

}  // namespace rclcpp::executors

#endif  // RCLCPP__EXECUTORS__SINGLE_THREADED_EXECUTOR_HPP_
