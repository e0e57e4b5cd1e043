// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/sensor_guard.hpp"

#include <cmath>
#include <cstring>
#include <utility>

#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_drl_msgs/msg/frame_layout.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FleetObservation;
using carla_drl_msgs::msg::FrameLayout;

constexpr std::array<const char *, kSensorFaults> kFaultTexts = {
    "is missing", "is frozen: the same data again while its ego moves", "is blank"};

/// Four independent lanes of 64-bit words, so that the multiplications overlap.
class Digest
{
 public:
  void add(const std::uint8_t * data, std::size_t bytes)
  {
    constexpr std::size_t kBlock = 32;
    std::size_t i = 0;
    for (; i + kBlock <= bytes; i += kBlock) {
      std::array<std::uint64_t, 4> words;
      std::memcpy(words.data(), data + i, kBlock);
      mix(words);
    }
    std::array<std::uint64_t, 4> rest = {0, 0, 0, bytes};
    std::memcpy(rest.data(), data + i, bytes - i < 24 ? bytes - i : 24);
    mix(rest);
    if (bytes - i > 24) {
      std::array<std::uint64_t, 4> last = {};
      std::memcpy(last.data(), data + i + 24, bytes - i - 24);
      mix(last);
    }
  }
  std::uint64_t value() const
  {
    std::uint64_t result = 0;
    for (const std::uint64_t lane : lanes_) {
      result = (result ^ lane ^ lane >> 32U) * kPrime;
    }
    return result;
  }

 private:
  // A large odd number: the golden ratio's fraction in 64 bits.
  static constexpr std::uint64_t kPrime = 0x9E3779B97F4A7C15U;
  void mix(const std::array<std::uint64_t, 4> & words)
  {
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
      const std::uint64_t mixed = (lanes_[lane] ^ words[lane]) * kPrime;
      lanes_[lane] = mixed ^ mixed >> 29U;
    }
  }
  std::array<std::uint64_t, 4> lanes_ = {1, 2, 3, 4};
};

}  // namespace

Reading inspect(const PixelView & picture)
{
  Reading reading;
  reading.there = true;
  Digest digest;
  reading.blank = true;
  const std::size_t bytes = picture.width * picture.pixel_bytes;
  for (std::size_t row = 0; row < picture.height; ++row) {
    const std::uint8_t * data = picture.data + row * picture.row_bytes;
    digest.add(data, bytes);
    // A row equals itself moved by a pixel when all its pixels are the same.
    reading.blank = reading.blank && std::memcmp(data, picture.data, picture.pixel_bytes) == 0 &&
                    std::memcmp(data, data + picture.pixel_bytes, bytes - picture.pixel_bytes) == 0;
  }
  reading.digest = digest.value();
  return reading;
}

Reading inspect(const PointView & scan)
{
  Reading reading;
  reading.there = true;
  reading.blank = scan.count == 0;
  Digest digest;
  digest.add(scan.data, scan.count * scan.step);
  reading.digest = digest.value();
  return reading;
}

SensorGuard::SensorGuard(const GuardConfig & config, std::vector<WatchedSensor> sensors, double step_s)
    : config_(config),
      sensors_(std::move(sensors)),
      step_s_(step_s),
      kept_(sensors_.size()),
      next_(sensors_.size())
{
}

bool SensorGuard::has_moved(const State & state, const float * ego) const
{
  const float dx = ego[FrameLayout::EGO_X_M] - state.pose[0];
  const float dy = ego[FrameLayout::EGO_Y_M] - state.pose[1];
  const float turn = std::remainder(ego[FrameLayout::EGO_YAW_RAD] - state.pose[2], 6.28318531F);
  return dx * dx + dy * dy > config_.frozen_m * config_.frozen_m || std::abs(turn) > config_.frozen_rad;
}

bool SensorGuard::take(std::size_t sensor, std::uint64_t frame, const Reading & reading, const float * ego,
                       SensorFault & fault)
{
  State & state = next_[sensor];
  if (!reading.there) {
    // Measurements that are several frames apart may drift by one.
    const std::size_t period = sensors_[sensor].period;
    const bool due = frame >= state.frame + period + (period > 1 ? 1 : 0);
    fault = SensorFault::kMissing;
    return reading.missing || due;
  }
  if (reading.blank) {
    fault = SensorFault::kBlank;
    return true;
  }
  const bool same = state.seen && reading.digest == state.digest && frame != state.digest_frame;
  if (same && has_moved(state, ego)) {
    fault = SensorFault::kFrozen;
    return true;
  }
  if (!same) {
    state.pose = {ego[FrameLayout::EGO_X_M], ego[FrameLayout::EGO_Y_M], ego[FrameLayout::EGO_YAW_RAD]};
  }
  state.seen = true;
  state.digest = reading.digest;
  state.digest_frame = frame;
  state.sound = true;
  state.frame = frame;
  return false;
}

FrameVerdict SensorGuard::judge(std::uint64_t frame, const Reading * readings, const float * ego,
                                const std::uint8_t * status)
{
  next_ = kept_;
  counters_ = kept_counters_;
  FrameVerdict verdict;
  for (std::size_t i = 0; i < sensors_.size(); ++i) {
    const WatchedSensor & sensor = sensors_[i];
    State & state = next_[i];
    if (!started_) {
      state.frame = frame == 0 ? 0 : frame - 1;
      state.begun = frame;
    }
    if ((status[sensor.agent] & FleetObservation::STATUS_RESET) != 0) {
      state.begun = frame;
    }
    SensorFault fault = SensorFault::kMissing;
    const float * row = ego + sensor.agent * std::size_t{FrameLayout::NUM_EGO};
    const bool faulty = take(i, frame, readings[i], row, fault);
    counters_.measurements += readings[i].there ? 1 : 0;
    const bool known = state.sound && state.frame >= state.begun;
    state.age = known ? static_cast<std::uint32_t>(frame - state.frame) : kNoAge;
    state.showing = !known ? Showing::kBlack : state.age == 0U ? Showing::kFresh : Showing::kHeld;
    if (!faulty) {
      continue;
    }
    ++counters_.faults[static_cast<std::size_t>(fault)];
    if (verdict.fault.empty()) {
      verdict.fault = "sensor " + sensor.name + " " + kFaultTexts[static_cast<std::size_t>(fault)];
    }
    constexpr double kRounding = 1e-6;
    const bool recent =
        known && static_cast<double>(state.age) * step_s_ <= config_.tolerance_s * (1.0 + kRounding);
    if (config_.policy == SensorPolicy::kLatest && recent) {
      ++counters_.held;
    } else if (config_.policy == SensorPolicy::kDrop) {
      verdict.fate = FrameFate::kLeaveOut;
    } else {
      verdict.fate = FrameFate::kUnusable;
    }
  }
  counters_.left_out_frames += verdict.fate == FrameFate::kLeaveOut ? 1 : 0;
  counters_.unusable_frames += verdict.fate == FrameFate::kUnusable ? 1 : 0;
  return verdict;
}

void SensorGuard::keep()
{
  kept_ = next_;
  kept_counters_ = counters_;
  started_ = true;
}

}  // namespace carla_gateway
