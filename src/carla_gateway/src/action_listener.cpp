// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/action_listener.hpp"

#include <exception>
#include <utility>

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FleetAction;

rclcpp::ExecutorOptions in_context(const rclcpp::Context::SharedPtr & context)
{
  rclcpp::ExecutorOptions options;
  options.context = context;
  return options;
}

}  // namespace

ActionListener::ActionListener(rclcpp::Node & node, const std::string & topic, Handler handler)
    : context_(node.get_node_base_interface()->get_context()),
      logger_(node.get_logger()),
      group_(node.create_callback_group(rclcpp::CallbackGroupType::MutuallyExclusive, false)),
      executor_(in_context(context_))
{
  rclcpp::SubscriptionOptions options;
  options.callback_group = group_;
  subscription_ = node.create_subscription<FleetAction>(
      topic, rclcpp::QoS(rclcpp::KeepLast(4)).reliable(),
      [handler = std::move(handler)](const FleetAction & action) { handler(action); }, options);
  executor_.add_callback_group(group_, node.get_node_base_interface());
  thread_ = std::thread([this] { listen(); });
}

ActionListener::~ActionListener()
{
  stopping_ = true;
  executor_.cancel();
  thread_.join();
}

void ActionListener::listen()
{
  try {
    // Not spin(): a cancel() just before it would go unnoticed.
    while (!stopping_ && context_->is_valid()) {
      executor_.spin_once();
    }
  } catch (const std::exception & error) {
    if (context_->is_valid()) {  // else a signal came meanwhile
      RCLCPP_FATAL(logger_, "cannot take actions any more: %s", error.what());
      failed_ = true;
      context_->shutdown(error.what());
    }
  }
}

}  // namespace carla_gateway
