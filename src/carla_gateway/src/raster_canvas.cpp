// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/raster_canvas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace carla_gateway
{
namespace
{

constexpr float kSqrtHalf = 0.70710678F;

/// First pixel whose centre is not before `edge`, from 0 to `size`; 0 for NaN.
std::size_t first_centre(float edge, std::size_t size) noexcept
{
  const float index = std::ceil(edge - 0.5F);
  if (!(index > 0.0F)) {
    return 0;
  }
  return index < static_cast<float>(size) ? static_cast<std::size_t>(index) : size;
}

}  // namespace

void fill_convex(const Plane & plane, const PixelPoint * corners, std::size_t count, std::uint8_t value)
{
  float top = corners[0].y;
  float bottom = corners[0].y;
  for (std::size_t i = 1; i < count; ++i) {
    top = std::min(top, corners[i].y);
    bottom = std::max(bottom, corners[i].y);
  }
  const std::size_t end = first_centre(bottom, plane.height);
  for (std::size_t row = first_centre(top, plane.height); row < end; ++row) {
    const float y = static_cast<float>(row) + 0.5F;
    float left = std::numeric_limits<float>::infinity();
    float right = -std::numeric_limits<float>::infinity();
    for (std::size_t i = 0; i < count; ++i) {
      const PixelPoint & a = corners[i];
      const PixelPoint & b = corners[i + 1 == count ? 0 : i + 1];
      if ((a.y <= y) != (b.y <= y)) {
        const float x = a.x + (y - a.y) * (b.x - a.x) / (b.y - a.y);
        left = std::min(left, x);
        right = std::max(right, x);
      }
    }
    const std::size_t first = first_centre(left, plane.width);
    const std::size_t last = first_centre(right, plane.width);
    if (first < last) {
      std::memset(plane.pixels + row * plane.width + first, value, last - first);
    }
  }
}

void fill_band(const Plane & plane, const PixelPoint * points, std::size_t count, float half_width,
               std::uint8_t value)
{
  if (count < 2) {
    return;
  }
  std::array<PixelPoint, 4> quad = {};
  for (std::size_t i = 0; i < count; ++i) {
    const PixelPoint & before = points[i == 0 ? 0 : i - 1];
    const PixelPoint & after = points[i + 1 == count ? i : i + 1];
    const float dx = after.x - before.x;
    const float dy = after.y - before.y;
    const float length = std::sqrt(dx * dx + dy * dy);
    const float scale = length > 0.0F ? half_width / length : 0.0F;
    const PixelPoint one = {points[i].x - dy * scale, points[i].y + dx * scale};
    const PixelPoint other = {points[i].x + dy * scale, points[i].y - dx * scale};
    if (i > 0) {
      quad[2] = other;
      quad[3] = one;
      fill_convex(plane, quad.data(), quad.size(), value);
    }
    quad[0] = one;
    quad[1] = other;
  }
}

ImageFrame::ImageFrame(float x_m, float y_m, float cos_yaw, float sin_yaw, float resolution_m, float ahead_m,
                       std::size_t height, std::size_t width) noexcept
    : x_(x_m),
      y_(y_m),
      cos_(cos_yaw),
      sin_(sin_yaw),
      pixels_per_m_(1.0F / resolution_m),
      middle_column_(0.5F * static_cast<float>(width)),
      ego_row_(0.5F * static_cast<float>(height) + ahead_m / resolution_m)
{
}

void fill_box(const Plane & plane, const ImageFrame & frame, float x_m, float y_m, float cos_yaw,
              float sin_yaw, float length_m, float width_m, std::uint8_t value)
{
  const float half_length = std::max(0.5F * length_m * frame.pixels_per_m(), kSqrtHalf);
  const float half_width = std::max(0.5F * width_m * frame.pixels_per_m(), kSqrtHalf);
  const float reach = half_length + half_width;
  const PixelPoint middle = frame.pixel(x_m, y_m);
  const bool near = middle.x > -reach && middle.x < static_cast<float>(plane.width) + reach &&
                    middle.y > -reach && middle.y < static_cast<float>(plane.height) + reach;
  if (!near) {
    return;
  }
  const PixelPoint ahead = frame.direction(cos_yaw, sin_yaw);
  const PixelPoint along = {ahead.x * half_length, ahead.y * half_length};
  const PixelPoint aside = {-ahead.y * half_width, ahead.x * half_width};
  const std::array<PixelPoint, 4> corners = {{{middle.x + along.x + aside.x, middle.y + along.y + aside.y},
                                              {middle.x + along.x - aside.x, middle.y + along.y - aside.y},
                                              {middle.x - along.x - aside.x, middle.y - along.y - aside.y},
                                              {middle.x - along.x + aside.x, middle.y - along.y + aside.y}}};
  fill_convex(plane, corners.data(), corners.size(), value);
}

}  // namespace carla_gateway
