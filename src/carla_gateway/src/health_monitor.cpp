// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/health_monitor.hpp"

#include <algorithm>
#include <cstdio>
#include <tuple>

namespace carla_gateway
{
namespace
{

std::string one_decimal(double value)
{
  char text[32] = {};
  std::snprintf(text, sizeof(text), "%.1f", value);
  return text;
}

}  // namespace

void HealthMonitor::Span::add(std::int64_t duration_ns)
{
  ++count;
  sum_ns += duration_ns;
  max_ns = std::max(max_ns, duration_ns);
}

double HealthMonitor::Span::mean_us() const
{
  return count == 0 ? 0.0 : static_cast<double>(sum_ns) / static_cast<double>(count) / 1e3;
}

double HealthMonitor::Span::max_us() const
{
  return static_cast<double>(max_ns) / 1e3;
}

void HealthMonitor::bridge_connected(std::int64_t now_ns, std::uint32_t session, std::uint32_t num_agents)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  bridge_ = Bridge::kConnected;
  session_ = session;
  num_agents_ = num_agents;
  last_frame_ns_ = now_ns;
  ++connections_;
}

void HealthMonitor::bridge_gone(const BridgeEnd & end)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  bridge_ = end.kind == BridgeEnd::Kind::kBye ? Bridge::kLeft : Bridge::kDied;
  bridge_reason_ = end.reason;
}

void HealthMonitor::peer_refused()
{
  const std::lock_guard<std::mutex> lock(mutex_);
  ++refused_;
}

void HealthMonitor::frame_published(std::int64_t written_ns, std::int64_t received_ns,
                                    std::int64_t published_ns)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  ++frames_;
  ++period_frames_;
  last_frame_ns_ = published_ns;
  observation_.add(published_ns - written_ns);
  publish_.add(published_ns - received_ns);
}

void HealthMonitor::frame_unusable(std::int64_t now_ns, const std::string & why)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  ++unusable_;
  last_frame_ns_ = now_ns;
  note_fault("unusable frame: " + why);
}

void HealthMonitor::action_judged(const GateResult & result, std::int64_t frame_received_ns,
                                  std::int64_t received_ns, std::int64_t sent_ns)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!result.fault.empty()) {
    note_fault("faulty action: " + result.fault);
  }
  switch (result.verdict) {
    case Verdict::kAccepted:
      ++actions_;
      ++period_actions_;
      action_.add(sent_ns - received_ns);
      round_trip_.add(sent_ns - frame_received_ns);
      break;
    case Verdict::kLate:
      ++late_;
      break;
    case Verdict::kDuplicate:
      ++duplicate_;
      break;
    case Verdict::kRejected:
      ++rejected_;
      break;
  }
}

void HealthMonitor::action_fault(const std::string & fault)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  note_fault("faulty action: " + fault);
}

void HealthMonitor::send_failed()
{
  const std::lock_guard<std::mutex> lock(mutex_);
  ++send_failures_;
  note_fault("a packet could not be sent to the bridge");
}

void HealthMonitor::note_fault(const std::string & fault)
{
  if (period_fault_.empty()) {
    period_fault_ = fault;
  }
}

void HealthMonitor::gate_state(const std::array<std::uint64_t, kInterventionKinds> & totals,
                               bool emergency_stop)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  interventions_ = totals;
  emergency_stop_ = emergency_stop;
}

std::uint64_t HealthMonitor::recent(Intervention kind) const
{
  const auto index = static_cast<std::size_t>(kind);
  return interventions_[index] - reported_interventions_[index];
}

std::pair<HealthLevel, std::string> HealthMonitor::judge(std::int64_t now_ns) const
{
  switch (bridge_) {
    case Bridge::kNone:
      return {HealthLevel::kError, "no bridge connected"};
    case Bridge::kDied:
      return {HealthLevel::kError, "no bridge connected: the last one was lost (" + bridge_reason_ + ")"};
    case Bridge::kLeft:
      return {HealthLevel::kWarn, "no bridge connected: the last one shut down cleanly"};
    case Bridge::kConnected:
      break;
  }
  if (!period_fault_.empty()) {
    return {HealthLevel::kError, period_fault_};
  }
  if (recent(Intervention::kStaleBraked) > 0) {
    return {HealthLevel::kError, "actions stopped: the agents brake"};
  }
  if (emergency_stop_) {
    return {HealthLevel::kWarn, "the emergency stop is on"};
  }
  if (recent(Intervention::kStaleHeld) > 0) {
    return {HealthLevel::kWarn, "actions come too late: the last ones are held"};
  }
  if (now_ns - last_frame_ns_ > kFrameTimeoutNs) {
    return {HealthLevel::kWarn,
            "no frame for " + one_decimal(static_cast<double>(now_ns - last_frame_ns_) / 1e9) + " s"};
  }
  return {HealthLevel::kOk, "frames flow"};
}

HealthReport HealthMonitor::report(std::int64_t now_ns)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  HealthReport report;
  std::tie(report.level, report.message) = judge(now_ns);
  const double seconds = static_cast<double>(std::max<std::int64_t>(now_ns - last_report_ns_, 1)) / 1e9;
  const auto rate = [seconds](std::uint64_t count) {
    return one_decimal(static_cast<double>(count) / seconds);
  };
  const auto total = [this](Intervention kind) {
    return std::to_string(interventions_[static_cast<std::size_t>(kind)]);
  };
  report.values = {
      {"bridge_connected", bridge_ == Bridge::kConnected ? "true" : "false"},
      {"session", std::to_string(session_)},
      {"num_agents", std::to_string(num_agents_)},
      {"frames", std::to_string(frames_)},
      {"frames_per_s", rate(period_frames_)},
      {"unusable_frames", std::to_string(unusable_)},
      {"actions", std::to_string(actions_)},
      {"actions_per_s", rate(period_actions_)},
      {"late_actions", std::to_string(late_)},
      {"duplicate_actions", std::to_string(duplicate_)},
      {"rejected_actions", std::to_string(rejected_)},
      {"clamped_values", total(Intervention::kClamped)},
      {"non_finite_agents", total(Intervention::kNonFinite)},
      {"rate_limited_values", total(Intervention::kRateLimited)},
      {"stale_held", total(Intervention::kStaleHeld)},
      {"stale_braked", total(Intervention::kStaleBraked)},
      {"emergency_braked", total(Intervention::kEmergencyStop)},
      {"emergency_stop", emergency_stop_ ? "true" : "false"},
      {"send_failures", std::to_string(send_failures_)},
      {"reconnects", std::to_string(connections_ == 0 ? 0 : connections_ - 1)},
      {"refused_peers", std::to_string(refused_)},
      {"observation_us", one_decimal(observation_.mean_us())},
      {"observation_max_us", one_decimal(observation_.max_us())},
      {"publish_us", one_decimal(publish_.mean_us())},
      {"publish_max_us", one_decimal(publish_.max_us())},
      {"action_us", one_decimal(action_.mean_us())},
      {"action_max_us", one_decimal(action_.max_us())},
      {"round_trip_us", one_decimal(round_trip_.mean_us())},
      {"round_trip_max_us", one_decimal(round_trip_.max_us())},
  };
  last_report_ns_ = now_ns;
  reported_interventions_ = interventions_;
  period_frames_ = 0;
  period_actions_ = 0;
  period_fault_.clear();
  observation_ = publish_ = action_ = round_trip_ = Span();
  return report;
}

}  // namespace carla_gateway
