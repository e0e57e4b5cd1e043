// SPDX-License-Identifier: Apache-2.0
#include "time_source.hpp"

#include <utility>

#include "rclcpp/exceptions/exceptions.hpp"
#include "rclcpp/logging.hpp"

namespace rclcpp::detail
{

namespace
{

constexpr char use_sim_time[] = "use_sim_time";

}  // namespace

TimeSource::TimeSource(node_interfaces::NodeBaseInterface::SharedPtr base,
                       node_interfaces::NodeClockInterface::SharedPtr clock,
                       node_interfaces::NodeParametersInterface::SharedPtr parameters, const QoS & qos)
    : base_(std::move(base)), clock_(clock->get_clock()), parameters_(std::move(parameters)), qos_(qos)
{
  if (clock_->get_clock_type() != RCL_ROS_TIME) {
    return;
  }
  if (!parameters_->has_parameter(use_sim_time)) {
    rcl_interfaces::msg::ParameterDescriptor descriptor;
    descriptor.description = "Take time from /clock instead of the system.";
    parameters_->declare_parameter(use_sim_time, ParameterValue(false), descriptor);
  }
  const ParameterValue value = parameters_->get_parameter(use_sim_time).get_parameter_value();
  if (value.get_type() != PARAMETER_BOOL) {
    throw exceptions::InvalidParameterTypeException(
        use_sim_time, "it is " + to_string(value.get_type()) + "; allowed: bool");
  }
  follow(value.get<bool>());
  apply_ = parameters_->add_post_set_parameters_callback([this](const std::vector<Parameter> & changed) {
    for (const auto & parameter : changed) {
      if (parameter.get_name() == use_sim_time && parameter.get_type() == PARAMETER_BOOL) {
        follow(parameter.as_bool());
      }
    }
  });
}

TimeSource::~TimeSource()
{
  if (apply_) {
    parameters_->remove_post_set_parameters_callback(apply_.get());
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  stop();
}

void TimeSource::follow(bool simulated)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  if (simulated && !subscription_) {
    start();
  } else if (!simulated) {
    stop();
  }
  const std::lock_guard<std::mutex> clock_lock(clock_->get_clock_mutex());
  const rcl_ret_t ret = simulated ? rcl_enable_ros_time_override(clock_->get_clock_handle())
                                  : rcl_disable_ros_time_override(clock_->get_clock_handle());
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to change the source of ROS time");
  }
}

void TimeSource::start()
{
  AnySubscriptionCallback<rosgraph_msgs::msg::Clock> callback;
  callback.set([clock = clock_](const rosgraph_msgs::msg::Clock & message) {
    const std::lock_guard<std::mutex> lock(clock->get_clock_mutex());
    if (rcl_set_ros_time_override(clock->get_clock_handle(), Time(message.clock).nanoseconds()) !=
        RCL_RET_OK) {
      rcl_reset_error();
    }
  });
  group_ = base_->create_callback_group(CallbackGroupType::MutuallyExclusive, false);
  subscription_ = std::make_shared<Subscription<rosgraph_msgs::msg::Clock>>(
      base_.get(), "/clock", qos_, std::move(callback), SubscriptionOptions());
  group_->add_subscription(subscription_);
  ExecutorOptions options;
  options.context = base_->get_context();
  executor_ = std::make_unique<executors::SingleThreadedExecutor>(options);
  executor_->add_callback_group(group_, base_);
  // Whoever stops the executor before it spins would wait for ever: be sure that it does.
  std::promise<void> started;
  auto running = started.get_future();
  thread_ = std::thread([this, &started]() {
    started.set_value();
    executor_->spin();
  });
  running.wait();
}

void TimeSource::stop()
{
  if (!subscription_) {
    return;
  }
  executor_->cancel();
  thread_.join();
  executor_.reset();
  subscription_.reset();
  group_.reset();
}

}  // namespace rclcpp::detail
