// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/image_conversion.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace carla_gateway
{
namespace
{

TEST(ImageConversion, IntrinsicsOfAPinhole)
{
  const Intrinsics right_angle = intrinsics_of(800, 600, M_PI / 2.0);
  EXPECT_NEAR(right_angle.fx, 400.0, 1e-9);
  EXPECT_NEAR(right_angle.fy, 400.0, 1e-9);
  EXPECT_EQ(right_angle.cx, 400.0);
  EXPECT_EQ(right_angle.cy, 300.0);
  // 60 degrees: half a picture is as wide as tan 30 of the focal length.
  EXPECT_NEAR(intrinsics_of(200, 100, M_PI / 3.0).fx, 100.0 * std::sqrt(3.0), 1e-9);
}

TEST(ImageConversion, DepthsAreThoseOfTheCode)
{
  // Blue, green, red, alpha: nothing, all, one in green, one in blue, and 12.5 m.
  const std::uint8_t pixels[] = {0, 0,   0, 255, 255, 255, 255, 255, 0,  1,
                                 0, 255, 1, 0,   0,   255, 3,   51,  51, 255};
  float metres[5] = {};
  depth_to_metres(pixels, 5, metres);
  EXPECT_EQ(metres[0], 0.0F);
  EXPECT_FLOAT_EQ(metres[1], 1000.0F);
  EXPECT_FLOAT_EQ(metres[2], 256.0F * 1000.0F / 16777215.0F);
  EXPECT_FLOAT_EQ(metres[3], 65536.0F * 1000.0F / 16777215.0F);
  EXPECT_NEAR(metres[4], 12.5F, 1e-4F);
}

TEST(ImageConversion, LabelsBecomeColors)
{
  const std::uint8_t pixels[] = {9,  9,   1, 255, 0,   0,
                                 12, 255, 0, 0,   200, 255};  // road, pedestrian, none of CARLA's
  std::uint8_t bgr[9] = {};
  labels_to_colors(pixels, 3, bgr);
  const std::uint8_t wanted[9] = {128, 64, 128, 60, 20, 220, 0, 0, 0};
  EXPECT_TRUE(std::equal(bgr, bgr + 9, wanted));
  std::uint8_t labels[3] = {};
  labels_of(pixels, 3, labels);
  const std::uint8_t wanted_labels[3] = {1, 12, 200};
  EXPECT_TRUE(std::equal(labels, labels + 3, wanted_labels));
}

}  // namespace
}  // namespace carla_gateway
