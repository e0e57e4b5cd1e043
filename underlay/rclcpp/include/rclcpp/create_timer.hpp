// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__CREATE_TIMER_HPP_
#define RCLCPP__CREATE_TIMER_HPP_

#include <chrono>
#include <limits>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "rclcpp/node_interfaces/node_base_interface.hpp"
#include "rclcpp/node_interfaces/node_timers_interface.hpp"
#include "rclcpp/timer.hpp"

namespace rclcpp
{

namespace detail
{

/// \throws std::invalid_argument if the period is negative or longer than nanoseconds can say
template <typename RepT, typename RatioT>
std::chrono::nanoseconds safe_cast_to_period_in_ns(std::chrono::duration<RepT, RatioT> period)
{
  using Seconds = std::chrono::duration<long double>;
  if (period < decltype(period)::zero()) {
    throw std::invalid_argument("timer period cannot be negative");
  }
  if (Seconds(period) >= Seconds(std::chrono::nanoseconds::max())) {
    throw std::invalid_argument(
        "timer period must be less than std::chrono::nanoseconds::max() (about 292 years)");
  }
  return std::chrono::duration_cast<std::chrono::nanoseconds>(period);
}

}  // namespace detail

/// Create a timer on the given clock in a node's callback group (null: the default one).
template <typename CallbackT>
typename TimerBase::SharedPtr create_timer(node_interfaces::NodeBaseInterface * node_base,
                                           node_interfaces::NodeTimersInterface * node_timers,
                                           Clock::SharedPtr clock, std::chrono::nanoseconds period,
                                           CallbackT && callback, CallbackGroup::SharedPtr group = nullptr,
                                           bool autostart = true)
{
  if (!node_base || !node_timers || !clock) {
    throw std::invalid_argument("create_timer: node_base, node_timers and clock cannot be null");
  }
  using F = std::decay_t<CallbackT>;
  auto timer = std::make_shared<GenericTimer<F>>(std::move(clock), detail::safe_cast_to_period_in_ns(period),
                                                 F(std::forward<CallbackT>(callback)),
                                                 node_base->get_context(), autostart);
  node_timers->add_timer(timer, std::move(group));
  return timer;
}

template <typename CallbackT>
typename TimerBase::SharedPtr create_timer(std::shared_ptr<node_interfaces::NodeBaseInterface> node_base,
                                           std::shared_ptr<node_interfaces::NodeTimersInterface> node_timers,
                                           Clock::SharedPtr clock, Duration period, CallbackT && callback,
                                           CallbackGroup::SharedPtr group = nullptr, bool autostart = true)
{
  return create_timer(node_base.get(), node_timers.get(), std::move(clock),
                      period.to_chrono<std::chrono::nanoseconds>(), std::forward<CallbackT>(callback),
                      std::move(group), autostart);
}

template <typename NodeT, typename CallbackT>
typename TimerBase::SharedPtr create_timer(NodeT node, Clock::SharedPtr clock, Duration period,
                                           CallbackT && callback, CallbackGroup::SharedPtr group = nullptr,
                                           bool autostart = true)
{
  return create_timer(node->get_node_base_interface(), node->get_node_timers_interface(), std::move(clock),
                      period, std::forward<CallbackT>(callback), std::move(group), autostart);
}

template <typename DurationRepT, typename DurationT, typename CallbackT>
typename WallTimer<std::decay_t<CallbackT>>::SharedPtr create_wall_timer(
    std::chrono::duration<DurationRepT, DurationT> period, CallbackT callback, CallbackGroup::SharedPtr group,
    node_interfaces::NodeBaseInterface * node_base, node_interfaces::NodeTimersInterface * node_timers,
    bool autostart = true)
{
  if (!node_base || !node_timers) {
    throw std::invalid_argument("create_wall_timer: node_base and node_timers cannot be null");
  }
  auto timer = std::make_shared<WallTimer<CallbackT>>(
      detail::safe_cast_to_period_in_ns(period), std::move(callback), node_base->get_context(), autostart);
  node_timers->add_timer(timer, std::move(group));
  return timer;
}

}  // namespace rclcpp

#endif  // RCLCPP__CREATE_TIMER_HPP_
