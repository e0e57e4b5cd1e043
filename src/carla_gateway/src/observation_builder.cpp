// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/observation_builder.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "carla_gateway/column_names.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FleetObservation;
using carla_drl_msgs::msg::FrameLayout;

constexpr std::size_t kEgo = FrameLayout::NUM_EGO;
constexpr std::size_t kRoute = FrameLayout::NUM_ROUTE;
constexpr std::size_t kObject = FrameLayout::NUM_OBJECT;
constexpr std::size_t kMetrics = FleetObservation::NUM_METRICS;
constexpr std::size_t kLineRow = std::size_t{FrameLayout::NUM_ROUTE_LINE} * 2;

// Road users looked at together when the nearest are searched; most blocks hold none and cost one vector
// compare.
constexpr std::size_t kBlock = 16;

constexpr std::array<const char *, ObservationBuilder::kEgoColumnCount> kEgoStateNames = {
    "speed_mps",
    "lateral_speed_mps",
    "yaw_rate_radps",
    "acceleration_mps2",
    "lateral_acceleration_mps2",
    "throttle_brake",
    "steer",
    "lane_offset_m",
    "heading_error_sin",
    "heading_error_cos",
    "speed_limit_mps",
    "distance_to_route_end_m",
    "red_light_distance_m",
    "stop_sign_distance_m"};
constexpr std::array<const char *, ObservationBuilder::kRoutePointColumnCount> kRouteStateNames = {
    "x_m", "y_m", "heading_error_sin"};
constexpr std::array<const char *, ObservationBuilder::kNeighbourColumnCount> kNeighbourStateNames = {
    "present", "x_m", "y_m", "heading_cos", "heading_sin", "vx_mps", "vy_mps", "length_m"};

/// NaN and infinities are the floats with all exponent bits set; tested on bits, the loop becomes vector
/// code.
bool all_finite(const float * values, std::size_t count) noexcept
{
  constexpr std::uint32_t kExponent = 0x7F800000U;
  std::uint32_t bad = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, values + i, sizeof(bits));
    bad |= static_cast<std::uint32_t>((bits & kExponent) == kExponent);
  }
  return bad == 0;
}

std::size_t first_bad(const float * values, std::size_t count) noexcept
{
  return static_cast<std::size_t>(
      std::find_if(values, values + count, [](float value) { return !std::isfinite(value); }) - values);
}

/// Negative distances say that there is no line; to a policy that is as good as far away.
float line_ahead(float distance_m) noexcept
{
  return distance_m < 0.0F ? ObservationBuilder::kStopLineCapM
                           : std::min(distance_m, ObservationBuilder::kStopLineCapM);
}

}  // namespace

std::string BadValue::text() const
{
  return "array '" + std::string(array) + "', " + (array == "objects" ? "object " : "agent ") +
         std::to_string(agent) + ", column '" + column + "' is " + std::to_string(value) +
         ", only finite numbers are allowed";
}

ObservationBuilder::ObservationBuilder(const BuilderConfig & config, std::size_t num_agents,
                                       std::size_t num_route_points, std::size_t num_objects)
    : config_(config),
      num_agents_(num_agents),
      num_route_points_(num_route_points),
      num_objects_(num_objects),
      state_dim_(kEgoColumnCount + kRoutePointColumnCount * num_route_points +
                 kNeighbourColumnCount * config.neighbour_count)
{
  if (config.neighbour_count > kMaxNeighbours) {
    throw std::invalid_argument("neighbour_count is " + std::to_string(config.neighbour_count) + ", 0 to " +
                                std::to_string(kMaxNeighbours) + " is allowed");
  }
  if (!std::isfinite(config.neighbour_radius_m) || config.neighbour_radius_m <= 0.0F) {
    throw std::invalid_argument("neighbour_radius_m is " + std::to_string(config.neighbour_radius_m) +
                                ", a finite number above 0 is allowed");
  }
  for (auto * column : {&x_, &y_, &yaw_, &cos_, &sin_, &vx_, &vy_, &length_}) {
    column->resize(num_agents + num_objects);
  }
  const std::size_t padded = (num_agents + num_objects + kBlock - 1) / kBlock * kBlock;
  distance2_.resize(padded, std::numeric_limits<float>::infinity());
}

std::vector<std::string> ObservationBuilder::state_names() const
{
  std::vector<std::string> names(kEgoStateNames.begin(), kEgoStateNames.end());
  names.reserve(state_dim_);
  for (std::size_t point = 0; point < num_route_points_; ++point) {
    for (const char * name : kRouteStateNames) {
      names.push_back("route_" + std::to_string(point) + "_" + name);
    }
  }
  for (std::size_t neighbour = 0; neighbour < config_.neighbour_count; ++neighbour) {
    for (const char * name : kNeighbourStateNames) {
      names.push_back("neighbour_" + std::to_string(neighbour) + "_" + name);
    }
  }
  return names;
}

