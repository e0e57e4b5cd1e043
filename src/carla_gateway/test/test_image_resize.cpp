// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/image_resize.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace carla_gateway
{
namespace
{

/// A picture whose red is given, with green twice and blue three times as much, as bgra.
struct Picture
{
  Picture(std::size_t height, std::size_t width, const std::vector<int> & red) : bytes(red.size() * 4, 255)
  {
    for (std::size_t i = 0; i < red.size(); ++i) {
      bytes[4 * i + 2] = static_cast<std::uint8_t>(red[i]);
      bytes[4 * i + 1] = static_cast<std::uint8_t>(2 * red[i]);
      bytes[4 * i] = static_cast<std::uint8_t>(3 * red[i]);
    }
    view.data = bytes.data();
    view.height = height;
    view.width = width;
    view.row_bytes = 4 * width;
  }
  std::vector<std::uint8_t> bytes;
  PixelView view;
};

std::vector<int> resized(ResizeMethod method, const Picture & picture, std::size_t height, std::size_t width,
                         bool color = true)
{
  std::vector<std::uint8_t> planes((color ? 3 : 1) * height * width);
  ImageResize(method, picture.view.height, picture.view.width, height, width)
      .apply(picture.view, color, planes.data());
  return {planes.begin(), planes.end()};
}

TEST(ImageResize, AreaIsTheMeanOfWhatAPixelCovers)
{
  const Picture picture(2, 4, {0, 10, 20, 31, 40, 50, 60, 70});
  // (0+10+40+50)/4 = 25, (20+31+60+70)/4 = 45.25; the other colours are two and three times that.
  EXPECT_EQ(resized(ResizeMethod::kArea, picture, 1, 2), (std::vector<int>{25, 45, 50, 91, 75, 136}));
}

TEST(ImageResize, AreaTakesPartsOfPixels)
{
  const Picture picture(1, 3, {0, 30, 60});
  // Each half is one pixel and half of the middle one: (0 x 2 + 30) / 3 and (30 + 60 x 2) / 3.
  EXPECT_EQ(resized(ResizeMethod::kArea, picture, 1, 2), (std::vector<int>{10, 50, 20, 100, 30, 150}));
  // Two of a pixel's thirds at a time make it larger.
  EXPECT_EQ(resized(ResizeMethod::kArea, Picture(1, 2, {0, 60}), 1, 3),
            (std::vector<int>{0, 30, 60, 0, 60, 120, 0, 90, 180}));
}

TEST(ImageResize, HalvesAreRoundedUp)
{
  EXPECT_EQ(resized(ResizeMethod::kArea, Picture(1, 2, {1, 2}), 1, 1), (std::vector<int>{2, 3, 5}));
}

TEST(ImageResize, BilinearIsBetweenTheMiddlesOfPixels)
{
  // Middles of four pixels in two: at -1/4, 1/4, 3/4 and 5/4, kept within 0 and 1.
  EXPECT_EQ(resized(ResizeMethod::kBilinear, Picture(1, 2, {0, 80}), 1, 4),
            (std::vector<int>{0, 20, 60, 80, 0, 40, 120, 160, 0, 60, 180, 240}));
  // One pixel of three looks at the middle one alone, one of four at the two in the middle.
  EXPECT_EQ(resized(ResizeMethod::kBilinear, Picture(3, 1, {0, 30, 80}), 1, 1),
            (std::vector<int>{30, 60, 90}));
  EXPECT_EQ(resized(ResizeMethod::kBilinear, Picture(4, 1, {0, 10, 20, 80}), 1, 1),
            (std::vector<int>{15, 30, 45}));
}

TEST(ImageResize, APictureOfTheSameSizeStaysAsItIs)
{
  for (const auto method : {ResizeMethod::kArea, ResizeMethod::kBilinear}) {
    EXPECT_EQ(resized(method, Picture(2, 2, {1, 2, 3, 4}), 2, 2),
              (std::vector<int>{1, 2, 3, 4, 2, 4, 6, 8, 3, 6, 9, 12}));
  }
}

TEST(ImageResize, GreyIsLuma)
{
  // (299 x 50 + 587 x 100 + 114 x 150) / 1000 = 90.75
  EXPECT_EQ(resized(ResizeMethod::kArea, Picture(1, 1, {50}), 1, 1, false), (std::vector<int>{91}));
}

TEST(ImageResize, TakesOtherLayoutsOfPixels)
{
  const std::vector<std::uint8_t> rgb = {10, 20, 30, 30, 40, 50, 99, 99};  // two bytes after the row
  PixelView view;
  view.data = rgb.data();
  view.height = 1;
  view.width = 2;
  view.row_bytes = 8;
  view.pixel_bytes = 3;
  view.red = 0;
  view.green = 1;
  view.blue = 2;
  std::vector<std::uint8_t> planes(3);
  ImageResize(ResizeMethod::kArea, 1, 2, 1, 1).apply(view, true, planes.data());
  EXPECT_EQ(planes, (std::vector<std::uint8_t>{20, 30, 40}));
}

}  // namespace
}  // namespace carla_gateway
