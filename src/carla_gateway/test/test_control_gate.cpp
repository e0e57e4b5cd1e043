// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/control_gate.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "carla_drl_msgs/msg/fleet_observation.hpp"

namespace carla_gateway
{
namespace
{

using Values = std::vector<float>;

class ControlGateTest : public ::testing::Test
{
 protected:
  GateResult check(const Values & values, std::uint64_t frame = 10, std::uint32_t session = 5,
                   std::uint32_t agents = 2)
  {
    return gate_.check({session, frame, agents, values.data(), values.size()});
  }

  ControlGate gate_;
};

TEST_F(ControlGateTest, TurnsActionsIntoControls)
{
  gate_.open(5, 10, 2);
  const GateResult result = check({0.5F, -0.25F, -0.75F, 1.0F});
  EXPECT_EQ(result.verdict, Verdict::kAccepted);
  EXPECT_EQ(result.clamped, 0U);
  EXPECT_TRUE(result.fault.empty());
  EXPECT_EQ(gate_.controls(), (Values{0.5F, 0.0F, -0.25F, 0.0F, 0.75F, 1.0F}));
}

TEST_F(ControlGateTest, ClampsAndCounts)
{
  gate_.open(5, 10, 2);
  const GateResult result = check({1.5F, -3.0F, -1.5F, 0.0F});
  EXPECT_EQ(result.verdict, Verdict::kAccepted);
  EXPECT_EQ(result.clamped, 3U);
  EXPECT_EQ(gate_.controls(), (Values{1.0F, 0.0F, -1.0F, 0.0F, 1.0F, 0.0F}));
}

TEST_F(ControlGateTest, BrakesOnlyTheAgentsWithValuesThatAreNotFinite)
{
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    gate_.open(5, 10, 2);
    const GateResult result = check({0.5F, 0.1F, 0.9F, bad});
    EXPECT_EQ(result.verdict, Verdict::kAccepted);
    EXPECT_EQ(result.non_finite, 1U);
    EXPECT_EQ(result.clamped, 0U);
    EXPECT_NE(result.fault.find("agent 1, column 'steer'"), std::string::npos) << result.fault;
    EXPECT_EQ(gate_.controls(), (Values{0.5F, 0.0F, 0.1F, 0.0F, 1.0F, 0.0F}));
  }
}

TEST_F(ControlGateTest, DropsLateAnswers)
{
  const Values values = {0.0F, 0.0F, 0.0F, 0.0F};
  EXPECT_EQ(check(values).verdict, Verdict::kLate);  // nothing awaited yet
  gate_.open(5, 10, 2);
  EXPECT_EQ(check(values, 9).verdict, Verdict::kLate);
  EXPECT_EQ(check(values, 10, 4).verdict, Verdict::kLate);
  EXPECT_EQ(check(values).verdict, Verdict::kAccepted);
  gate_.close();
  EXPECT_EQ(check(values).verdict, Verdict::kLate);
}

TEST_F(ControlGateTest, DropsDuplicatesUntilTheFrameIsAskedAgain)
{
  const Values values = {0.0F, 0.0F, 0.0F, 0.0F};
  gate_.open(5, 10, 2);
  EXPECT_EQ(check(values).verdict, Verdict::kAccepted);
  EXPECT_EQ(check(values).verdict, Verdict::kDuplicate);
  gate_.open(5, 10, 2);
  EXPECT_EQ(check(values).verdict, Verdict::kAccepted);
}

TEST_F(ControlGateTest, RejectsWhatDoesNotFitAndGoesOnWaiting)
{
  gate_.open(5, 10, 2);
  const GateResult future = check({0.0F, 0.0F, 0.0F, 0.0F}, 11);
  EXPECT_EQ(future.verdict, Verdict::kRejected);
  EXPECT_NE(future.fault.find("frame is 11"), std::string::npos);
  const GateResult agents = check({0.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F}, 10, 5, 3);
  EXPECT_EQ(agents.verdict, Verdict::kRejected);
  EXPECT_NE(agents.fault.find("num_agents is 3"), std::string::npos);
  const GateResult length = check({0.0F, 0.0F, 0.0F});
  EXPECT_EQ(length.verdict, Verdict::kRejected);
  EXPECT_NE(length.fault.find("3 values"), std::string::npos);
  EXPECT_EQ(check({0.0F, 0.0F, 0.0F, 0.0F}).verdict, Verdict::kAccepted);
}

TEST_F(ControlGateTest, CanAnswerWithFullBrake)
{
  gate_.open(5, 10, 2);
  gate_.brake_all();
  EXPECT_EQ(gate_.controls(), (Values{0.0F, 1.0F, 0.0F, 0.0F, 1.0F, 0.0F}));
  EXPECT_EQ(check({0.0F, 0.0F, 0.0F, 0.0F}).verdict, Verdict::kDuplicate);
}

TEST_F(ControlGateTest, FollowsTheFleetsSize)
{
  gate_.open(5, 10, 2);
  gate_.open(6, 0, 1);
  EXPECT_EQ(check({1.0F, 0.0F}, 0, 6, 1).verdict, Verdict::kAccepted);
  EXPECT_EQ(gate_.controls(), (Values{1.0F, 0.0F, 0.0F}));
}

std::uint64_t total(ControlGate & gate, Intervention kind)
{
  return gate.interventions().totals()[static_cast<std::size_t>(kind)];
}

class LimitedGateTest : public ::testing::Test
{
 protected:
  /// Answers the next frame; steps of 0.1 s, one agent.
  Values drive(float acceleration, float steer, std::uint8_t status = 0)
  {
    const Values values = {acceleration, steer};
    gate_.open(5, ++frame_, 1, 0.1, &status);
    EXPECT_EQ(gate_.check({5, frame_, 1, values.data(), values.size()}).verdict, Verdict::kAccepted);
    return gate_.controls();
  }

