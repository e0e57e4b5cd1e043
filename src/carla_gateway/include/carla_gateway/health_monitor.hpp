// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__HEALTH_MONITOR_HPP_
#define CARLA_GATEWAY__HEALTH_MONITOR_HPP_

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "carla_gateway/bridge_socket.hpp"
#include "carla_gateway/control_gate.hpp"

namespace carla_gateway
{

/// As diagnostic_msgs/DiagnosticStatus numbers them.
enum class HealthLevel : std::uint8_t
{
  kOk = 0,
  kWarn = 1,
  kError = 2,
  kStale = 3,
};

/// When silence and slowness are a warning, an error, or the end of hope.
struct HealthThresholds
{
  double frame_warn_s = 0.5;   ///< without the next frame after an answer
  double frame_error_s = 2.0;  ///< likewise
  double frame_stale_s = 10.0;
  double action_warn_s = 10.0;    ///< without an action for a frame: learners pause
  double expected_rate_hz = 0.0;  ///< frames per second of wall time; 0: any
  double rate_warn = 0.8;         ///< share of the expected rate
  double rate_error = 0.5;
  double latency_warn_ms = 20.0;  ///< mean from the frame's end in the bridge to its observation
  double latency_error_ms = 200.0;
};

struct HealthReport
{
  HealthLevel level = HealthLevel::kOk;
  std::string message;
  std::vector<std::pair<std::string, std::string>> values;
};

/// Counts what goes through the gateway and judges whether it is well. Any thread may call anything.
///
/// Silence is judged by whose turn it is: the bridge's after an answer, the agent's after a frame.
/// Times are CLOCK_MONOTONIC nanoseconds that the caller passes in. Counters run from the start; rates, means
/// and maxima are over the time since the report before.
class HealthMonitor
{
 public:
  explicit HealthMonitor(std::int64_t now_ns, const HealthThresholds & thresholds = HealthThresholds())
      : thresholds_(thresholds), last_report_ns_(now_ns)
  {
  }

  void bridge_connected(std::int64_t now_ns, std::uint32_t session, std::uint32_t num_agents);
  void bridge_gone(const BridgeEnd & end);
  void peer_refused();

  /// A frame was published: complete in the ring at `written_ns`, its FRAME read at `received_ns`.
  void frame_published(std::int64_t written_ns, std::int64_t received_ns, std::int64_t published_ns);
  /// The frame's CONTROL was handed to the bridge, or could not be.
  void frame_answered(std::int64_t now_ns, bool sent);
  /// The rasters of a frame were drawn.
  void raster_built(std::int64_t duration_ns);
  /// A frame could not be used; full brake is its answer.
  void frame_unusable(std::int64_t now_ns, const std::string & why);

  /// An action was judged; when it was accepted, its CONTROL was sent at `sent_ns`, in answer to the FRAME
  /// that was read at `frame_received_ns`.
  void action_judged(const GateResult & result, std::int64_t frame_received_ns, std::int64_t received_ns,
                     std::int64_t sent_ns);
  /// An action that was let through turned out to be faulty.
  void action_fault(const std::string & fault);
  /// What the gate has changed since the start, by kind, and whether its emergency stop is on.
  void gate_state(const std::array<std::uint64_t, kInterventionKinds> & totals, bool emergency_stop);

  /// Whether things are worse than the last report said: time to report at once.
  bool worse_than_reported(std::int64_t now_ns) const;
  /// What to report now; begins the next period.
  HealthReport report(std::int64_t now_ns);

 private:
  /// Mean and maximum of the durations of one period, in microseconds.
  struct Span
  {
    std::uint64_t count = 0;
    std::int64_t sum_ns = 0;
    std::int64_t max_ns = 0;
    double sum_of_squares_us = 0.0;
    void add(std::int64_t duration_ns);
    double mean_us() const;
    double deviation_us() const;
    double max_us() const;
  };

  enum class Bridge
  {
    kNone,
    kConnected,
    kDied,
    kLeft,
  };

  using Judgement = std::pair<HealthLevel, std::string>;
  Judgement judge(std::int64_t now_ns) const;
  /// Whether frames or actions are missing.
  Judgement judge_silence(std::int64_t now_ns) const;
  /// Whether the period that ends now was slow.
  Judgement judge_speed(double seconds) const;
  /// Keeps a fault to report unless this period has one already. The mutex is held.
  void note_fault(const std::string & fault);
  /// Interventions of a kind since the report before.
  std::uint64_t recent(Intervention kind) const;

  const HealthThresholds thresholds_;
  mutable std::mutex mutex_;
  Bridge bridge_ = Bridge::kNone;
  std::string bridge_reason_;
  std::uint32_t session_ = 0;
  std::uint32_t num_agents_ = 0;
  std::int64_t last_frame_ns_ = 0;
  std::int64_t last_answer_ns_ = 0;
  bool awaiting_frame_ = false;

  std::uint64_t frames_ = 0;
  std::uint64_t unusable_ = 0;
  std::uint64_t actions_ = 0;
  std::uint64_t late_ = 0;
  std::uint64_t duplicate_ = 0;
  std::uint64_t rejected_ = 0;
  std::array<std::uint64_t, kInterventionKinds> interventions_ = {};
  std::array<std::uint64_t, kInterventionKinds> reported_interventions_ = {};
  bool emergency_stop_ = false;
  std::uint64_t send_failures_ = 0;
  std::uint64_t connections_ = 0;
  std::uint64_t refused_ = 0;

  HealthLevel reported_level_ = HealthLevel::kError;
  std::int64_t last_report_ns_ = 0;
  std::uint64_t period_frames_ = 0;
  std::uint64_t period_actions_ = 0;
  std::string period_fault_;  // the first error of this period
  Span interval_;
  Span observation_;
  Span publish_;
  Span raster_;
  Span action_;
  Span round_trip_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__HEALTH_MONITOR_HPP_
