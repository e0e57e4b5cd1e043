// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/observation_builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_drl_msgs/msg/frame_layout.hpp"

namespace carla_gateway
{
namespace
{

using Layout = carla_drl_msgs::msg::FrameLayout;
using Observation = carla_drl_msgs::msg::FleetObservation;

constexpr float kPi = 3.14159265358979F;

/// A frame of N agents with P route points, all zero until a test writes to it.
struct Fleet
{
  Fleet(std::size_t agents, std::size_t points)
      : num_points(points),
        ego(agents * Layout::NUM_EGO),
        route(agents * points * Layout::NUM_ROUTE),
        metrics(agents * Observation::NUM_METRICS)
  {
  }
  float & e(std::size_t agent, std::size_t column) { return ego[agent * Layout::NUM_EGO + column]; }
  float & r(std::size_t agent, std::size_t point, std::size_t column)
  {
    return route[(agent * num_points + point) * Layout::NUM_ROUTE + column];
  }
  float & m(std::size_t agent, std::size_t column)
  {
    return metrics[agent * Observation::NUM_METRICS + column];
  }
  void place(std::size_t agent, float x, float y, float yaw, float vx = 0.0F, float vy = 0.0F)
  {
    e(agent, Layout::EGO_X_M) = x;
    e(agent, Layout::EGO_Y_M) = y;
    e(agent, Layout::EGO_YAW_RAD) = yaw;
    e(agent, Layout::EGO_VX_MPS) = vx;
    e(agent, Layout::EGO_VY_MPS) = vy;
  }
  /// Adds a road user that is no ego.
  void add_object(std::uint8_t kind, float x, float y, float yaw, float vx, float length)
  {
    std::vector<float> row(Layout::NUM_OBJECT);
    row[Layout::OBJECT_KIND] = static_cast<float>(kind);
    row[Layout::OBJECT_X_M] = x;
    row[Layout::OBJECT_Y_M] = y;
    row[Layout::OBJECT_YAW_RAD] = yaw;
    row[Layout::OBJECT_VX_MPS] = vx;
    row[Layout::OBJECT_LENGTH_M] = length;
    objects.insert(objects.end(), row.begin(), row.end());
  }
  FrameArrays arrays() const { return {ego.data(), route.data(), metrics.data(), objects.data()}; }

  std::size_t num_points;
  std::vector<float> ego, route, metrics, objects;
};

/// The state of one agent by column name.
class State
{
 public:
  State(ObservationBuilder & builder, const Fleet & fleet)
      : names_(builder.state_names()), values_(builder.num_agents() * builder.state_dim(), -999.0F)
  {
    builder.build(fleet.arrays(), values_.data());
  }
  float at(std::size_t agent, const std::string & name) const
  {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) {
      throw std::out_of_range("no column " + name);
    }
    return values_[agent * names_.size() + static_cast<std::size_t>(found - names_.begin())];
  }
  const std::vector<float> & values() const { return values_; }

