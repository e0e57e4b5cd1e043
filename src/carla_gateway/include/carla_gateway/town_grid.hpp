// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__TOWN_GRID_HPP_
#define CARLA_GATEWAY__TOWN_GRID_HPP_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace carla_gateway
{

/// The town from above as the ring holds it: a bit mask FrameLayout.MAP_* per cell, row-major, row 0 at the
/// least y and column 0 at the least x.
struct TownMap
{
  const std::uint8_t * cells = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  float x_m = 0.0F;  ///< corner of cell [0][0]
  float y_m = 0.0F;
  float cell_m = 1.0F;
};

/// A town map that is ready to be sampled at one resolution.
///
/// Where an image's pixels are at least twice as large as the map's cells, cells are joined first, with all
/// their bits: lines that are narrower than a pixel stay whole.
class TownGrid
{
 public:
  static constexpr std::size_t kLayers = 4;
  static constexpr std::size_t kMaxImageWidth = 1024;

  /// Copies the map.
  /// @param resolution_m edge of an image's pixel, m
  /// @throws std::invalid_argument when the map's numbers make no sense
  TownGrid(const TownMap & map, float resolution_m);

  /// Writes the layers around a vehicle as kLayers planes of `height` x `width`, 0 or 255: road, lane
  /// markings, crossings, stop lines. The image is placed like ImageFrame's; outside the map all is 0.
  void sample(float x_m, float y_m, float cos_yaw, float sin_yaw, float ahead_m, std::size_t height,
              std::size_t width, std::uint8_t * planes) const;

 private:
  void sample_row(double u, double v, double du, double dv, std::size_t width, std::uint8_t * row) const;

  std::vector<std::uint8_t> cells_;
  std::size_t rows_;
  std::size_t columns_;
  double x_m_, y_m_;
  double cell_m_;
  double resolution_m_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__TOWN_GRID_HPP_
