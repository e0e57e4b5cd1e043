// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/health_monitor.hpp"

#include <gtest/gtest.h>

#include <array>

namespace carla_gateway
{
namespace
{

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMicro = 1'000;

std::string value(const HealthReport & report, const std::string & key)
{
  for (const auto & [name, text] : report.values) {
    if (name == key) {
      return text;
    }
  }
  return "no key " + key;
}

GateResult judged(Verdict verdict)
{
  GateResult result;
  result.verdict = verdict;
  return result;
}

TEST(HealthMonitor, WithoutABridgeIsAnError)
{
  HealthMonitor health(0);
  const HealthReport report = health.report(kSecond);
  EXPECT_EQ(report.level, HealthLevel::kError);
  EXPECT_EQ(report.message, "no bridge connected");
  EXPECT_EQ(value(report, "bridge_connected"), "false");
}

TEST(HealthMonitor, JudgesSilenceByWhoseTurnItIs)
{
  HealthMonitor health(0);
  health.bridge_connected(0, 9, 4);
  EXPECT_EQ(health.report(kSecond / 4).level, HealthLevel::kOk);
  health.frame_published(kSecond, kSecond, kSecond);
  // The agent's turn: learners pause.
  EXPECT_EQ(health.report(10 * kSecond).level, HealthLevel::kOk);
  const HealthReport no_agent = health.report(11 * kSecond);
  EXPECT_EQ(no_agent.level, HealthLevel::kWarn);
  EXPECT_EQ(no_agent.message, "no action for 10.0 s: no agent answers");
  // The bridge's turn.
  health.frame_answered(12 * kSecond, true);
  EXPECT_EQ(health.report(12 * kSecond + kSecond / 4).level, HealthLevel::kOk);
  EXPECT_FALSE(health.worse_than_reported(12 * kSecond + kSecond / 4));
  EXPECT_TRUE(health.worse_than_reported(12 * kSecond + kSecond / 2));
  const HealthReport hangs = health.report(12 * kSecond + kSecond / 2);
  EXPECT_EQ(hangs.level, HealthLevel::kWarn);
  EXPECT_EQ(hangs.message, "no frame for 0.5 s: the bridge or its simulator hangs");
  EXPECT_FALSE(health.worse_than_reported(13 * kSecond));
  EXPECT_EQ(health.report(14 * kSecond).level, HealthLevel::kError);
  EXPECT_EQ(health.report(22 * kSecond).level, HealthLevel::kStale);
  health.frame_published(23 * kSecond, 23 * kSecond, 23 * kSecond);
  EXPECT_EQ(health.report(23 * kSecond).level, HealthLevel::kOk);
  EXPECT_EQ(value(health.report(24 * kSecond), "session"), "9");
}

TEST(HealthMonitor, JudgesRateAndLatencyAgainstWhatIsExpected)
{
  HealthThresholds thresholds;
  thresholds.expected_rate_hz = 10.0;
  HealthMonitor health(0, thresholds);
  health.bridge_connected(0, 1, 1);
  const auto second = [&health](std::int64_t start, int frames, std::int64_t latency) {
    for (int i = 0; i < frames; ++i) {
      const std::int64_t at = start + i * kSecond / frames;
      health.frame_published(at, at + latency, at + latency);
    }
    return health.report(start + kSecond);
  };
  EXPECT_EQ(second(0, 10, kMicro).level, HealthLevel::kOk);
  const HealthReport slow = second(kSecond, 7, kMicro);
  EXPECT_EQ(slow.level, HealthLevel::kWarn);
  EXPECT_EQ(slow.message, "7.0 frames/s instead of 10.0");
  EXPECT_EQ(second(2 * kSecond, 4, kMicro).level, HealthLevel::kError);
  const HealthReport late = second(3 * kSecond, 10, 30'000 * kMicro);
  EXPECT_EQ(late.level, HealthLevel::kWarn);
  EXPECT_EQ(late.message, "observations come 30.0 ms after their frames");
  EXPECT_EQ(second(4 * kSecond, 10, 300'000 * kMicro).level, HealthLevel::kError);
}

TEST(HealthMonitor, ReportsJitter)
{
  HealthMonitor health(0);
  health.bridge_connected(0, 1, 1);
  // Intervals of 100, 300 and 200 us: 200 on average, sqrt(20000 / 3) from it.
  for (const std::int64_t at : {1'000, 1'100, 1'400, 1'600}) {
    health.frame_published(at * kMicro, at * kMicro, at * kMicro);
  }
  const HealthReport report = health.report(kSecond);
  EXPECT_EQ(value(report, "interval_us"), "200.0");
  EXPECT_EQ(value(report, "interval_jitter_us"), "81.6");
  EXPECT_EQ(value(report, "observation_jitter_us"), "0.0");
}

TEST(HealthMonitor, TellsADeathFromALeave)
{
  HealthMonitor health(0);
  health.bridge_connected(0, 1, 1);
  health.bridge_gone({BridgeEnd::Kind::kDied, "end of file"});
  const HealthReport died = health.report(kSecond);
  EXPECT_EQ(died.level, HealthLevel::kError);
  EXPECT_NE(died.message.find("end of file"), std::string::npos);
  health.bridge_connected(kSecond, 2, 1);
  EXPECT_EQ(value(health.report(kSecond), "reconnects"), "1");
  health.bridge_gone({BridgeEnd::Kind::kBye, "BYE"});
  EXPECT_EQ(health.report(2 * kSecond).level, HealthLevel::kWarn);
}

TEST(HealthMonitor, ReportsRatesAndMeansOfThePeriod)
{
  HealthMonitor health(0);
  health.bridge_connected(0, 1, 1);
  health.frame_published(0, 30 * kMicro, 100 * kMicro);
  health.frame_published(kSecond, kSecond + 10 * kMicro, kSecond + 50 * kMicro);
  health.action_judged(judged(Verdict::kAccepted), 0, 500 * kMicro, 520 * kMicro);
  const HealthReport first = health.report(2 * kSecond);
  EXPECT_EQ(value(first, "frames"), "2");
  EXPECT_EQ(value(first, "frames_per_s"), "1.0");
  EXPECT_EQ(value(first, "actions_per_s"), "0.5");
  EXPECT_EQ(value(first, "observation_us"), "75.0");
  EXPECT_EQ(value(first, "observation_max_us"), "100.0");
  EXPECT_EQ(value(first, "publish_us"), "55.0");
  EXPECT_EQ(value(first, "action_us"), "20.0");
  EXPECT_EQ(value(first, "round_trip_us"), "520.0");
  const HealthReport second = health.report(3 * kSecond);
  EXPECT_EQ(value(second, "frames"), "2");
  EXPECT_EQ(value(second, "frames_per_s"), "0.0");
  EXPECT_EQ(value(second, "observation_us"), "0.0");
}

TEST(HealthMonitor, CountsWhatHappensToActions)
{
  HealthMonitor health(0);
  health.bridge_connected(0, 1, 1);
  health.frame_published(0, 0, 0);
  std::array<std::uint64_t, kInterventionKinds> totals = {};
  totals[static_cast<std::size_t>(Intervention::kClamped)] = 3;
  health.gate_state(totals, false);
  health.action_judged(judged(Verdict::kAccepted), 0, 0, 0);
  health.action_judged(judged(Verdict::kLate), 0, 0, 0);
  health.action_judged(judged(Verdict::kLate), 0, 0, 0);
  health.action_judged(judged(Verdict::kDuplicate), 0, 0, 0);
  const HealthReport report = health.report(kSecond);
  EXPECT_EQ(report.level, HealthLevel::kOk);
  EXPECT_EQ(value(report, "actions"), "1");
  EXPECT_EQ(value(report, "clamped_values"), "3");
  EXPECT_EQ(value(report, "late_actions"), "2");
  EXPECT_EQ(value(report, "duplicate_actions"), "1");
}

TEST(HealthMonitor, FaultsAreErrorsForOnePeriod)
{
  HealthMonitor health(0);
  health.bridge_connected(0, 1, 1);
  GateResult rejected = judged(Verdict::kRejected);
  rejected.fault = "num_agents is 3";
  health.action_judged(rejected, 0, 0, 0);
  health.frame_unusable(0, "torn");
  const HealthReport report = health.report(kSecond);
  EXPECT_EQ(report.level, HealthLevel::kError);
  EXPECT_EQ(report.message, "faulty action: num_agents is 3");
  EXPECT_EQ(value(report, "rejected_actions"), "1");
  EXPECT_EQ(value(report, "unusable_frames"), "1");
  EXPECT_EQ(health.report(2 * kSecond).level, HealthLevel::kOk);

  GateResult nan = judged(Verdict::kAccepted);
  nan.fault = "agent 0";
  health.action_judged(nan, 0, 0, 0);
  const HealthReport braked = health.report(3 * kSecond);
  EXPECT_EQ(braked.level, HealthLevel::kError);

  health.frame_answered(4 * kSecond, false);
  EXPECT_EQ(health.report(4 * kSecond).level, HealthLevel::kError);
}

TEST(HealthMonitor, JudgesWhatTheGateDoes)
{
  HealthMonitor health(0);
  health.bridge_connected(0, 1, 1);
  health.frame_published(0, 0, 0);
  std::array<std::uint64_t, kInterventionKinds> totals = {};
  health.gate_state(totals, true);
  const HealthReport stopped = health.report(1 * kSecond);
  EXPECT_EQ(stopped.level, HealthLevel::kWarn);
  EXPECT_EQ(stopped.message, "the emergency stop is on");
  EXPECT_EQ(value(stopped, "emergency_stop"), "true");
  totals[static_cast<std::size_t>(Intervention::kStaleHeld)] = 2;
  health.gate_state(totals, false);
  EXPECT_EQ(health.report(2 * kSecond).level, HealthLevel::kWarn);
  EXPECT_EQ(health.report(3 * kSecond).level, HealthLevel::kOk);
  totals[static_cast<std::size_t>(Intervention::kStaleBraked)] = 1;
  health.gate_state(totals, false);
  const HealthReport stale = health.report(4 * kSecond);
  EXPECT_EQ(stale.level, HealthLevel::kError);
  EXPECT_EQ(value(stale, "stale_held"), "2");
  EXPECT_EQ(value(stale, "stale_braked"), "1");
}

}  // namespace
}  // namespace carla_gateway
