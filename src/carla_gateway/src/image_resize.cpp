// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/image_resize.hpp"

#include <algorithm>

namespace carla_gateway
{

ImageResize::Axis::Axis(ResizeMethod method, std::size_t from, std::size_t to)
    : total(method == ResizeMethod::kArea ? from : 2 * to)
{
  const auto add = [this](std::size_t weight) { weights.push_back(static_cast<std::uint32_t>(weight)); };
  for (std::size_t j = 0; j < to; ++j) {
    begin.push_back(weights.size());
    if (method == ResizeMethod::kArea) {
      first.push_back(j * from / to);
      for (std::size_t i = first.back(); i * to < (j + 1) * from; ++i) {
        add(std::min((i + 1) * to, (j + 1) * from) - std::max(i * to, j * from));
      }
      continue;
    }
    const std::size_t middle = std::clamp((2 * j + 1) * from, to, 2 * to * (from - 1) + to) - to;
    const std::size_t beyond = middle % (2 * to);
    first.push_back(middle / (2 * to));
    add(2 * to - beyond);
    if (beyond > 0) {
      add(beyond);
    }
  }
  begin.push_back(weights.size());
}

ImageResize::ImageResize(ResizeMethod method, std::size_t from_height, std::size_t from_width,
                         std::size_t to_height, std::size_t to_width)
    : rows_(method, from_height, to_height), columns_(method, from_width, to_width)
{
}

void ImageResize::apply(const PixelView & picture, bool color, std::uint8_t * planes) const
{
  const std::size_t height = rows_.first.size();
  const std::size_t width = columns_.first.size();
  const std::size_t row_values = picture.width * picture.pixel_bytes;
  const std::uint64_t total = rows_.total * columns_.total;
  thread_local std::vector<std::uint32_t> sums;
  sums.resize(row_values);
  for (std::size_t row = 0; row < height; ++row) {
    // Down first: whole rows of bytes are added up as vectors.
    std::fill(sums.begin(), sums.end(), 0U);
    for (std::size_t k = rows_.begin[row]; k < rows_.begin[row + 1]; ++k) {
      const std::uint8_t * source =
          picture.data + (rows_.first[row] + k - rows_.begin[row]) * picture.row_bytes;
      const std::uint32_t weight = rows_.weights[k];
      for (std::size_t i = 0; i < row_values; ++i) {
        sums[i] += weight * source[i];
      }
    }
    for (std::size_t column = 0; column < width; ++column) {
      std::uint64_t red = 0;
      std::uint64_t green = 0;
      std::uint64_t blue = 0;
      const std::uint32_t * pixel = sums.data() + columns_.first[column] * picture.pixel_bytes;
      for (std::size_t k = columns_.begin[column]; k < columns_.begin[column + 1]; ++k) {
        const std::uint64_t weight = columns_.weights[k];
        red += weight * pixel[picture.red];
        green += weight * pixel[picture.green];
        blue += weight * pixel[picture.blue];
        pixel += picture.pixel_bytes;
      }
      red = (2 * red + total) / (2 * total);
      green = (2 * green + total) / (2 * total);
      blue = (2 * blue + total) / (2 * total);
      std::uint8_t * out = planes + row * width + column;
      if (color) {
        out[0] = static_cast<std::uint8_t>(red);
        out[height * width] = static_cast<std::uint8_t>(green);
        out[2 * height * width] = static_cast<std::uint8_t>(blue);
      } else {
        out[0] = static_cast<std::uint8_t>((299 * red + 587 * green + 114 * blue + 500) / 1000);
      }
    }
  }
}

}  // namespace carla_gateway