  ControlGate gate_{GateConfig{2.0, 3.0, 0.5}};  // 0.2 of steer and 0.3 of acceleration per step
  std::uint64_t frame_ = 0;
};

TEST_F(LimitedGateTest, LimitsHowFastValuesChange)
{
  EXPECT_FLOAT_EQ(drive(1.0F, 0.1F)[0], 0.3F);
  EXPECT_FLOAT_EQ(drive(1.0F, 1.0F)[2], 0.3F);
  const Values third = drive(1.0F, -1.0F);
  EXPECT_FLOAT_EQ(third[0], 0.9F);
  EXPECT_FLOAT_EQ(third[2], 0.1F);
  EXPECT_EQ(total(gate_, Intervention::kRateLimited), 5U);
  EXPECT_EQ(total(gate_, Intervention::kClamped), 0U);
}

TEST_F(LimitedGateTest, NeverHoldsBrakingBack)
{
  drive(0.3F, 0.0F);
  EXPECT_EQ(drive(-1.0F, 0.0F), (Values{0.0F, 1.0F, 0.0F}));
  EXPECT_FLOAT_EQ(drive(1.0F, 0.0F)[1], 0.7F);  // letting go of the brake is a rise
}

TEST_F(LimitedGateTest, StartsAnewWithAnEpisode)
{
  drive(0.3F, 0.2F);
  drive(0.6F, 0.4F);
  const Values fresh = drive(1.0F, 1.0F, carla_drl_msgs::msg::FleetObservation::STATUS_RESET);
  EXPECT_FLOAT_EQ(fresh[0], 0.3F);
  EXPECT_FLOAT_EQ(fresh[2], 0.2F);
}

TEST_F(LimitedGateTest, AnsweringAFrameAgainDoesNotGoFarther)
{
  drive(1.0F, 0.0F);
  --frame_;
  EXPECT_FLOAT_EQ(drive(1.0F, 0.0F)[0], 0.3F);
  EXPECT_FLOAT_EQ(drive(1.0F, 0.0F)[0], 0.6F);
}

TEST_F(ControlGateTest, TheEmergencyStopBrakesUntilItIsSwitchedOff)
{
  gate_.set_emergency_stop(true);
  gate_.open(5, 10, 2);
  EXPECT_EQ(check({0.5F, 0.1F, 0.5F, 0.1F}).verdict, Verdict::kAccepted);
  EXPECT_EQ(gate_.controls(), (Values{0.0F, 1.0F, 0.0F, 0.0F, 1.0F, 0.0F}));
  EXPECT_EQ(total(gate_, Intervention::kEmergencyStop), 2U);
  gate_.set_emergency_stop(false);
  gate_.open(5, 11, 2);
  EXPECT_EQ(check({0.5F, 0.0F, 0.5F, 0.0F}, 11).verdict, Verdict::kAccepted);
  EXPECT_EQ(gate_.controls(), (Values{0.5F, 0.0F, 0.0F, 0.5F, 0.0F, 0.0F}));
}

class DrivingGateTest : public ::testing::Test
{
 protected:
  Verdict act(std::uint64_t frame, float acceleration, std::uint32_t session = 5)
  {
    const Values values = {acceleration, 0.0F};
    return gate_.latch({session, frame, 1, values.data(), values.size()}).verdict;
  }

