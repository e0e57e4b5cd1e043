// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__SENSOR_GUARD_HPP_
#define CARLA_GATEWAY__SENSOR_GUARD_HPP_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "carla_gateway/sensor_views.hpp"

namespace carla_gateway
{

/// What becomes of a frame in which a sensor that observations show has nothing sound to show.
enum class SensorPolicy
{
  kAll,     ///< it cannot be used: full brake
  kLatest,  ///< what was measured last is shown if it is not too old; otherwise as kAll
  kDrop,    ///< it is left out: the last action goes on
};

struct GuardConfig
{
  SensorPolicy policy = SensorPolicy::kAll;
  double tolerance_s = 0.2;  ///< kLatest: greatest age of what is shown, s of simulated time
  /// How far an ego moves, m, or turns, rad, before the same data again mean that its sensor is frozen.
  float frozen_m = 0.1F;
  float frozen_rad = 0.02F;
};

/// One sensor of one ego.
struct WatchedSensor
{
  std::string name;  ///< for messages, e.g. "ego0/front"
  std::size_t agent = 0;
  std::size_t period = 1;  ///< frames from one measurement to the next
};

/// What came of a sensor in a frame.
struct Reading
{
  bool there = false;        ///< data of this frame
  bool missing = false;      ///< who waited for the data says that they were due
  bool blank = false;        ///< a picture of one colour, a scan without points
  std::uint64_t digest = 0;  ///< of the data; equal for equal data
};

/// A digest of data and whether they are blank; the views' data must be there.
Reading inspect(const PixelView & picture);
Reading inspect(const PointView & scan);

enum class Showing : std::uint8_t
{
  kFresh,  ///< the data of this frame
  kHeld,   ///< what was shown in the frame before
  kBlack,  ///< nothing yet in this episode
};

enum class SensorFault : std::uint8_t
{
  kMissing = 0,
  kFrozen = 1,
  kBlank = 2,
};
constexpr std::size_t kSensorFaults = 3;

enum class FrameFate
{
  kUse,
  kLeaveOut,
  kUnusable,
};

struct FrameVerdict
{
  FrameFate fate = FrameFate::kUse;
  /// The first fault, empty when there is none; e.g. "sensor ego0/front is missing".
  std::string fault;
};

/// Counters since the start.
struct SensorCounters
{
  std::uint64_t measurements = 0;
  std::array<std::uint64_t, kSensorFaults> faults = {};  ///< by SensorFault, one per sensor and frame
  std::uint64_t held = 0;                                ///< faults for which older data were shown
  std::uint64_t left_out_frames = 0;
  std::uint64_t unusable_frames = 0;
};

/// Judges frame by frame whether the sensors that observations show have measured what they should, so that
/// nothing old is taken for new.
///
/// A sensor is faulty in a frame when its data are due and not there, when they are the same bit for bit
/// although its ego has moved since they first came, and when they are blank. It stays so until it has sound
/// data again.
class SensorGuard
{
 public:
  static constexpr std::uint32_t kNoAge = 0xFFFFFFFFU;

  /// @param step_s simulated time per frame, s
  SensorGuard(const GuardConfig & config, std::vector<WatchedSensor> sensors, double step_s);

  /// Judges a frame; what it says counts once it is kept.
  /// @param readings one per sensor
  /// @param ego N x FrameLayout.NUM_EGO
  /// @param status FleetObservation status bits per agent
  FrameVerdict judge(std::uint64_t frame, const Reading * readings, const float * ego,
                     const std::uint8_t * status);

  /// What is to be shown of a sensor in the frame that was judged last.
  Showing showing(std::size_t sensor) const { return next_[sensor].showing; }
  /// Frames since it was measured; kNoAge when there is nothing.
  std::uint32_t age(std::size_t sensor) const { return next_[sensor].age; }

  void keep();

  const SensorCounters & counters() const noexcept { return counters_; }

 private:
  struct State
  {
    bool sound = false;       // there ever were sound data
    std::uint64_t frame = 0;  // of the last sound data; before those, of the frame before the first
    std::uint64_t begun = 0;  // frame in which the ego's episode began
    bool seen = false;        // digest and pose are of something
    std::uint64_t digest = 0;
    std::uint64_t digest_frame = 0;  // in which the data with this digest came last
    std::array<float, 3> pose = {};  // x, y, yaw when they came first
    Showing showing = Showing::kBlack;
    std::uint32_t age = kNoAge;
  };

  /// Takes in a reading; returns whether it is faulty, and how.
  bool take(std::size_t sensor, std::uint64_t frame, const Reading & reading, const float * ego,
            SensorFault & fault);
  bool has_moved(const State & state, const float * ego) const;

  GuardConfig config_;
  std::vector<WatchedSensor> sensors_;
  double step_s_;
  std::vector<State> kept_;
  std::vector<State> next_;
  bool started_ = false;
  SensorCounters kept_counters_;
  SensorCounters counters_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__SENSOR_GUARD_HPP_
