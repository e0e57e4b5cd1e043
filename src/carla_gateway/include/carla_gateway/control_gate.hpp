// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__CONTROL_GATE_HPP_
#define CARLA_GATEWAY__CONTROL_GATE_HPP_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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
  kAccepted,   ///< controls() answers the awaited frame
  kLate,       ///< answers an older frame or another session, or no frame is awaited
  kDuplicate,  ///< answers the frame that was answered last
  kRejected,   ///< answers the awaited frame but cannot be used; the frame stays unanswered
};

struct GateResult
{
  Verdict verdict = Verdict::kLate;
  std::uint32_t clamped = 0;     ///< values that were outside [-1, 1]
  std::uint32_t non_finite = 0;  ///< agents that got full brake for a NaN or an infinity
  std::string fault;             ///< what was wrong, for the log; empty when nothing was
};

/// The last thing between a policy and the vehicles: lets one sound action per frame through, as vehicle
/// controls.
///
/// Knows which session and frame is awaited. Not synchronised: the caller keeps open() and check() apart.
class ControlGate
{
 public:
  /// Awaits the answer to a frame, also when that frame was answered before (the bridge may have missed it).
  void open(std::uint32_t session, std::uint64_t frame, std::uint32_t num_agents);

  /// Awaits nothing: every action is late until the next open().
  void close() noexcept { state_ = State::kClosed; }

  /// Judges an action and, when it is accepted, turns it into controls().
  /// Values beyond [-1, 1] are clamped; an agent with a value that is not finite gets full brake.
  GateResult check(const ActionView & action);

  /// Answers the awaited frame with full brake and straight wheels for all agents.
  void brake_all();

  /// f32[N][3] throttle 0..1, brake 0..1, steer -1..1 (left positive), as CONTROL carries them.
  const std::vector<float> & controls() const noexcept { return controls_; }

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

  void apply(const ActionView & action, GateResult & result);

  State state_ = State::kClosed;
  std::uint32_t session_ = 0;
  std::uint64_t frame_ = 0;
  std::uint32_t num_agents_ = 0;
  std::vector<float> controls_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__CONTROL_GATE_HPP_
