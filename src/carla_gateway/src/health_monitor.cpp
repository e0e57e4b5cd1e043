// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/health_monitor.hpp"

#include <algorithm>
#include <cmath>
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
  const double us = static_cast<double>(duration_ns) / 1e3;
  sum_of_squares_us += us * us;
}

double HealthMonitor::Span::mean_us() const
{
  return count == 0 ? 0.0 : static_cast<double>(sum_ns) / static_cast<double>(count) / 1e3;
}

double HealthMonitor::Span::deviation_us() const
{
  if (count == 0) {
    return 0.0;
  }
  const double mean = mean_us();
  return std::sqrt(std::max(0.0, sum_of_squares_us / static_cast<double>(count) - mean * mean));
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
  last_answer_ns_ = now_ns;
  awaiting_frame_ = true;
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
  if (period_frames_++ > 0) {
    interval_.add(published_ns - last_frame_ns_);
  }
  last_frame_ns_ = published_ns;
  awaiting_frame_ = false;
  observation_.add(published_ns - written_ns);
  publish_.add(published_ns - received_ns);
}

void HealthMonitor::raster_built(std::int64_t duration_ns)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  raster_.add(duration_ns);
}

void HealthMonitor::frame_unusable(std::int64_t now_ns, const std::string & why)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  ++unusable_;
  last_frame_ns_ = now_ns;
  awaiting_frame_ = false;
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

void HealthMonitor::frame_answered(std::int64_t now_ns, bool sent)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  last_answer_ns_ = now_ns;
  awaiting_frame_ = true;
  if (!sent) {
    ++send_failures_;
    note_fault("a packet could not be sent to the bridge");
  }
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

HealthMonitor::Judgement HealthMonitor::judge_silence(std::int64_t now_ns) const
{
  const double silence_s =
      static_cast<double>(now_ns - (awaiting_frame_ ? last_answer_ns_ : last_frame_ns_)) / 1e9;
  if (awaiting_frame_ && silence_s >= thresholds_.frame_warn_s) {
    const HealthLevel level = silence_s >= thresholds_.frame_stale_s   ? HealthLevel::kStale
                              : silence_s >= thresholds_.frame_error_s ? HealthLevel::kError
                                                                       : HealthLevel::kWarn;
    return {level, "no frame for " + one_decimal(silence_s) + " s: the bridge or its simulator hangs"};
  }
  if (!awaiting_frame_ && silence_s >= thresholds_.action_warn_s) {
    return {HealthLevel::kWarn, "no action for " + one_decimal(silence_s) + " s: no agent answers"};
  }
  return {HealthLevel::kOk, "frames flow"};
}

HealthMonitor::Judgement HealthMonitor::judge_speed(double seconds) const
{
  const double latency_ms = observation_.mean_us() / 1e3;
  if (latency_ms >= thresholds_.latency_warn_ms) {
    return {latency_ms >= thresholds_.latency_error_ms ? HealthLevel::kError : HealthLevel::kWarn,
            "observations come " + one_decimal(latency_ms) + " ms after their frames"};
  }
  const double rate = static_cast<double>(period_frames_) / seconds;
  const double share = thresholds_.expected_rate_hz > 0.0 ? rate / thresholds_.expected_rate_hz : 1.0;
  if (share < thresholds_.rate_warn) {
    return {share < thresholds_.rate_error ? HealthLevel::kError : HealthLevel::kWarn,
            one_decimal(rate) + " frames/s instead of " + one_decimal(thresholds_.expected_rate_hz)};
  }
  return {HealthLevel::kOk, "frames flow"};
}

HealthMonitor::Judgement HealthMonitor::judge(std::int64_t now_ns) const
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
  return judge_silence(now_ns);
}

bool HealthMonitor::worse_than_reported(std::int64_t now_ns) const
{
  const std::lock_guard<std::mutex> lock(mutex_);
  return judge(now_ns).first > reported_level_;
}

HealthReport HealthMonitor::report(std::int64_t now_ns)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  HealthReport report;
  std::tie(report.level, report.message) = judge(now_ns);
  const double seconds = static_cast<double>(std::max<std::int64_t>(now_ns - last_report_ns_, 1)) / 1e9;
  if (report.level == HealthLevel::kOk) {
    std::tie(report.level, report.message) = judge_speed(seconds);
  }
  reported_level_ = report.level;
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
      {"interval_us", one_decimal(interval_.mean_us())},
      {"interval_jitter_us", one_decimal(interval_.deviation_us())},
      {"observation_us", one_decimal(observation_.mean_us())},
      {"observation_jitter_us", one_decimal(observation_.deviation_us())},
      {"observation_max_us", one_decimal(observation_.max_us())},
      {"publish_us", one_decimal(publish_.mean_us())},
      {"publish_max_us", one_decimal(publish_.max_us())},
      {"raster_us", one_decimal(raster_.mean_us())},
      {"raster_max_us", one_decimal(raster_.max_us())},
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
  interval_ = observation_ = publish_ = raster_ = action_ = round_trip_ = Span();
  return report;
}

}  // namespace carla_gateway
