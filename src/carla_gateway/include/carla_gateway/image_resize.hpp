// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__IMAGE_RESIZE_HPP_
#define CARLA_GATEWAY__IMAGE_RESIZE_HPP_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "carla_gateway/sensor_views.hpp"

namespace carla_gateway
{

enum class ResizeMethod
{
  kArea,      ///< mean of what a pixel covers
  kBilinear,  ///< between the four nearest pixels' centres
};

/// Resizes colour pictures of one size to another, in whole numbers: every implementation gives the same
/// bytes.
///
/// Along each axis a target pixel is a sum of source pixels with whole weights of a fixed total; the product
/// of both sums is divided by the product of the totals and rounded, halves up.
///   - area: source pixel i of n covers [i m, (i+1) m), target pixel j of m covers [j n, (j+1) n); the weight
///   is the
///     overlap, the total n.
///   - bilinear: the middle of target pixel j is at ((2j+1) n - m) / 2m between the middles of source pixels,
///   kept
///     within them; the weights are the distances in units of 1/2m, the total 2m.
class ImageResize
{
 public:
  ImageResize(ResizeMethod method, std::size_t from_height, std::size_t from_width, std::size_t to_height,
              std::size_t to_width);

  /// Writes planes [3][H][W] of red, green and blue, or [1][H][W] of their luma (299 R + 587 G + 114 B) /
  /// 1000, rounded (ITU-R BT.601), of a picture of the size to resize from.
  void apply(const PixelView & picture, bool color, std::uint8_t * planes) const;

 private:
  /// What each target pixel is made of along one axis.
  struct Axis
  {
    Axis(ResizeMethod method, std::size_t from, std::size_t to);
    std::uint64_t total;
    std::vector<std::size_t> first;      // of the source pixels
    std::vector<std::size_t> begin;      // of the weights, one more than there are pixels
    std::vector<std::uint32_t> weights;  // of all target pixels, one after the other
  };

  Axis rows_;
  Axis columns_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__IMAGE_RESIZE_HPP_
