// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__INTERVENTION_LOG_HPP_
#define CARLA_GATEWAY__INTERVENTION_LOG_HPP_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "carla_drl_msgs/msg/safety_event.hpp"

namespace carla_gateway
{

/// As carla_drl_msgs/SafetyEvent numbers them.
enum class Intervention : std::uint8_t
{
  kClamped = carla_drl_msgs::msg::SafetyEvent::KIND_CLAMPED,
  kNonFinite = carla_drl_msgs::msg::SafetyEvent::KIND_NON_FINITE,
  kRateLimited = carla_drl_msgs::msg::SafetyEvent::KIND_RATE_LIMITED,
  kStaleHeld = carla_drl_msgs::msg::SafetyEvent::KIND_STALE_HELD,
  kStaleBraked = carla_drl_msgs::msg::SafetyEvent::KIND_STALE_BRAKED,
  kEmergencyStop = carla_drl_msgs::msg::SafetyEvent::KIND_EMERGENCY_STOP,
  kUnusableFrame = carla_drl_msgs::msg::SafetyEvent::KIND_UNUSABLE_FRAME,
};

constexpr std::size_t kInterventionKinds = carla_drl_msgs::msg::SafetyEvent::NUM_KINDS;

/// What happened of one kind since the summary before.
struct InterventionSummary
{
  Intervention kind = Intervention::kClamped;
  std::uint32_t session = 0;
  std::uint64_t first_frame = 0;
  std::uint64_t last_frame = 0;
  std::uint32_t count = 0;
  std::vector<std::uint32_t> agents;  ///< ascending
};

/// Sums interventions up between two looks at them. Not synchronised; add() allocates nothing once it has
/// seen the fleet's size.
class InterventionLog
{
 public:
  /// Notes one intervention for an agent.
  void add(Intervention kind, std::uint32_t session, std::uint64_t frame, std::size_t agent);

  /// Everything since the last call, in order of kind and session; begins anew. What belongs to a session
  /// that has ended is kept apart from what belongs to the next.
  std::vector<InterventionSummary> take();

  /// Interventions since the start, by kind.
  const std::array<std::uint64_t, kInterventionKinds> & totals() const noexcept { return totals_; }

 private:
  struct Pending
  {
    InterventionSummary summary;
    std::vector<bool> concerned;  // by agent
  };

  void close(Pending & pending);

  std::array<Pending, kInterventionKinds> pending_;
  std::array<std::uint64_t, kInterventionKinds> totals_ = {};
  std::vector<InterventionSummary> closed_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__INTERVENTION_LOG_HPP_
