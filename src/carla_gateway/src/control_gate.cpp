// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/control_gate.hpp"

#include <algorithm>
#include <cmath>

#include "carla_gateway/column_names.hpp"
#include "carla_gateway/wire_protocol.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FleetAction;

constexpr std::size_t kActions = FleetAction::NUM_ACTIONS;

void set_full_brake(float * control)
{
  control[0] = 0.0F;
  control[1] = 1.0F;
  control[2] = 0.0F;
}

}  // namespace

void ControlGate::open(std::uint32_t session, std::uint64_t frame, std::uint32_t num_agents)
{
  session_ = session;
  frame_ = frame;
  num_agents_ = num_agents;
  controls_.resize(num_agents * wire::kControlColumns);
  state_ = State::kAwaiting;
}

GateResult ControlGate::check(const ActionView & action)
{
  GateResult result;
  if (state_ == State::kClosed || action.session != session_ || action.frame < frame_) {
    result.verdict = Verdict::kLate;
    return result;
  }
  if (action.frame > frame_) {
    result.verdict = Verdict::kRejected;
    result.fault =
        "frame is " + std::to_string(action.frame) + ", the frame awaited is " + std::to_string(frame_);
    return result;
  }
  if (state_ == State::kAnswered) {
    result.verdict = Verdict::kDuplicate;
    return result;
  }
  if (action.num_agents != num_agents_) {
    result.verdict = Verdict::kRejected;
    result.fault = "num_agents is " + std::to_string(action.num_agents) + ", the fleet has " +
                   std::to_string(num_agents_);
    return result;
  }
  if (action.size != num_agents_ * kActions) {
    result.verdict = Verdict::kRejected;
    result.fault = "action has " + std::to_string(action.size) + " values, " + std::to_string(num_agents_) +
                   " agents need " + std::to_string(num_agents_ * kActions);
    return result;
  }
  apply(action, result);
  result.verdict = Verdict::kAccepted;
  state_ = State::kAnswered;
  return result;
}

void ControlGate::apply(const ActionView & action, GateResult & result)
{
  for (std::size_t agent = 0; agent < num_agents_; ++agent) {
    const float * row = action.values + agent * kActions;
    float * control = controls_.data() + agent * wire::kControlColumns;
    const float * bad = std::find_if(row, row + kActions, [](float value) { return !std::isfinite(value); });
    if (bad != row + kActions) {
      set_full_brake(control);
      if (result.non_finite++ == 0) {
        const auto column = static_cast<std::size_t>(bad - row);
        result.fault = "agent " + std::to_string(agent) + ", column '" + std::string(kActionColumns[column]) +
                       "' is " + std::to_string(*bad) + ", -1 to 1 is allowed: the agent brakes";
      }
      continue;
    }
    const float acceleration = std::clamp(row[FleetAction::ACTION_ACCELERATION], -1.0F, 1.0F);
    const float steer = std::clamp(row[FleetAction::ACTION_STEER], -1.0F, 1.0F);
    result.clamped += static_cast<std::uint32_t>(acceleration != row[FleetAction::ACTION_ACCELERATION]);
    result.clamped += static_cast<std::uint32_t>(steer != row[FleetAction::ACTION_STEER]);
    control[0] = acceleration > 0.0F ? acceleration : 0.0F;
    control[1] = acceleration < 0.0F ? -acceleration : 0.0F;
    control[2] = steer;
  }
}

void ControlGate::brake_all()
{
  for (std::size_t agent = 0; agent < num_agents_; ++agent) {
    set_full_brake(controls_.data() + agent * wire::kControlColumns);
  }
  state_ = State::kAnswered;
}

}  // namespace carla_gateway
