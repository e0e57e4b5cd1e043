// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/lidar_builder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "carla_gateway/bounds.hpp"

namespace carla_gateway
{
namespace
{

constexpr float kPi = 3.14159265F;
constexpr double kDegree = 3.14159265358979323846 / 180.0;

LidarConfig checked(const LidarConfig & config, const LidarKind & lidar)
{
  LidarConfig result = config;
  if (config.form == LidarForm::kRange) {
    result.rows = config.rows == 0 ? lidar.channels : config.rows;
    if (config.lower_deg == config.upper_deg) {
      result.lower_deg = lidar.lower_rad / kDegree;
      result.upper_deg = lidar.upper_rad / kDegree;
    }
    check_bounds("lidar_rows", result.rows, kMinImageSize, kMaxImageSize);
    check_bounds("lidar_columns", result.columns, kMinImageSize, std::size_t{4096});
    if (!(result.lower_deg >= -90.0 && result.lower_deg < result.upper_deg && result.upper_deg <= 90.0)) {
      throw std::invalid_argument("lidar_lower_deg and lidar_upper_deg are " +
                                  std::to_string(result.lower_deg) + " and " +
                                  std::to_string(result.upper_deg) + ", -90 to 90 and rising is allowed");
    }
  } else {
    check_bounds("lidar_height", config.height, kMinImageSize, kMaxImageSize);
    check_bounds("lidar_width", config.width, kMinImageSize, kMaxImageSize);
    check_bounds("lidar_resolution_m", config.resolution_m, 0.05F, 5.0F);
    check_bounds("lidar_ahead_m", config.ahead_m, -200.0F, 200.0F);
    if (!(config.min_z_m < config.max_z_m)) {
      throw std::invalid_argument("lidar_min_z_m and lidar_max_z_m are " + std::to_string(config.min_z_m) +
                                  " and " + std::to_string(config.max_z_m) + ", rising numbers are allowed");
    }
  }
  check_bounds("lidar_range_m", config.range_m, 1.0F, 1000.0F);
  return result;
}

struct Point
{
  float x, y, z, intensity;
};

Point point_of(const PointView & scan, std::size_t index)
{
  const std::uint8_t * data = scan.data + index * scan.step;
  Point point = {};
  std::memcpy(&point.x, data + scan.x, sizeof(float));
  std::memcpy(&point.y, data + scan.y, sizeof(float));
  std::memcpy(&point.z, data + scan.z, sizeof(float));
  std::memcpy(&point.intensity, data + scan.intensity, sizeof(float));
  return point;
}

std::string short_text(double number)
{
  char text[32] = {};
  std::snprintf(text, sizeof(text), "%g", number);
  return text;
}

std::uint8_t rounded(float value)
{
  return static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F));
}

}  // namespace

LidarBuilder::LidarBuilder(const LidarConfig & config, const LidarKind & lidar, std::size_t num_agents)
    : config_(checked(config, lidar)),
      name_(lidar.name),
      height_(config_.form == LidarForm::kRange ? config_.rows : config_.height),
      width_(config_.form == LidarForm::kRange ? config_.columns : config_.width),
      lower_rad_(static_cast<float>(config_.lower_deg * kDegree)),
      upper_rad_(static_cast<float>(config_.upper_deg * kDegree)),
      stack_(num_agents, kPlanes, height_, width_, 1, 1)
{
  const auto [x, y, z, w] = lidar.orientation;
  const std::array<double, 9> rotation = {
      1 - 2 * (y * y + z * z), 2 * (x * y - z * w),     2 * (x * z + y * w),
      2 * (x * y + z * w),     1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
      2 * (x * z - y * w),     2 * (y * z + x * w),     1 - 2 * (x * x + y * y)};
  std::transform(rotation.begin(), rotation.end(), rotation_.begin(),
                 [](double value) { return static_cast<float>(value); });
  std::transform(lidar.position.begin(), lidar.position.end(), position_.begin(),
                 [](double value) { return static_cast<float>(value); });
}

