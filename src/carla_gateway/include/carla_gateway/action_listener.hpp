// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__ACTION_LISTENER_HPP_
#define CARLA_GATEWAY__ACTION_LISTENER_HPP_

#include <atomic>
#include <functional>
#include <rclcpp/rclcpp.hpp>
#include <string>
#include <thread>

#include "carla_drl_msgs/msg/fleet_action.hpp"

namespace carla_gateway
{

/// Takes the agent's actions in a thread of its own. The loop waits for every one of them: no timer, service
/// or report of the node holds them up, and the thread has this topic alone to look at when it is woken.
class ActionListener
{
 public:
  using Handler = std::function<void(const carla_drl_msgs::msg::FleetAction & action)>;

  /// @param handler called in the listener's thread, until the destructor returns
  ActionListener(rclcpp::Node & node, const std::string & topic, Handler handler);
  ~ActionListener();
  ActionListener(const ActionListener &) = delete;
  ActionListener & operator=(const ActionListener &) = delete;

  /// Whether the thread ended with an error; the context is shut down then.
  bool failed() const noexcept { return failed_; }

 private:
  void listen();

  const rclcpp::Context::SharedPtr context_;
  const rclcpp::Logger logger_;
  rclcpp::CallbackGroup::SharedPtr group_;
  rclcpp::Subscription<carla_drl_msgs::msg::FleetAction>::SharedPtr subscription_;
  rclcpp::executors::SingleThreadedExecutor executor_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> failed_ = false;
  std::thread thread_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__ACTION_LISTENER_HPP_
