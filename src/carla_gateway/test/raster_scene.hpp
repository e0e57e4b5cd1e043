// SPDX-License-Identifier: Apache-2.0
#ifndef RASTER_SCENE_HPP_
#define RASTER_SCENE_HPP_

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "carla_drl_msgs/msg/frame_layout.hpp"
#include "carla_gateway/raster_builder.hpp"

/// A town and frames in it, for tests of rasters.
namespace carla_gateway::testing
{

using carla_drl_msgs::msg::FrameLayout;

constexpr std::size_t kSize = 16;
constexpr std::size_t kPlane = kSize * kSize;
constexpr std::size_t kEgo = FrameLayout::NUM_EGO;
constexpr std::size_t kObject = FrameLayout::NUM_OBJECT;
constexpr std::size_t kLine = std::size_t{FrameLayout::NUM_ROUTE_LINE} * 2;
constexpr std::size_t kRoute = 4, kVehicles = 5, kWalkers = 6, kLights = 7;

using Pixels = std::set<std::pair<std::size_t, std::size_t>>;  // row, column

/// 16 x 16 pixels of 1 m around the ego.
inline RasterConfig small_config()
{
  RasterConfig config;
  config.enabled = true;
  config.height = config.width = kSize;
  config.resolution_m = 1.0F;
  config.ahead_m = 0.0F;
  config.threads = 1;
  return config;
}

/// A road along the x axis, 8 m wide, in a square of 64 m around the origin, in cells of `cell_m`.
struct Town
{
  explicit Town(float cell_m = 1.0F)
      : side(static_cast<std::size_t>(64.0F / cell_m)), cells(side * side, std::uint8_t{0})
  {
    for (std::size_t row = 0; row < side; ++row) {
      const float y = (static_cast<float>(row) + 0.5F) * cell_m - 32.0F;
      const bool road = std::abs(y) < 4.0F;
      std::fill_n(cells.begin() + static_cast<std::ptrdiff_t>(row * side), side,
                  road ? FrameLayout::MAP_ROAD : std::uint8_t{0});
    }
    raster.map = {cells.data(), side, side, -32.0F, -32.0F, cell_m};
  }
  std::uint8_t & cell(std::size_t row, std::size_t column) { return cells[row * side + column]; }

  std::size_t side;
  std::vector<std::uint8_t> cells;
  std::vector<float> lines;
  RasterTown raster;
};

/// The arrays of one frame, all zero at first.
struct Frame
{
  explicit Frame(std::size_t num_agents, std::size_t num_objects = 0)
      : ego(num_agents * kEgo), line(num_agents * kLine), objects(num_objects * kObject)
  {
  }
  void place(std::size_t agent, float x, float y, float yaw)
  {
    float * row = ego.data() + agent * kEgo;
    row[FrameLayout::EGO_X_M] = x;
    row[FrameLayout::EGO_Y_M] = y;
    row[FrameLayout::EGO_YAW_RAD] = yaw;
    row[FrameLayout::EGO_LENGTH_M] = 4.0F;
    row[FrameLayout::EGO_WIDTH_M] = 2.0F;
  }
  void object(std::size_t index, std::uint8_t kind, float x, float y, float yaw, float length, float width)
  {
    float * row = objects.data() + index * kObject;
    row[FrameLayout::OBJECT_KIND] = kind;
    row[FrameLayout::OBJECT_X_M] = x;
    row[FrameLayout::OBJECT_Y_M] = y;
    row[FrameLayout::OBJECT_YAW_RAD] = yaw;
    row[FrameLayout::OBJECT_LENGTH_M] = length;
    row[FrameLayout::OBJECT_WIDTH_M] = width;
  }
  RasterArrays arrays() const { return {ego.data(), line.data(), objects.data(), lights.data()}; }

  std::vector<float> ego, line, objects;
  std::vector<std::uint8_t> lights;
};

inline std::vector<std::uint8_t> build(RasterBuilder & builder, const Frame & frame)
{
  std::vector<std::uint8_t> rasters(builder.bytes(), std::uint8_t{99});
  static std::uint64_t number = 0;
  builder.build(++number, frame.arrays(), rasters.data());
  builder.keep();
  return rasters;
}

/// The pixels of a channel that are not 0.
inline Pixels lit(const std::vector<std::uint8_t> & rasters, std::size_t channel, std::size_t agent = 0,
                  std::size_t channels = 8)
{
  Pixels pixels;
  const std::uint8_t * plane = rasters.data() + (agent * channels + channel) * kPlane;
  for (std::size_t i = 0; i < kPlane; ++i) {
    if (plane[i] != 0) {
      pixels.insert({i / kSize, i % kSize});
    }
  }
  return pixels;
}

inline Pixels block(std::size_t first_row, std::size_t last_row, std::size_t first_column,
                    std::size_t last_column)
{
  Pixels pixels;
  for (std::size_t row = first_row; row <= last_row; ++row) {
    for (std::size_t column = first_column; column <= last_column; ++column) {
      pixels.insert({row, column});
    }
  }
  return pixels;
}

}  // namespace carla_gateway::testing

#endif  // RASTER_SCENE_HPP_
