// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "carla_drl_msgs/msg/fleet_action.hpp"
#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_drl_msgs/msg/frame_layout.hpp"
#include "carla_gateway/in_process.h"
#include "carla_gateway/observation_builder.hpp"

namespace
{

using carla_drl_msgs::msg::FleetObservation;
using carla_drl_msgs::msg::FrameLayout;

constexpr std::size_t kAgents = 3;
constexpr std::size_t kPoints = 2;

std::vector<float> numbers(std::size_t count)
{
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = std::sin(static_cast<float>(i) * 1.7F) * 9.0F;
  }
  return values;
}

class InProcess : public ::testing::Test
{
 protected:
  void SetUp() override
  {
    carla_gateway_defaults(&config_);
    core_ = carla_gateway_open(kAgents, kPoints, 0.1, &config_, error_.data(), error_.size());
    ASSERT_NE(core_, nullptr) << error_.data();
    carla_gateway::ObservationBuilder builder({}, kAgents, kPoints);
    state_.resize(kAgents * builder.state_dim());
  }

  void TearDown() override { carla_gateway_close(core_); }

  int observe(std::uint64_t frame)
  {
    return carla_gateway_observe(core_, frame, ego_.data(), route_.data(), metrics_.data(), status_.data(),
                                 nullptr, nullptr, state_.data(), nullptr, error_.data(), error_.size());
  }

  int answer(const std::vector<float> & actions)
  {
    return carla_gateway_answer(core_, actions.data(), controls_.data(), error_.data(), error_.size());
  }

  carla_gateway_config config_ = {};
  carla_gateway_core * core_ = nullptr;
  std::array<char, 200> error_ = {};
  std::vector<float> ego_ = numbers(kAgents * FrameLayout::NUM_EGO);
  std::vector<float> route_ = numbers(kAgents * kPoints * FrameLayout::NUM_ROUTE);
  std::vector<float> metrics_ = numbers(kAgents * FleetObservation::NUM_METRICS);
  std::vector<std::uint8_t> status_ = {0, 0, 0};
  std::vector<float> state_;
  std::vector<float> controls_ = std::vector<float>(kAgents * 3);
};

TEST_F(InProcess, BuildsWhatTheNodeBuilds)
{
  carla_gateway::ObservationBuilder builder({}, kAgents, kPoints);
  std::vector<float> expected(state_.size());
  builder.build({ego_.data(), route_.data(), metrics_.data()}, expected.data());
  ASSERT_EQ(observe(1), 0);
  EXPECT_EQ(state_, expected);
  std::string names;
  for (const auto & name : builder.state_names()) {
    names += names.empty() ? name : "\n" + name;
  }
  EXPECT_EQ(carla_gateway_state_names(core_), names);
}

TEST_F(InProcess, AnswersOncePerFrame)
{
  const std::vector<float> actions = {0.5F, -0.25F, -2.0F, 0.0F, std::numeric_limits<float>::quiet_NaN(),
                                      0.1F};
  EXPECT_EQ(answer(actions), -1);
  ASSERT_EQ(observe(1), 0);
  ASSERT_EQ(answer(actions), 0);
  EXPECT_EQ(controls_, (std::vector<float>{0.5F, 0.0F, -0.25F, 0.0F, 1.0F, 0.0F, 0.0F, 1.0F, 0.0F}));
  EXPECT_EQ(answer(actions), -1);
  EXPECT_EQ(std::string(error_.data()), "no frame awaits an action: observe one first");
  ASSERT_EQ(observe(2), 0);
  EXPECT_EQ(answer(actions), 0);
}

TEST_F(InProcess, NamesValuesThatAreNotFinite)
{
  metrics_[FleetObservation::METRIC_SPEED_MPS] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(observe(1), -1);
  EXPECT_NE(std::string(error_.data()).find("agent 0, column 'speed_mps' is inf"), std::string::npos);
}

TEST_F(InProcess, RefusesWhatTheNodeRefuses)
{
  config_.neighbour_count = 17;
  EXPECT_EQ(carla_gateway_open(kAgents, kPoints, 0.1, &config_, error_.data(), 10), nullptr);
  EXPECT_EQ(std::string(error_.data()), "neighbour");
}

TEST_F(InProcess, LimitsRates)
{
  config_.max_steer_rate = 1.0;
  carla_gateway_core * limited =
      carla_gateway_open(kAgents, kPoints, 0.1, &config_, error_.data(), error_.size());
  std::swap(core_, limited);
  carla_gateway_close(limited);
  ASSERT_EQ(observe(1), 0);
  ASSERT_EQ(answer({0.0F, 1.0F, 0.0F, -1.0F, 0.0F, 0.0F}), 0);
  EXPECT_EQ(controls_, (std::vector<float>{0.0F, 0.0F, 0.1F, 0.0F, 0.0F, -0.1F, 0.0F, 0.0F, 0.0F}));
}

}  // namespace
