// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__IMAGE_CONVERSION_HPP_
#define CARLA_GATEWAY__IMAGE_CONVERSION_HPP_

#include <array>
#include <cstddef>
#include <cstdint>

namespace carla_gateway
{

/// Pinhole intrinsics of a camera whose field of view is horizontal: fx, fy, cx, cy in pixels.
struct Intrinsics
{
  double fx = 0.0;
  double fy = 0.0;
  double cx = 0.0;
  double cy = 0.0;
};

/// fx = fy = w / (2 tan(fov / 2)); the optical axis meets the middle of the picture.
Intrinsics intrinsics_of(std::uint32_t width, std::uint32_t height, double fov_rad);

/// Depths in m from CARLA's coded pictures: (R + 256 G + 65536 B) / (2^24 - 1) x 1000 m (CARLA's sensor
/// reference).
/// @param bgra pixels x 4 bytes; @param metres pixels.
void depth_to_metres(const std::uint8_t * bgra, std::size_t pixels, float * metres);

/// Colours (blue, green, red) of semantic labels in the palette of Cityscapes, as CARLA's CityScapesPalette
/// has them.
/// @param bgra pixels x 4 bytes, the label in red; @param bgr pixels x 3 bytes.
void labels_to_colors(const std::uint8_t * bgra, std::size_t pixels, std::uint8_t * bgr);

/// The labels alone, one byte per pixel.
void labels_of(const std::uint8_t * bgra, std::size_t pixels, std::uint8_t * labels);

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__IMAGE_CONVERSION_HPP_
