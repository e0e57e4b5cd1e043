// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__LIDAR_BUILDER_HPP_
#define CARLA_GATEWAY__LIDAR_BUILDER_HPP_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "carla_gateway/camera_builder.hpp"
#include "carla_gateway/image_stack.hpp"

namespace carla_gateway
{

enum class LidarForm
{
  kRange,  ///< as the sensor sees: a row per elevation, a column per direction
  kGrid,   ///< from above
};

struct LidarConfig
{
  bool enabled = false;
  std::string sensor;  ///< name of a lidar that every ego has; empty: the first one
  LidarForm form = LidarForm::kRange;
  std::size_t rows = 0;       ///< of a range image; 0: the sensor's channels
  std::size_t columns = 256;  ///< of a range image
  double lower_deg = 0.0;     ///< elevation of the last row; equal to upper_deg: the sensor's
  double upper_deg = 0.0;     ///< elevation of the first row
  float range_m = 60.0F;      ///< distance that is as far as nothing
  std::size_t height = 96;    ///< of a grid, pixels
  std::size_t width = 96;     ///< likewise
  float resolution_m = 0.5F;  ///< edge of a grid's pixel, m
  float ahead_m = 12.0F;      ///< how far ahead of the ego's origin a grid's middle is, m
  float min_z_m = 0.3F;       ///< grids show what is at least as high above the ego's origin
  float max_z_m = 2.5F;       ///< and at most that
};

/// A lidar that all egos have.
struct LidarKind
{
  std::string name;
  std::size_t channels = 0;
  double lower_rad = 0.0;                                    ///< elevation of the lowest channel
  double upper_rad = 0.0;                                    ///< of the highest
  std::array<double, 3> position = {};                       ///< on the ego, REP-103, m
  std::array<double, 4> orientation = {0.0, 0.0, 0.0, 1.0};  ///< x, y, z, w
};

/// The scans of every ego's lidar as images, uint8 [N][2][H][W].
///
/// Range image: channel `nearness` is 255 at the sensor and falls to 1 at range_m, rounded halves up; 0 where
/// nothing came back from less than that. Channel `intensity` is that of the same point, 0 to 255. The middle
/// column looks ahead, the first one back over the left; of several points in a pixel the nearest counts.
/// Grid: row 0 is farthest ahead of the ego, column 0 farthest left. Channel `occupancy` is 255 where there
/// is a point between min_z_m and max_z_m, channel `height` that of the highest such point, 1 to 255 between
/// these bounds.
class LidarBuilder
{
 public:
  /// @throws std::invalid_argument naming what is out of bounds, its value and what is allowed.
  LidarBuilder(const LidarConfig & config, const LidarKind & lidar, std::size_t num_agents);

  std::size_t height() const noexcept { return height_; }
  std::size_t width() const noexcept { return width_; }
  ImageStack & stack() noexcept { return stack_; }
  const ImageStack & stack() const noexcept { return stack_; }
  std::vector<std::string> names() const;
  std::string place() const;

  static constexpr std::size_t kPlanes = 2;

  /// Writes an ego's scan into the present moment. Different scans may be written at once.
  void write(std::size_t agent, const PointView & scan);

 private:
  void write_range(const PointView & scan, std::uint8_t * nearness, std::uint8_t * intensity) const;
  void write_grid(const PointView & scan, std::uint8_t * occupancy, std::uint8_t * tops) const;

  LidarConfig config_;
  std::string name_;
  std::size_t height_;
  std::size_t width_;
  float lower_rad_;
  float upper_rad_;
  std::array<float, 9> rotation_ = {};  // of the sensor on the ego, row-major
  std::array<float, 3> position_ = {};
  ImageStack stack_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__LIDAR_BUILDER_HPP_
