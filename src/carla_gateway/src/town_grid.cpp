// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/town_grid.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

#include "carla_drl_msgs/msg/frame_layout.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FrameLayout;

constexpr std::array<std::uint8_t, TownGrid::kLayers> kBits = {
    FrameLayout::MAP_ROAD, FrameLayout::MAP_LANE_MARKING, FrameLayout::MAP_CROSSING,
    FrameLayout::MAP_STOP_LINE};

constexpr double kFixedOne = 4294967296.0;  // 1 in fixed point with 32 bits behind the point
// Far more cells than any map has, few enough for fixed point.
constexpr double kFarCells = 1e9;

void require_finite(float value, const char * name, float least)
{
  if (!std::isfinite(value) || value < least) {
    throw std::invalid_argument(std::string("array 'map_frame': ") + name + " is " + std::to_string(value) +
                                ", a finite number from " + std::to_string(least) + " on is allowed");
  }
}

}  // namespace

TownGrid::TownGrid(const TownMap & map, float resolution_m)
    : x_m_(map.x_m), y_m_(map.y_m), resolution_m_(resolution_m)
{
  require_finite(map.x_m, "x_m", -1e7F);
  require_finite(map.y_m, "y_m", -1e7F);
  require_finite(map.cell_m, "cell_m", 0.01F);
  const auto joined = static_cast<std::size_t>(std::max(1.0F, std::floor(resolution_m / map.cell_m + 1e-3F)));
  rows_ = (map.rows + joined - 1) / joined;
  columns_ = (map.columns + joined - 1) / joined;
  cell_m_ = static_cast<double>(map.cell_m) * static_cast<double>(joined);
  cells_.resize(rows_ * columns_);
  for (std::size_t row = 0; row < map.rows; ++row) {
    const std::uint8_t * source = map.cells + row * map.columns;
    std::uint8_t * target = cells_.data() + row / joined * columns_;
    for (std::size_t column = 0; column < map.columns; ++column) {
      target[column / joined] |= source[column];
    }
  }
}

void TownGrid::sample(float x_m, float y_m, float cos_yaw, float sin_yaw, float ahead_m, std::size_t height,
                      std::size_t width, std::uint8_t * planes) const
{
  const double c = cos_yaw;
  const double s = sin_yaw;
  const double step = resolution_m_ / cell_m_;
  const double left = (0.5 * static_cast<double>(width) - 0.5) * resolution_m_;
  const std::size_t plane = height * width;
  std::array<std::uint8_t, kMaxImageWidth> cells = {};
  for (std::size_t row = 0; row < height; ++row) {
    const double ahead =
        ahead_m + (0.5 * static_cast<double>(height) - 0.5 - static_cast<double>(row)) * resolution_m_;
    const double u = (x_m + c * ahead - s * left - x_m_) / cell_m_;
    const double v = (y_m + s * ahead + c * left - y_m_) / cell_m_;
    sample_row(u, v, s * step, -c * step, width, cells.data());
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      std::uint8_t * out = planes + layer * plane + row * width;
      const std::uint8_t bit = kBits[layer];
      for (std::size_t column = 0; column < width; ++column) {
        out[column] = (cells[column] & bit) != 0 ? 255 : 0;
      }
    }
  }
}

void TownGrid::sample_row(double u, double v, double du, double dv, std::size_t width,
                          std::uint8_t * row) const
{
  if (!(std::abs(u) < kFarCells && std::abs(v) < kFarCells)) {
    std::fill_n(row, width, std::uint8_t{0});
    return;
  }
  auto fixed_u = static_cast<std::int64_t>(std::floor(u * kFixedOne));
  auto fixed_v = static_cast<std::int64_t>(std::floor(v * kFixedOne));
  const auto step_u = static_cast<std::int64_t>(du * kFixedOne);
  const auto step_v = static_cast<std::int64_t>(dv * kFixedOne);
  for (std::size_t column = 0; column < width; ++column) {
    // Negative cells become huge numbers, so one comparison each is enough.
    const auto cell_column = static_cast<std::uint64_t>(fixed_u >> 32);
    const auto cell_row = static_cast<std::uint64_t>(fixed_v >> 32);
    const bool inside = cell_column < columns_ && cell_row < rows_;
    row[column] = inside ? cells_[cell_row * columns_ + cell_column] : std::uint8_t{0};
    fixed_u += step_u;
    fixed_v += step_v;
  }
}

}  // namespace carla_gateway
