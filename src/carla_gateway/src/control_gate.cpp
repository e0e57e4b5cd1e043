// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/control_gate.hpp"

#include <algorithm>
#include <cmath>

#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_gateway/column_names.hpp"
#include "carla_gateway/wire_protocol.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FleetAction;
using carla_drl_msgs::msg::FleetObservation;

constexpr std::size_t kActions = FleetAction::NUM_ACTIONS;
constexpr float kFullBrake = -1.0F;  // as an acceleration
constexpr double kRoundingS = 1e-6;  // three steps of 0.1 s are not more than 0.3 s

}  // namespace

void ControlGate::open(std::uint32_t session, std::uint64_t frame, std::uint32_t num_agents, double step_s,
                       const std::uint8_t * status)
{
  const std::size_t size = num_agents * kActions;
  if (session != session_ || num_agents != num_agents_ || command_.size() != size) {
    controls_.assign(num_agents * wire::kControlColumns, 0.0F);
    command_.assign(size, 0.0F);
    previous_.assign(size, 0.0F);
    latched_.clear();
  } else if (frame != frame_ && state_ == State::kAnswered) {
    previous_ = command_;
  }
  session_ = session;
  frame_ = frame;
  num_agents_ = num_agents;
  step_s_ = step_s;
  state_ = State::kAwaiting;
  for (std::size_t agent = 0; status != nullptr && agent < num_agents; ++agent) {
    if ((status[agent] & FleetObservation::STATUS_RESET) != 0) {
      previous_[agent * kActions + FleetAction::ACTION_ACCELERATION] = 0.0F;
      previous_[agent * kActions + FleetAction::ACTION_STEER] = 0.0F;
    }
  }
}

bool ControlGate::fits(const ActionView & action, std::string & fault) const
{
  if (action.frame > frame_) {
    fault = "frame is " + std::to_string(action.frame) + ", the frame awaited is " + std::to_string(frame_);
    return false;
  }
  if (action.num_agents != num_agents_) {
    fault = "num_agents is " + std::to_string(action.num_agents) + ", the fleet has " +
            std::to_string(num_agents_);
    return false;
  }
  if (action.size != num_agents_ * kActions) {
    fault = "action has " + std::to_string(action.size) + " values, " + std::to_string(num_agents_) +
            " agents need " + std::to_string(num_agents_ * kActions);
    return false;
  }
  return true;
}

GateResult ControlGate::check(const ActionView & action)
{
  GateResult result;
  if (state_ == State::kClosed || action.session != session_ || action.frame < frame_) {
    result.verdict = Verdict::kLate;
    return result;
  }
  if (action.frame == frame_ && state_ == State::kAnswered) {
    result.verdict = Verdict::kDuplicate;
    return result;
  }
  if (!fits(action, result.fault)) {
    result.verdict = Verdict::kRejected;
    return result;
  }
  apply(action.values, result);
  result.verdict = Verdict::kAccepted;
  state_ = State::kAnswered;
  repeats_ = 0;
  return result;
}

GateResult ControlGate::latch(const ActionView & action)
{
  GateResult result;
  if (state_ == State::kClosed || action.session != session_ ||
      (!latched_.empty() && action.frame < latched_frame_)) {
    result.verdict = Verdict::kLate;
    return result;
  }
  if (!latched_.empty() && action.frame == latched_frame_) {
    result.verdict = Verdict::kDuplicate;
    return result;
  }
  if (!fits(action, result.fault)) {
    result.verdict = Verdict::kRejected;
    return result;
  }
  latched_.assign(action.values, action.values + action.size);
  latched_frame_ = action.frame;
  result.verdict = Verdict::kAccepted;
  return result;
}

