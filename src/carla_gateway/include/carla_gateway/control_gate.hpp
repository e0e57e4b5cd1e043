// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__CONTROL_GATE_HPP_
#define CARLA_GATEWAY__CONTROL_GATE_HPP_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "carla_gateway/intervention_log.hpp"

namespace carla_gateway
{

/// One FleetAction, by reference.
struct ActionView
{
  std::uint32_t session = 0;
  std::uint64_t frame = 0;
  std::uint32_t num_agents = 0;
  const float * values = nullptr;  ///< num_agents x FleetAction.NUM_ACTIONS expected
  std::size_t size = 0;            ///< number of floats behind `values`
};

enum class Verdict
{
  kAccepted,  ///< lock-step: controls() answers the awaited frame; drive: kept for the next answer()
  kLate,  ///< of another session, of a frame before the awaited (drive: newest) one, or no frame is awaited
  kDuplicate,  ///< for the frame that was answered (drive: acted on) last
  kRejected,   ///< cannot be used; the frame stays unanswered
};

struct GateResult
{
  Verdict verdict = Verdict::kLate;
  std::uint32_t clamped = 0;     ///< values that were outside [-1, 1]
  std::uint32_t non_finite = 0;  ///< agents that got full brake for a NaN or an infinity
  std::string fault;             ///< what was wrong, for the log; empty when nothing was
};

struct GateConfig
{
  /// Greatest change of steer per simulated second (1 is half of the range); 0 is no limit.
  double max_steer_rate = 0.0;
  /// Greatest rise of acceleration per simulated second, which limits the vehicles' jerk; 0 is no limit.
  /// Letting go of the throttle and braking are never held back.
  double max_acceleration_rate = 0.0;
  /// Drive mode: how long the last action is held when no new one comes, s of simulated time.
  double hold_s = 0.5;
};

/// The last thing between a policy and the vehicles: turns sound actions into vehicle controls.
///
/// Lock-step: open() awaits one action per frame, check() answers with it. Drive mode: open() announces a
/// frame, latch() takes actions as they come, and answer() gives the controls when the frame is due: those of
/// the newest action, held for a while when none came, then full brake. Not synchronised.
class ControlGate
{
 public:
  explicit ControlGate(const GateConfig & config = {}) : config_(config) {}

  /// Awaits the answer to a frame, also when that frame was answered before (the bridge may have missed it).
  /// @param step_s simulated time since the frame before, for limits and ages
  /// @param status FleetObservation status bits per agent; an agent that starts an episode starts with the
  /// brake
  ///   on and straight wheels as far as rate limits go. May be null.
  void open(std::uint32_t session, std::uint64_t frame, std::uint32_t num_agents, double step_s = 0.0,
            const std::uint8_t * status = nullptr);

  /// Awaits nothing: every action is late until the next open().
  void close() noexcept { state_ = State::kClosed; }

  /// Lock-step: judges an action and, when it is accepted, turns it into controls().
  /// Values beyond [-1, 1] are clamped; an agent with a value that is not finite gets full brake.
  GateResult check(const ActionView & action);

  /// Drive mode: judges an action and keeps it when it is newer than the one kept.
  GateResult latch(const ActionView & action);

  /// Drive mode: turns what was latched into controls(), now that the frame is due.
  GateResult answer();

  /// Lock-step: answers the awaited frame with the command of the frame before, for hold_s of simulated time
  /// at most; then with full brake. Returns whether it was repeated.
  bool repeat();

  /// Answers the awaited frame with full brake and straight wheels for all agents.
  void brake_all(Intervention why = Intervention::kUnusableFrame);

  /// From the next answer on, all agents get full brake, until it is switched off again.
  void set_emergency_stop(bool on) noexcept { emergency_stop_ = on; }
  bool emergency_stop() const noexcept { return emergency_stop_; }

  /// f32[N][3] throttle 0..1, brake 0..1, steer -1..1 (left positive), as CONTROL carries them.
  const std::vector<float> & controls() const noexcept { return controls_; }

  /// What was changed on the way through.
  InterventionLog & interventions() noexcept { return interventions_; }

  std::uint32_t session() const noexcept { return session_; }
  std::uint64_t frame() const noexcept { return frame_; }
  std::uint32_t num_agents() const noexcept { return num_agents_; }

 private:
  enum class State
  {
    kClosed,
    kAwaiting,
    kAnswered,
  };

  /// Fills `fault` and returns false when an action has the wrong size for the fleet.
  bool fits(const ActionView & action, std::string & fault) const;
  void apply(const float * values, GateResult & result);
  float limited(float wanted, std::size_t agent, std::size_t column, GateResult & result);
  void full_brake(std::size_t agent, Intervention why);

  const GateConfig config_;
  State state_ = State::kClosed;
  std::uint32_t session_ = 0;
  std::uint64_t frame_ = 0;
  std::uint32_t num_agents_ = 0;
  double step_s_ = 0.0;
  std::size_t repeats_ = 0;  // frames in a row without an action
  bool emergency_stop_ = false;
  std::vector<float> controls_;
  std::vector<float> command_;   // N x NUM_ACTIONS as let through for this frame
  std::vector<float> previous_;  // the same for the frame before
  std::vector<float> latched_;   // N x NUM_ACTIONS, newest action of drive mode; empty before the first
  std::uint64_t latched_frame_ = 0;
  InterventionLog interventions_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__CONTROL_GATE_HPP_
