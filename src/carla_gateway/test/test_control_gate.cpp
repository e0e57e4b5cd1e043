// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/control_gate.hpp"

#include <gtest/gtest.h>

#include <limits>

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

}  // namespace
}  // namespace carla_gateway
