// SPDX-License-Identifier: Apache-2.0
#ifndef TIME_SOURCE_HPP_
#define TIME_SOURCE_HPP_

#include <memory>
#include <mutex>
#include <thread>

#include "rclcpp/executors/single_threaded_executor.hpp"
#include "rclcpp/node.hpp"
#include "rosgraph_msgs/msg/clock.hpp"

namespace rclcpp::detail
{

/// Declares use_sim_time; while it is true, the node's clock follows /clock, in a thread of its own so that
/// time goes on while callbacks run.
class TimeSource
{
 public:
  TimeSource(node_interfaces::NodeBaseInterface::SharedPtr base,
             node_interfaces::NodeClockInterface::SharedPtr clock,
             node_interfaces::NodeParametersInterface::SharedPtr parameters, const QoS & qos);
  ~TimeSource();
  TimeSource(const TimeSource &) = delete;
  TimeSource & operator=(const TimeSource &) = delete;

 private:
  void follow(bool simulated);
  void start();
  void stop();

  node_interfaces::NodeBaseInterface::SharedPtr base_;
  Clock::SharedPtr clock_;
  node_interfaces::NodeParametersInterface::SharedPtr parameters_;
  const QoS qos_;
  std::mutex mutex_;
  node_interfaces::OnSetParametersCallbackHandle::SharedPtr check_;
  node_interfaces::PostSetParametersCallbackHandle::SharedPtr apply_;
  CallbackGroup::SharedPtr group_;
  Subscription<rosgraph_msgs::msg::Clock>::SharedPtr subscription_;
  std::unique_ptr<executors::SingleThreadedExecutor> executor_;
  std::thread thread_;
};

}  // namespace rclcpp::detail

#endif  // TIME_SOURCE_HPP_
