// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__SENSOR_VIEWS_HPP_
#define CARLA_GATEWAY__SENSOR_VIEWS_HPP_

#include <cstddef>
#include <cstdint>

namespace carla_gateway
{

/// A colour picture in somebody else's memory: pixels of several bytes, row by row.
struct PixelView
{
  const std::uint8_t * data = nullptr;  ///< null: there is none
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t row_bytes = 0;  ///< from one row to the next
  std::size_t pixel_bytes = 4;
  std::size_t red = 2;  ///< offset of the byte in a pixel
  std::size_t green = 1;
  std::size_t blue = 0;
};

/// Points of a lidar in somebody else's memory; coordinates and intensity are float32, REP-103.
struct PointView
{
  const std::uint8_t * data = nullptr;  ///< null: there is no scan
  std::size_t count = 0;
  std::size_t step = 16;  ///< from one point to the next
  std::size_t x = 0;      ///< offset in a point
  std::size_t y = 4;
  std::size_t z = 8;
  std::size_t intensity = 12;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__SENSOR_VIEWS_HPP_