 private:
  std::vector<std::string> names_;
  std::vector<float> values_;
};

TEST(ObservationBuilder, NamesEveryColumnOnce)
{
  const ObservationBuilder builder({3, 40.0F}, 5, 4);
  const auto names = builder.state_names();
  EXPECT_EQ(builder.state_dim(), 14U + 4U * 3U + 3U * 8U);
  EXPECT_EQ(names.size(), builder.state_dim());
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  EXPECT_EQ(names[0], "speed_mps");
  EXPECT_EQ(names[12], "red_light_distance_m");
  EXPECT_EQ(names[14], "route_0_x_m");
  EXPECT_EQ(names[26], "neighbour_0_present");
}

TEST(ObservationBuilder, TurnsTheEgoIntoItsOwnFrame)
{
  Fleet fleet(1, 1);
  // Heading north (+y): the map's +y is ahead, its -x is to the left.
  fleet.place(0, 10.0F, 20.0F, kPi / 2, -1.0F, 8.0F);
  fleet.e(0, Layout::EGO_AX_MPS2) = 0.5F;
  fleet.e(0, Layout::EGO_AY_MPS2) = -2.0F;
  fleet.e(0, Layout::EGO_YAW_RATE_RADPS) = 0.3F;
  fleet.e(0, Layout::EGO_THROTTLE) = 0.25F;
  fleet.e(0, Layout::EGO_BRAKE) = 0.75F;
  fleet.e(0, Layout::EGO_STEER) = -0.4F;
  fleet.m(0, Observation::METRIC_LANE_OFFSET_M) = 0.6F;
  fleet.m(0, Observation::METRIC_HEADING_ERROR_RAD) = kPi / 6;
  fleet.m(0, Observation::METRIC_SPEED_LIMIT_MPS) = 13.9F;
  fleet.m(0, Observation::METRIC_ROUTE_LENGTH_M) = 100.0F;
  fleet.m(0, Observation::METRIC_ROUTE_COMPLETION) = 0.8F;
  ObservationBuilder builder({0, 40.0F}, 1, 1);
  const State state(builder, fleet);
  EXPECT_NEAR(state.at(0, "speed_mps"), 8.0F, 1e-5F);
  EXPECT_NEAR(state.at(0, "lateral_speed_mps"), 1.0F, 1e-5F);
  EXPECT_NEAR(state.at(0, "acceleration_mps2"), -2.0F, 1e-5F);
  EXPECT_NEAR(state.at(0, "lateral_acceleration_mps2"), -0.5F, 1e-5F);
  EXPECT_FLOAT_EQ(state.at(0, "yaw_rate_radps"), 0.3F);
  EXPECT_FLOAT_EQ(state.at(0, "throttle_brake"), -0.5F);
  EXPECT_FLOAT_EQ(state.at(0, "steer"), -0.4F);
  EXPECT_FLOAT_EQ(state.at(0, "lane_offset_m"), 0.6F);
  EXPECT_NEAR(state.at(0, "heading_error_sin"), 0.5F, 1e-6F);
  EXPECT_NEAR(state.at(0, "heading_error_cos"), std::sqrt(3.0F) / 2, 1e-6F);
  EXPECT_FLOAT_EQ(state.at(0, "speed_limit_mps"), 13.9F);
  EXPECT_NEAR(state.at(0, "distance_to_route_end_m"), 20.0F, 1e-4F);
}

TEST(ObservationBuilder, CapsTheDistanceToTheRoutesEnd)
{
  Fleet fleet(2, 1);
  fleet.m(0, Observation::METRIC_ROUTE_LENGTH_M) = 300.0F;
  fleet.m(1, Observation::METRIC_ROUTE_LENGTH_M) = 300.0F;
  fleet.m(1, Observation::METRIC_ROUTE_COMPLETION) = 1.001F;
  ObservationBuilder builder({0, 40.0F}, 2, 1);
  const State state(builder, fleet);
  EXPECT_FLOAT_EQ(state.at(0, "distance_to_route_end_m"), 50.0F);
  EXPECT_FLOAT_EQ(state.at(1, "distance_to_route_end_m"), 0.0F);
}

TEST(ObservationBuilder, TellsHowFarTheNextStopLineIs)
{
  Fleet fleet(4, 1);
  const std::array<float, 4> told = {-1.0F, 12.5F, 0.0F, 80.0F};
  for (std::size_t agent = 0; agent < told.size(); ++agent) {
    fleet.m(agent, Observation::METRIC_RED_LIGHT_DISTANCE_M) = told[agent];
    fleet.m(agent, Observation::METRIC_STOP_SIGN_DISTANCE_M) = told[told.size() - 1 - agent];
  }
  ObservationBuilder builder({0, 40.0F}, 4, 1);
  const State state(builder, fleet);
  EXPECT_FLOAT_EQ(state.at(0, "red_light_distance_m"), 50.0F);
  EXPECT_FLOAT_EQ(state.at(1, "red_light_distance_m"), 12.5F);
  EXPECT_FLOAT_EQ(state.at(2, "red_light_distance_m"), 0.0F);
  EXPECT_FLOAT_EQ(state.at(3, "red_light_distance_m"), 50.0F);
  EXPECT_FLOAT_EQ(state.at(2, "stop_sign_distance_m"), 12.5F);
  EXPECT_FLOAT_EQ(state.at(3, "stop_sign_distance_m"), 50.0F);
}

TEST(ObservationBuilder, TurnsRoutePointsIntoTheEgosFrame)
{
  Fleet fleet(2, 2);
  fleet.place(1, 10.0F, 20.0F, kPi);  // heading west: ahead is -x, left is -y
  fleet.r(1, 1, Layout::ROUTE_X_M) = 4.0F;
  fleet.r(1, 1, Layout::ROUTE_Y_M) = 17.0F;
  fleet.r(1, 1, Layout::ROUTE_YAW_RAD) = -kPi / 2;  // turns left, by 90 degrees, across the +-pi seam
  ObservationBuilder builder({1, 40.0F}, 2, 2);
  const State state(builder, fleet);
  EXPECT_NEAR(state.at(1, "route_1_x_m"), 6.0F, 1e-5F);
  EXPECT_NEAR(state.at(1, "route_1_y_m"), 3.0F, 1e-5F);
  EXPECT_NEAR(state.at(1, "route_1_heading_error_sin"), 1.0F, 1e-6F);
  EXPECT_FLOAT_EQ(state.at(0, "route_1_x_m"), 0.0F);
}

TEST(ObservationBuilder, DescribesANeighbour)
{
  Fleet fleet(2, 1);
  fleet.place(0, 0.0F, 0.0F, kPi / 2, 0.0F, 5.0F);
  fleet.place(1, -3.0F, 4.0F, kPi, -2.0F, 0.0F);
  fleet.e(1, Layout::EGO_LENGTH_M) = 4.5F;
  ObservationBuilder builder({2, 40.0F}, 2, 1);
  const State state(builder, fleet);
  EXPECT_FLOAT_EQ(state.at(0, "neighbour_0_present"), 1.0F);
  EXPECT_NEAR(state.at(0, "neighbour_0_x_m"), 4.0F, 1e-5F);  // ahead
  EXPECT_NEAR(state.at(0, "neighbour_0_y_m"), 3.0F, 1e-5F);  // to the left
  EXPECT_NEAR(state.at(0, "neighbour_0_heading_cos"), 0.0F, 1e-6F);
  EXPECT_NEAR(state.at(0, "neighbour_0_heading_sin"), 1.0F, 1e-6F);
  EXPECT_NEAR(state.at(0, "neighbour_0_vx_mps"), -5.0F, 1e-5F);
  EXPECT_NEAR(state.at(0, "neighbour_0_vy_mps"), 2.0F, 1e-5F);
  EXPECT_FLOAT_EQ(state.at(0, "neighbour_0_length_m"), 4.5F);
  for (const char * column :
       {"present", "x_m", "y_m", "heading_cos", "heading_sin", "vx_mps", "vy_mps", "length_m"}) {
    EXPECT_FLOAT_EQ(state.at(0, std::string("neighbour_1_") + column), 0.0F) << column;
  }
}

TEST(ObservationBuilder, DescribesOtherRoadUsersLikeEgos)
{
  Fleet fleet(2, 1);
  fleet.place(0, 0.0F, 0.0F, kPi / 2);
  fleet.place(1, 0.0F, 30.0F, 0.0F);
  fleet.add_object(Layout::OBJECT_NONE, 0.0F, 1.0F, 0.0F, 0.0F, 9.0F);
  fleet.add_object(Layout::OBJECT_VEHICLE, 0.0F, 10.0F, kPi / 2, 3.0F, 4.7F);
  fleet.add_object(Layout::OBJECT_WALKER, 2.0F, 0.0F, 0.0F, 0.0F, 0.4F);
  ObservationBuilder builder({4, 40.0F}, 2, 1, 3);
  const State state(builder, fleet);
  EXPECT_FLOAT_EQ(state.at(0, "neighbour_0_length_m"), 0.4F);
  EXPECT_NEAR(state.at(0, "neighbour_0_y_m"), -2.0F, 1e-5F);
  EXPECT_FLOAT_EQ(state.at(0, "neighbour_1_length_m"), 4.7F);
  EXPECT_NEAR(state.at(0, "neighbour_1_x_m"), 10.0F, 1e-5F);
  EXPECT_NEAR(state.at(0, "neighbour_1_heading_cos"), 1.0F, 1e-5F);
  EXPECT_NEAR(state.at(0, "neighbour_1_vy_mps"), -3.0F, 1e-5F);
  EXPECT_NEAR(state.at(0, "neighbour_2_x_m"), 30.0F, 1e-4F);
  EXPECT_EQ(state.at(0, "neighbour_3_present"), 0.0F);
  EXPECT_NEAR(state.at(1, "neighbour_0_x_m"), 0.0F, 1e-4F);
  EXPECT_FLOAT_EQ(state.at(1, "neighbour_0_length_m"), 4.7F);

  fleet.objects[Layout::NUM_OBJECT + Layout::OBJECT_VX_MPS] = std::numeric_limits<float>::quiet_NaN();
  const auto bad = builder.find_bad_value(fleet.arrays());
  ASSERT_TRUE(bad.has_value());
  EXPECT_NE(bad->text().find("array 'objects', object 1, column 'vx_mps' is nan"), std::string::npos)
      << bad->text();
}

TEST(ObservationBuilder, TakesTheNearestWithinTheRadius)
{
  Fleet fleet(5, 1);
  fleet.place(0, 0.0F, 0.0F, 0.0F);
  fleet.place(1, 30.0F, 0.0F, 0.0F);
  fleet.place(2, -10.0F, 0.0F, 0.0F);
  fleet.place(3, 40.0F, 0.0F, 0.0F);  // on the radius: within
  fleet.place(4, 0.0F, 40.1F, 0.0F);  // beyond
  ObservationBuilder builder({4, 40.0F}, 5, 1);
  const State state(builder, fleet);
  EXPECT_FLOAT_EQ(state.at(0, "neighbour_0_x_m"), -10.0F);
  EXPECT_FLOAT_EQ(state.at(0, "neighbour_1_x_m"), 30.0F);
  EXPECT_FLOAT_EQ(state.at(0, "neighbour_2_x_m"), 40.0F);
  EXPECT_FLOAT_EQ(state.at(0, "neighbour_3_present"), 0.0F);
}

TEST(ObservationBuilder, SearchAgreesWithSorting)
{
  constexpr std::size_t kAgents = 77;
  constexpr std::size_t kNeighbours = 5;
  std::mt19937 random(3);
  std::uniform_real_distribution<float> position(-100.0F, 100.0F);
  Fleet fleet(kAgents, 1);
  for (std::size_t agent = 0; agent < kAgents; ++agent) {
    fleet.place(agent, position(random), position(random), 0.0F);
  }
  ObservationBuilder builder({kNeighbours, 50.0F}, kAgents, 1);
  const State state(builder, fleet);
  for (std::size_t agent = 0; agent < kAgents; ++agent) {
    std::vector<float> distances;
    for (std::size_t other = 0; other < kAgents; ++other) {
      const float distance = std::hypot(fleet.e(other, Layout::EGO_X_M) - fleet.e(agent, Layout::EGO_X_M),
                                        fleet.e(other, Layout::EGO_Y_M) - fleet.e(agent, Layout::EGO_Y_M));
      if (other != agent && distance <= 50.0F) {
        distances.push_back(distance);
      }
    }
    std::sort(distances.begin(), distances.end());
    for (std::size_t k = 0; k < kNeighbours; ++k) {
      const std::string prefix = "neighbour_" + std::to_string(k) + "_";
      EXPECT_FLOAT_EQ(state.at(agent, prefix + "present"), k < distances.size() ? 1.0F : 0.0F);
      if (k < distances.size()) {
        EXPECT_NEAR(std::hypot(state.at(agent, prefix + "x_m"), state.at(agent, prefix + "y_m")),
                    distances[k], 1e-3F);
      }
    }
  }
}

TEST(ObservationBuilder, IsTheSameSeenFromAnywhere)
{
  // Turning and shifting the whole world must not change what the egos observe.
  std::mt19937 random(5);
  std::uniform_real_distribution<float> position(-20.0F, 20.0F);
  constexpr float kTurn = 1.1F;
  Fleet here(6, 2);
  Fleet there(6, 2);
  const auto turn = [](float x, float y) {
    return std::pair(std::cos(kTurn) * x - std::sin(kTurn) * y, std::sin(kTurn) * x + std::cos(kTurn) * y);
  };
  for (std::size_t agent = 0; agent < 6; ++agent) {
    const float x = position(random);
    const float y = position(random);
    const float vx = position(random);
    const float vy = position(random);
    here.place(agent, x, y, 0.5F * x, vx, vy);
    const auto [x2, y2] = turn(x, y);
    const auto [vx2, vy2] = turn(vx, vy);
    there.place(agent, x2 + 7.0F, y2 - 3.0F, 0.5F * x + kTurn, vx2, vy2);
    for (std::size_t point = 0; point < 2; ++point) {
      const float px = position(random);
      const float py = position(random);
      const auto [px2, py2] = turn(px, py);
      here.r(agent, point, Layout::ROUTE_X_M) = px;
      here.r(agent, point, Layout::ROUTE_Y_M) = py;
      there.r(agent, point, Layout::ROUTE_X_M) = px2 + 7.0F;
      there.r(agent, point, Layout::ROUTE_Y_M) = py2 - 3.0F;
      there.r(agent, point, Layout::ROUTE_YAW_RAD) = kTurn;
    }
  }
  ObservationBuilder builder({3, 100.0F}, 6, 2);
  const State a(builder, here);
  const State b(builder, there);
  for (std::size_t i = 0; i < a.values().size(); ++i) {
    EXPECT_NEAR(a.values()[i], b.values()[i], 2e-4F) << i;
  }
}

TEST(ObservationBuilder, NamesValuesThatAreNotFinite)
{
  const ObservationBuilder builder({2, 40.0F}, 3, 4);
  Fleet fleet(3, 4);
  EXPECT_FALSE(builder.find_bad_value(fleet.arrays()).has_value());

  Fleet ego = fleet;
  ego.e(1, Layout::EGO_YAW_RAD) = std::numeric_limits<float>::quiet_NaN();
  const auto in_ego = builder.find_bad_value(ego.arrays());
  ASSERT_TRUE(in_ego.has_value());
  EXPECT_EQ(in_ego->array, "ego");
  EXPECT_EQ(in_ego->agent, 1U);
  EXPECT_EQ(in_ego->column, "yaw_rad");
  EXPECT_NE(in_ego->text().find("agent 1, column 'yaw_rad' is nan"), std::string::npos) << in_ego->text();

  Fleet route = fleet;
  route.r(2, 3, Layout::ROUTE_Y_M) = -std::numeric_limits<float>::infinity();
  const auto in_route = builder.find_bad_value(route.arrays());
  ASSERT_TRUE(in_route.has_value());
  EXPECT_EQ(in_route->agent, 2U);
  EXPECT_EQ(in_route->column, "route_3_y_m");

  Fleet metrics = fleet;
  metrics.m(2, Observation::METRIC_END_REASON) = std::numeric_limits<float>::infinity();
  const auto in_metrics = builder.find_bad_value(metrics.arrays());
  ASSERT_TRUE(in_metrics.has_value());
  EXPECT_EQ(in_metrics->agent, 2U);
  EXPECT_EQ(in_metrics->column, "end_reason");
}

TEST(ObservationBuilder, RefusesBadConfigurations)
{
  EXPECT_THROW(ObservationBuilder({17, 40.0F}, 1, 1), std::invalid_argument);
  EXPECT_THROW(ObservationBuilder({4, 0.0F}, 1, 1), std::invalid_argument);
  EXPECT_THROW(ObservationBuilder({4, std::numeric_limits<float>::quiet_NaN()}, 1, 1), std::invalid_argument);
}

}  // namespace
}  // namespace carla_gateway