std::vector<std::string> LidarBuilder::names() const
{
  if (config_.form == LidarForm::kRange) {
    return {name_ + "_nearness", name_ + "_intensity"};
  }
  return {name_ + "_occupancy", name_ + "_height"};
}

std::string LidarBuilder::place() const
{
  const std::string size = std::to_string(height_) + "x" + std::to_string(width_);
  if (config_.form == LidarForm::kRange) {
    return size + " range image, " + short_text(config_.lower_deg) + " to " + short_text(config_.upper_deg) +
           " degrees, " + short_text(config_.range_m) + " m";
  }
  return size + " grid at " + short_text(config_.resolution_m) + " m, " + short_text(config_.ahead_m) +
         " m ahead, " + short_text(config_.min_z_m) + " to " + short_text(config_.max_z_m) + " m high";
}

void LidarBuilder::write(std::size_t agent, const PointView & scan)
{
  std::uint8_t * first = stack_.plane(agent, 0);
  std::memset(first, 0, kPlanes * stack_.plane_bytes());
  if (config_.form == LidarForm::kRange) {
    write_range(scan, first, first + stack_.plane_bytes());
  } else {
    write_grid(scan, first, first + stack_.plane_bytes());
  }
}

void LidarBuilder::write_range(const PointView & scan, std::uint8_t * nearness,
                               std::uint8_t * intensity) const
{
  thread_local std::vector<float> nearest;
  nearest.assign(height_ * width_, config_.range_m);
  const auto rows = static_cast<float>(height_ - 1);
  const auto columns = static_cast<float>(width_);
  for (std::size_t i = 0; i < scan.count; ++i) {
    const Point point = point_of(scan, i);
    const float flat = std::sqrt(point.x * point.x + point.y * point.y);
    const float distance = std::sqrt(flat * flat + point.z * point.z);
    if (!(distance < config_.range_m)) {  // NaN, too
      continue;
    }
    const float elevation = std::atan2(point.z, flat);
    const float row = std::floor((upper_rad_ - elevation) / (upper_rad_ - lower_rad_) * rows + 0.5F);
    if (row < 0.0F || row > rows) {
      continue;
    }
    const float azimuth = std::atan2(point.y, point.x);
    const float column = std::min(std::floor((kPi - azimuth) / (2.0F * kPi) * columns), columns - 1.0F);
    const std::size_t pixel =
        static_cast<std::size_t>(row) * width_ + static_cast<std::size_t>(std::max(column, 0.0F));
    if (distance < nearest[pixel]) {
      nearest[pixel] = distance;
      nearness[pixel] = rounded(1.0F + 254.0F * (1.0F - distance / config_.range_m));
      intensity[pixel] = rounded(255.0F * point.intensity);
    }
  }
}

void LidarBuilder::write_grid(const PointView & scan, std::uint8_t * occupancy, std::uint8_t * tops) const
{
  const float front = config_.ahead_m + 0.5F * static_cast<float>(height_) * config_.resolution_m;
  const float left = 0.5F * static_cast<float>(width_) * config_.resolution_m;
  for (std::size_t i = 0; i < scan.count; ++i) {
    const Point point = point_of(scan, i);
    const auto turned = [&](std::size_t axis) {
      const float * row = rotation_.data() + 3 * axis;
      return row[0] * point.x + row[1] * point.y + row[2] * point.z + position_[axis];
    };
    const float z = turned(2);
    const float row = std::floor((front - turned(0)) / config_.resolution_m);
    const float column = std::floor((left - turned(1)) / config_.resolution_m);
    if (!(z >= config_.min_z_m && z <= config_.max_z_m && row >= 0.0F && column >= 0.0F &&
          row < static_cast<float>(height_) && column < static_cast<float>(width_))) {
      continue;
    }
    const std::size_t pixel = static_cast<std::size_t>(row) * width_ + static_cast<std::size_t>(column);
    const std::uint8_t top =
        rounded(1.0F + 254.0F * (z - config_.min_z_m) / (config_.max_z_m - config_.min_z_m));
    occupancy[pixel] = 255;
    tops[pixel] = std::max(tops[pixel], top);
  }
}

}  // namespace carla_gateway