std::optional<BadValue> ObservationBuilder::find_bad_value(const FrameArrays & frame) const
{
  const std::size_t ego_count = num_agents_ * kEgo;
  if (!all_finite(frame.ego, ego_count)) {
    const std::size_t i = std::min(first_bad(frame.ego, ego_count), ego_count - 1);
    return BadValue{"ego", i / kEgo, std::string(kEgoColumns[i % kEgo]), frame.ego[i]};
  }
  const std::size_t route_row = num_route_points_ * kRoute;
  const std::size_t route_count = num_agents_ * route_row;
  if (!all_finite(frame.route, route_count)) {
    const std::size_t i = std::min(first_bad(frame.route, route_count), route_count - 1);
    const std::size_t point = i % route_row / kRoute;
    return BadValue{"route", i / route_row,
                    "route_" + std::to_string(point) + "_" + std::string(kRouteColumns[i % kRoute]),
                    frame.route[i]};
  }
  const std::size_t metrics_count = num_agents_ * kMetrics;
  if (!all_finite(frame.metrics, metrics_count)) {
    const std::size_t i = std::min(first_bad(frame.metrics, metrics_count), metrics_count - 1);
    return BadValue{"metrics", i / kMetrics, std::string(kMetricColumns[i % kMetrics]), frame.metrics[i]};
  }
  const std::size_t object_count = num_objects_ * kObject;
  if (object_count > 0 && !all_finite(frame.objects, object_count)) {
    const std::size_t i = std::min(first_bad(frame.objects, object_count), object_count - 1);
    return BadValue{"objects", i / kObject, std::string(kObjectColumns[i % kObject]), frame.objects[i]};
  }
  const std::size_t line_count = frame.route_line == nullptr ? 0 : num_agents_ * kLineRow;
  if (!all_finite(frame.route_line, line_count)) {
    const std::size_t i = std::min(first_bad(frame.route_line, line_count), line_count - 1);
    return BadValue{"route_line", i / kLineRow, "point_" + std::to_string(i % kLineRow / 2),
                    frame.route_line[i]};
  }
  return std::nullopt;
}

void ObservationBuilder::build(const FrameArrays & frame, float * state)
{
  read_fleet(frame.ego);
  read_objects(frame.objects);
  for (std::size_t agent = 0; agent < num_agents_; ++agent) {
    float * out = state + agent * state_dim_;
    write_ego(agent, frame.ego + agent * kEgo, frame.metrics + agent * kMetrics, out);
    out += kEgoColumnCount;
    write_route(agent, frame.route + agent * num_route_points_ * kRoute, out);
    out += kRoutePointColumnCount * num_route_points_;
    write_neighbours(agent, out);
  }
}

void ObservationBuilder::read_fleet(const float * ego)
{
  for (std::size_t agent = 0; agent < num_agents_; ++agent) {
    const float * row = ego + agent * kEgo;
    x_[agent] = row[FrameLayout::EGO_X_M];
    y_[agent] = row[FrameLayout::EGO_Y_M];
    yaw_[agent] = row[FrameLayout::EGO_YAW_RAD];
    vx_[agent] = row[FrameLayout::EGO_VX_MPS];
    vy_[agent] = row[FrameLayout::EGO_VY_MPS];
    length_[agent] = row[FrameLayout::EGO_LENGTH_M];
    cos_[agent] = std::cos(yaw_[agent]);
    sin_[agent] = std::sin(yaw_[agent]);
  }
}

void ObservationBuilder::read_objects(const float * objects)
{
  for (std::size_t object = 0; object < num_objects_; ++object) {
    const float * row = objects + object * kObject;
    const std::size_t i = num_agents_ + object;
    if (row[FrameLayout::OBJECT_KIND] == static_cast<float>(FrameLayout::OBJECT_NONE)) {
      x_[i] = std::numeric_limits<float>::infinity();  // near nobody
      continue;
    }
    x_[i] = row[FrameLayout::OBJECT_X_M];
    y_[i] = row[FrameLayout::OBJECT_Y_M];
    yaw_[i] = row[FrameLayout::OBJECT_YAW_RAD];
    vx_[i] = row[FrameLayout::OBJECT_VX_MPS];
    vy_[i] = row[FrameLayout::OBJECT_VY_MPS];
    length_[i] = row[FrameLayout::OBJECT_LENGTH_M];
    cos_[i] = std::cos(yaw_[i]);
    sin_[i] = std::sin(yaw_[i]);
  }
}