GateResult ControlGate::answer()
{
  GateResult result;
  result.verdict = Verdict::kAccepted;
  const double age_s = static_cast<double>(frame_ - latched_frame_) * step_s_;
  if (latched_.empty() || age_s > config_.hold_s + kRoundingS) {
    brake_all(Intervention::kStaleBraked);
    return result;
  }
  // An action for a frame before this one is what a policy with some latency sends; only its repetition is a
  // hold.
  if (state_ != State::kAnswered && latched_frame_ + 1 < frame_) {
    for (std::size_t agent = 0; agent < num_agents_; ++agent) {
      interventions_.add(Intervention::kStaleHeld, session_, frame_, agent);
    }
  }
  apply(latched_.data(), result);
  state_ = State::kAnswered;
  return result;
}

bool ControlGate::repeat()
{
  GateResult result;
  if (static_cast<double>(++repeats_) * step_s_ > config_.hold_s + kRoundingS) {
    brake_all(Intervention::kStaleBraked);
    return false;
  }
  for (std::size_t agent = 0; agent < num_agents_; ++agent) {
    interventions_.add(Intervention::kStaleHeld, session_, frame_, agent);
  }
  apply(previous_.data(), result);
  state_ = State::kAnswered;
  return true;
}

float ControlGate::limited(float wanted, std::size_t agent, std::size_t column, GateResult & result)
{
  float value = std::clamp(wanted, -1.0F, 1.0F);
  if (value != wanted) {
    ++result.clamped;
    interventions_.add(Intervention::kClamped, session_, frame_, agent);
  }
  const bool is_steer = column == FleetAction::ACTION_STEER;
  const double rate = is_steer ? config_.max_steer_rate : config_.max_acceleration_rate;
  if (rate > 0.0 && step_s_ > 0.0) {
    const auto reach = static_cast<float>(rate * step_s_);
    const float before = previous_[agent * kActions + column];
    const float low = is_steer ? before - reach : -1.0F;
    const float within = std::clamp(value, low, std::max(before + reach, low));
    if (within != value) {
      interventions_.add(Intervention::kRateLimited, session_, frame_, agent);
      value = within;
    }
  }
  return value;
}

void ControlGate::full_brake(std::size_t agent, Intervention why)
{
  float * control = controls_.data() + agent * wire::kControlColumns;
  control[0] = 0.0F;
  control[1] = 1.0F;
  control[2] = 0.0F;
  command_[agent * kActions + FleetAction::ACTION_ACCELERATION] = kFullBrake;
  command_[agent * kActions + FleetAction::ACTION_STEER] = 0.0F;
  interventions_.add(why, session_, frame_, agent);
}

void ControlGate::apply(const float * values, GateResult & result)
{
  for (std::size_t agent = 0; agent < num_agents_; ++agent) {
    const float * row = values + agent * kActions;
    const float * bad = std::find_if(row, row + kActions, [](float value) { return !std::isfinite(value); });
    if (bad != row + kActions) {
      full_brake(agent, Intervention::kNonFinite);
      if (result.non_finite++ == 0) {
        const auto column = static_cast<std::size_t>(bad - row);
        result.fault = "agent " + std::to_string(agent) + ", column '" + std::string(kActionColumns[column]) +
                       "' is " + std::to_string(*bad) + ", -1 to 1 is allowed: the agent brakes";
      }
      continue;
    }
    if (emergency_stop_) {
      full_brake(agent, Intervention::kEmergencyStop);
      continue;
    }
    float * command = command_.data() + agent * kActions;
    for (std::size_t column = 0; column < kActions; ++column) {
      command[column] = limited(row[column], agent, column, result);
    }
    const float acceleration = command[FleetAction::ACTION_ACCELERATION];
    float * control = controls_.data() + agent * wire::kControlColumns;
    control[0] = acceleration > 0.0F ? acceleration : 0.0F;
    control[1] = acceleration < 0.0F ? -acceleration : 0.0F;
    control[2] = command[FleetAction::ACTION_STEER];
  }
}

void ControlGate::brake_all(Intervention why)
{
  for (std::size_t agent = 0; agent < num_agents_; ++agent) {
    full_brake(agent, why);
  }
  state_ = State::kAnswered;
}

}  // namespace carla_gateway
