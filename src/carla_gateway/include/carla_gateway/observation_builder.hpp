// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__OBSERVATION_BUILDER_HPP_
#define CARLA_GATEWAY__OBSERVATION_BUILDER_HPP_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carla_gateway
{

constexpr std::size_t kMaxNeighbours = 16;

struct BuilderConfig
{
  std::size_t neighbour_count = 4;   ///< other road users described per ego, 0 to kMaxNeighbours
  float neighbour_radius_m = 40.0F;  ///< farther ones are left out, m
};

/// The arrays of one frame as the ring holds them, row-major.
struct FrameArrays
{
  const float * ego;                   ///< N x FrameLayout.NUM_EGO
  const float * route;                 ///< N x P x FrameLayout.NUM_ROUTE
  const float * metrics;               ///< N x FleetObservation.NUM_METRICS
  const float * objects = nullptr;     ///< M x FrameLayout.NUM_OBJECT
  const float * route_line = nullptr;  ///< N x FrameLayout.NUM_ROUTE_LINE x 2, only checked here
};

/// Where a frame holds NaN or an infinity.
struct BadValue
{
  std::string_view array;
  std::size_t agent = 0;
  std::string column;  ///< as in column_names.hpp; for points "route_<point>_<column>", "point_<point>"
  float value = 0.0F;

  std::string text() const;
};

/// Turns a frame into the state that policies see: float32 [N][S], SI units, not normalised.
///
/// Everything is planar and in the frame of the ego that the row belongs to (REP-103: x forward, y left); the
/// road's slope is left out. Columns in order, see state_names():
///   - the ego: speed along x and y, yaw rate, acceleration along x and y, throttle minus brake and steer of
///   the
///     last frame, lane offset, sine and cosine of the heading error, speed limit, distance to the route's
///     end (at most kRouteEndCapM), distance to the next stop line while its light is red or yellow, and
///     while it is that of a stop sign where the ego has yet to stop (at most kStopLineCapM, which also says
///     that there is none);
///   - each of the P route points: x, y, sine of the route's yaw there minus the ego's yaw;
///   - the nearest neighbour_count other road users (egos, vehicles, walkers) within neighbour_radius_m,
///   nearest
///     first: present (1), x, y, cosine and sine of their yaw minus the ego's, velocity minus the ego's along
///     x and y, length (which tells walkers from vehicles); zeros where there are fewer.
class ObservationBuilder
{
 public:
  static constexpr std::size_t kEgoColumnCount = 14;
  static constexpr std::size_t kRoutePointColumnCount = 3;
  static constexpr std::size_t kNeighbourColumnCount = 8;
  static constexpr float kRouteEndCapM = 50.0F;
  static constexpr float kStopLineCapM = 50.0F;

  /// @throws std::invalid_argument when the configuration is out of bounds.
  ObservationBuilder(const BuilderConfig & config, std::size_t num_agents, std::size_t num_route_points,
                     std::size_t num_objects = 0);

  std::size_t num_agents() const noexcept { return num_agents_; }
  /// S
  std::size_t state_dim() const noexcept { return state_dim_; }
  std::vector<std::string> state_names() const;

  /// The first value that is not finite, if any. O(N), no allocation while all is well.
  std::optional<BadValue> find_bad_value(const FrameArrays & frame) const;

  /// Writes N x S values to `state`. Expects finite input. No allocation.
  void build(const FrameArrays & frame, float * state);

 private:
  void read_fleet(const float * ego);
  void read_objects(const float * objects);
  void write_ego(std::size_t agent, const float * ego, const float * metrics, float * out) const;
  void write_route(std::size_t agent, const float * route, float * out) const;
  void write_neighbours(std::size_t agent, float * out);
  std::size_t find_nearest(std::size_t agent, std::array<std::size_t, kMaxNeighbours> & nearest);

  BuilderConfig config_;
  std::size_t num_agents_;
  std::size_t num_route_points_;
  std::size_t num_objects_;
  std::size_t state_dim_;

  // One value per agent and then per object, side by side so that the search over pairs runs on vectors.
  std::vector<float> x_, y_, yaw_, cos_, sin_, vx_, vy_, length_, distance2_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__OBSERVATION_BUILDER_HPP_