  /// Opens and answers a frame; returns throttle minus brake.
  float answer(std::uint64_t frame)
  {
    gate_.open(5, frame, 1, 0.1);
    EXPECT_EQ(gate_.answer().verdict, Verdict::kAccepted);
    return gate_.controls()[0] - gate_.controls()[1];
  }

  ControlGate gate_{GateConfig{0.0, 0.0, 0.3}};
};

TEST_F(DrivingGateTest, BrakesBeforeTheFirstAction)
{
  EXPECT_EQ(answer(1), -1.0F);
  EXPECT_EQ(total(gate_, Intervention::kStaleBraked), 1U);
}

TEST_F(DrivingGateTest, UsesTheNewestAction)
{
  gate_.open(5, 1, 1, 0.1);
  EXPECT_EQ(act(1, 0.25F), Verdict::kAccepted);
  EXPECT_EQ(act(1, 0.75F), Verdict::kDuplicate);
  gate_.answer();
  EXPECT_EQ(gate_.controls()[0], 0.25F);
  EXPECT_EQ(answer(2), 0.25F);  // an action may be one frame old
  EXPECT_EQ(total(gate_, Intervention::kStaleHeld), 0U);
  EXPECT_EQ(act(2, 0.5F), Verdict::kAccepted);
  EXPECT_EQ(act(1, 0.25F), Verdict::kLate);
  EXPECT_EQ(answer(3), 0.5F);
}

TEST_F(DrivingGateTest, HoldsThenBrakesWhenActionsStop)
{
  gate_.open(5, 1, 1, 0.1);
  act(1, 0.5F);
  gate_.answer();
  EXPECT_EQ(answer(2), 0.5F);
  EXPECT_EQ(answer(3), 0.5F);
  EXPECT_EQ(answer(4), 0.5F);
  EXPECT_EQ(total(gate_, Intervention::kStaleHeld), 2U);
  EXPECT_EQ(answer(5), -1.0F);
  EXPECT_EQ(total(gate_, Intervention::kStaleBraked), 1U);
  EXPECT_EQ(act(5, 0.5F), Verdict::kAccepted);
  EXPECT_EQ(answer(6), 0.5F);
}

TEST_F(DrivingGateTest, ActionsOfAnotherSessionAreLate)
{
  gate_.open(5, 1, 1, 0.1);
  EXPECT_EQ(act(1, 0.5F, 4), Verdict::kLate);
  EXPECT_EQ(act(2, 0.5F), Verdict::kRejected);
  gate_.open(6, 0, 1, 0.1);
  EXPECT_EQ(act(0, 0.5F, 5), Verdict::kLate);
  EXPECT_EQ(act(0, 0.5F, 6), Verdict::kAccepted);
}

TEST(ControlGateRepeat, TheLastCommandGoesOnForAWhile)
{
  GateConfig config;
  config.hold_s = 0.1;
  ControlGate gate(config);
  const Values values = {0.5F, 0.25F};
  gate.open(5, 10, 1, 0.05);
  gate.check({5, 10, 1, values.data(), values.size()});
  for (std::uint64_t frame : {11U, 12U}) {
    gate.open(5, frame, 1, 0.05);
    EXPECT_TRUE(gate.repeat());
    EXPECT_EQ(gate.controls(), (Values{0.5F, 0.0F, 0.25F}));
  }
  gate.open(5, 13, 1, 0.05);
  EXPECT_FALSE(gate.repeat());
  EXPECT_EQ(gate.controls(), (Values{0.0F, 1.0F, 0.0F}));
  gate.open(5, 14, 1, 0.05);
  gate.check({5, 14, 1, values.data(), values.size()});
  gate.open(5, 15, 1, 0.05);
  EXPECT_TRUE(gate.repeat());
}

}  // namespace
}  // namespace carla_gateway