void ObservationBuilder::write_ego(std::size_t agent, const float * ego, const float * metrics,
                                   float * out) const
{
  const float c = cos_[agent];
  const float s = sin_[agent];
  const float ax = ego[FrameLayout::EGO_AX_MPS2];
  const float ay = ego[FrameLayout::EGO_AY_MPS2];
  const float heading_error = metrics[FleetObservation::METRIC_HEADING_ERROR_RAD];
  const float to_go = metrics[FleetObservation::METRIC_ROUTE_LENGTH_M] *
                      (1.0F - metrics[FleetObservation::METRIC_ROUTE_COMPLETION]);
  out[0] = c * vx_[agent] + s * vy_[agent];
  out[1] = c * vy_[agent] - s * vx_[agent];
  out[2] = ego[FrameLayout::EGO_YAW_RATE_RADPS];
  out[3] = c * ax + s * ay;
  out[4] = c * ay - s * ax;
  out[5] = ego[FrameLayout::EGO_THROTTLE] - ego[FrameLayout::EGO_BRAKE];
  out[6] = ego[FrameLayout::EGO_STEER];
  out[7] = metrics[FleetObservation::METRIC_LANE_OFFSET_M];
  out[8] = std::sin(heading_error);
  out[9] = std::cos(heading_error);
  out[10] = metrics[FleetObservation::METRIC_SPEED_LIMIT_MPS];
  out[11] = std::clamp(to_go, 0.0F, kRouteEndCapM);
  out[12] = line_ahead(metrics[FleetObservation::METRIC_RED_LIGHT_DISTANCE_M]);
  out[13] = line_ahead(metrics[FleetObservation::METRIC_STOP_SIGN_DISTANCE_M]);
}

void ObservationBuilder::write_route(std::size_t agent, const float * route, float * out) const
{
  const float c = cos_[agent];
  const float s = sin_[agent];
  for (std::size_t point = 0; point < num_route_points_; ++point) {
    const float * row = route + point * kRoute;
    const float dx = row[FrameLayout::ROUTE_X_M] - x_[agent];
    const float dy = row[FrameLayout::ROUTE_Y_M] - y_[agent];
    out[0] = c * dx + s * dy;
    out[1] = c * dy - s * dx;
    out[2] = std::sin(row[FrameLayout::ROUTE_YAW_RAD] - yaw_[agent]);
    out += kRoutePointColumnCount;
  }
}

std::size_t ObservationBuilder::find_nearest(std::size_t agent,
                                             std::array<std::size_t, kMaxNeighbours> & nearest)
{
  const float x = x_[agent];
  const float y = y_[agent];
  float * distance2 = distance2_.data();
  const std::size_t total = num_agents_ + num_objects_;
  for (std::size_t other = 0; other < total; ++other) {
    const float dx = x_[other] - x;
    const float dy = y_[other] - y;
    distance2[other] = dx * dx + dy * dy;
  }
  distance2[agent] = std::numeric_limits<float>::infinity();

  // `bound` is what a candidate must be under: just above the radius until the list is full, then its last
  // entry.
  const std::size_t wanted = config_.neighbour_count;
  const float radius2 = config_.neighbour_radius_m * config_.neighbour_radius_m;
  float bound = std::nextafter(radius2, std::numeric_limits<float>::infinity());
  std::size_t found = 0;
  for (std::size_t block = 0; block < total; block += kBlock) {
    std::uint32_t hits = 0;
    for (std::size_t i = 0; i < kBlock; ++i) {
      hits |= static_cast<std::uint32_t>(distance2[block + i] < bound);
    }
    if (hits == 0) {
      continue;
    }
    for (std::size_t other = block; other < std::min(block + kBlock, total); ++other) {
      if (!(distance2[other] < bound)) {
        continue;
      }
      std::size_t place = std::min(found, wanted - 1);
      while (place > 0 && distance2[nearest[place - 1]] > distance2[other]) {
        nearest[place] = nearest[place - 1];
        --place;
      }
      nearest[place] = other;
      found = std::min(found + 1, wanted);
      if (found == wanted) {
        bound = distance2[nearest[wanted - 1]];
      }
    }
  }
  return found;
}

void ObservationBuilder::write_neighbours(std::size_t agent, float * out)
{
  if (config_.neighbour_count == 0) {
    return;
  }
  const float c = cos_[agent];
  const float s = sin_[agent];
  std::array<std::size_t, kMaxNeighbours> nearest = {};
  const std::size_t found = find_nearest(agent, nearest);
  for (std::size_t k = 0; k < found; ++k) {
    const std::size_t other = nearest[k];
    const float dx = x_[other] - x_[agent];
    const float dy = y_[other] - y_[agent];
    const float dvx = vx_[other] - vx_[agent];
    const float dvy = vy_[other] - vy_[agent];
    out[0] = 1.0F;
    out[1] = c * dx + s * dy;
    out[2] = c * dy - s * dx;
    out[3] = c * cos_[other] + s * sin_[other];
    out[4] = c * sin_[other] - s * cos_[other];
    out[5] = c * dvx + s * dvy;
    out[6] = c * dvy - s * dvx;
    out[7] = length_[other];
    out += kNeighbourColumnCount;
  }
  std::fill_n(out, (config_.neighbour_count - found) * kNeighbourColumnCount, 0.0F);
}

}  // namespace carla_gateway
