// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__RASTER_CANVAS_HPP_
#define CARLA_GATEWAY__RASTER_CANVAS_HPP_

#include <cstddef>
#include <cstdint>

namespace carla_gateway
{

/// A point in an image, in pixels: x to the right, y down; pixel [row][column] covers x from column to
/// column + 1 and y from row to row + 1.
struct PixelPoint
{
  float x;
  float y;
};

/// One channel of an image, row-major.
struct Plane
{
  std::uint8_t * pixels;
  std::size_t height;
  std::size_t width;
};

/// Sets the pixels whose centre lies in a convex polygon to `value`. Any coordinates will do, NaN included.
void fill_convex(const Plane & plane, const PixelPoint * corners, std::size_t count, std::uint8_t value);

/// Sets the pixels of a band of `half_width` pixels to both sides of a line through `count` points, in which
/// no two neighbours are equal.
void fill_band(const Plane & plane, const PixelPoint * points, std::size_t count, float half_width,
               std::uint8_t value);

/// Where a vehicle's image lies in frame "map": centred `ahead_m` ahead of the vehicle, its heading up.
class ImageFrame
{
 public:
  ImageFrame(float x_m, float y_m, float cos_yaw, float sin_yaw, float resolution_m, float ahead_m,
             std::size_t height, std::size_t width) noexcept;

  /// The image point of a point in "map".
  PixelPoint pixel(float x_m, float y_m) const noexcept
  {
    const float dx = x_m - x_;
    const float dy = y_m - y_;
    return {middle_column_ - (cos_ * dy - sin_ * dx) * pixels_per_m_,
            ego_row_ - (cos_ * dx + sin_ * dy) * pixels_per_m_};
  }

  /// A direction in "map", as cosine and sine of a yaw, in the image.
  PixelPoint direction(float cos_yaw, float sin_yaw) const noexcept
  {
    return {sin_ * cos_yaw - cos_ * sin_yaw, -(cos_ * cos_yaw + sin_ * sin_yaw)};
  }

  float pixels_per_m() const noexcept { return pixels_per_m_; }

 private:
  float x_, y_, cos_, sin_;
  float pixels_per_m_;
  float middle_column_;
  float ego_row_;  // of the vehicle itself
};

/// Fills a box in "map" with `value`. It is drawn at least sqrt(2) pixels long and wide, so that it always
/// covers the centre of one: nobody disappears between pixels.
void fill_box(const Plane & plane, const ImageFrame & frame, float x_m, float y_m, float cos_yaw,
              float sin_yaw, float length_m, float width_m, std::uint8_t value);

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__RASTER_CANVAS_HPP_
