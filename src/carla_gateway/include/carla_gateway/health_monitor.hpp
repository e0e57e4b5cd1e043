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
};

struct HealthReport
{
  HealthLevel level = HealthLevel::kOk;
  std::string message;
  std::vector<std::pair<std::string, std::string>> values;
};

/// Counts what goes through the gateway and judges whether it is well. Any thread may call anything.
///
/// Times are CLOCK_MONOTONIC nanoseconds that the caller passes in. Counters run from the start; rates, means
/// and maxima are over the time since the report before.
class HealthMonitor
{
 public:
  static constexpr std::int64_t kFrameTimeoutNs = 5'000'000'000;

  explicit HealthMonitor(std::int64_t now_ns) : last_report_ns_(now_ns) {}

  void bridge_connected(std::int64_t now_ns, std::uint32_t session, std::uint32_t num_agents);
  void bridge_gone(const BridgeEnd & end);
  void peer_refused();

  /// A frame was published: complete in the ring at `written_ns`, its FRAME read at `received_ns`.
  void frame_published(std::int64_t written_ns, std::int64_t received_ns, std::int64_t published_ns);
  /// A frame could not be used and was answered with full brake.
  void frame_unusable(std::int64_t now_ns, const std::string & why);

  /// An action was judged; when it was accepted, its CONTROL was sent at `sent_ns`, in answer to the FRAME
  /// that was read at `frame_received_ns`.
  void action_judged(const GateResult & result, std::int64_t frame_received_ns, std::int64_t received_ns,
                     std::int64_t sent_ns);
  /// An action that was let through turned out to be faulty.
  void action_fault(const std::string & fault);
  void send_failed();
  /// What the gate has changed since the start, by kind, and whether its emergency stop is on.
  void gate_state(const std::array<std::uint64_t, kInterventionKinds> & totals, bool emergency_stop);

  /// What to report now; begins the next period.
  HealthReport report(std::int64_t now_ns);

 private:
  /// Mean and maximum of the durations of one period, in microseconds.
  struct Span
  {
    std::uint64_t count = 0;
    std::int64_t sum_ns = 0;
    std::int64_t max_ns = 0;
    void add(std::int64_t duration_ns);
    double mean_us() const;
    double max_us() const;
  };

  enum class Bridge
  {
    kNone,
    kConnected,
    kDied,
    kLeft,
  };

  std::pair<HealthLevel, std::string> judge(std::int64_t now_ns) const;
  /// Keeps a fault to report unless this period has one already. The mutex is held.
  void note_fault(const std::string & fault);
  /// Interventions of a kind since the report before.
  std::uint64_t recent(Intervention kind) const;

  std::mutex mutex_;
  Bridge bridge_ = Bridge::kNone;
  std::string bridge_reason_;
  std::uint32_t session_ = 0;
  std::uint32_t num_agents_ = 0;
  std::int64_t last_frame_ns_ = 0;

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

  std::int64_t last_report_ns_ = 0;
  std::uint64_t period_frames_ = 0;
  std::uint64_t period_actions_ = 0;
  std::string period_fault_;  // the first error of this period
  Span observation_;
  Span publish_;
  Span action_;
  Span round_trip_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__HEALTH_MONITOR_HPP_
