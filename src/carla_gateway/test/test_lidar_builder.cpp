// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/lidar_builder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace carla_gateway
{
namespace
{

using Points = std::vector<std::array<float, 4>>;
using Pixels = std::map<std::pair<std::size_t, std::size_t>, std::pair<int, int>>;

/// The pixels of both channels that are not 0, by row and column.
Pixels shown(const LidarConfig & config, const LidarKind & lidar, const Points & points)
{
  LidarBuilder builder(config, lidar, 1);
  builder.stack().begin(1);
  PointView scan;
  scan.data = reinterpret_cast<const std::uint8_t *>(points.data());
  scan.count = points.size();
  builder.write(0, scan);
  std::vector<std::uint8_t> image(2 * builder.height() * builder.width());
  builder.stack().compose(0, false, image.data());
  Pixels pixels;
  for (std::size_t i = 0; i < image.size() / 2; ++i) {
    if (image[i] != 0 || image[image.size() / 2 + i] != 0) {
      pixels[{i / builder.width(), i % builder.width()}] = {image[i], image[image.size() / 2 + i]};
    }
  }
  return pixels;
}

LidarConfig range_image()
{
  LidarConfig config;
  config.enabled = true;
  config.columns = 16;
  config.range_m = 100.0F;
  return config;
}

LidarKind roof()
{
  LidarKind lidar;
  lidar.name = "roof";
  lidar.channels = 31;  // a degree each
  lidar.lower_rad = -20.0 * M_PI / 180.0;
  lidar.upper_rad = 10.0 * M_PI / 180.0;
  return lidar;
}

TEST(RangeImage, RowsAreElevationsAndColumnsDirections)
{
  const float down = 20.0F * std::tan(static_cast<float>(M_PI) / 36.0F);  // 5 degrees
  const Pixels pixels = shown(range_image(), roof(),
                              {{20.0F, -0.1F, 0.0F, 0.5F},     // ahead, a little to the right
                               {0.0F, 20.1F, 0.0F, 1.0F},      // left: a quarter from the left edge
                               {-20.0F, -0.1F, -down, 0.25F}}  // behind, to the right, five degrees down
  );
  // 1 + 254 (1 - 0.2) = 204.2; 20.1 m: 203.9; 20.076 m: 204.0
  EXPECT_EQ(pixels, (Pixels{{{10, 8}, {204, 128}}, {{10, 4}, {204, 255}}, {{15, 15}, {204, 64}}}));
}

TEST(RangeImage, TheNearestPointOfAPixelCounts)
{
  const Pixels pixels =
      shown(range_image(), roof(),
            {{50.0F, -1.0F, 0.0F, 0.1F}, {10.0F, -0.2F, 0.0F, 0.2F}, {90.0F, -1.0F, 0.0F, 0.3F}});
  EXPECT_EQ(pixels, (Pixels{{{10, 8}, {230, 51}}}));
}

TEST(RangeImage, WhatIsTooFarOrOutsideTheRowsIsNotShown)
{
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(shown(range_image(), roof(),
                    {{100.0F, 0.0F, 0.0F, 1.0F},  // as far as the range
                     {1.0F, 0.0F, 5.0F, 1.0F},    // far above the first row
                     {1.0F, 0.0F, -5.0F, 1.0F},
                     {nan, 0.0F, 0.0F, 1.0F}})
                  .empty());
}

TEST(RangeImage, RowsCanBeSetByHand)
{
  LidarConfig config = range_image();
  config.rows = 21;
  config.lower_deg = -10.0;
  config.upper_deg = 10.0;
  EXPECT_EQ(shown(config, roof(), {{50.0F, -1.0F, 0.0F, 0.0F}}).begin()->first.first, 10U);
  config.lower_deg = 20.0;
  EXPECT_THROW(LidarBuilder(config, roof(), 1), std::invalid_argument);
  config = range_image();
  LidarKind coarse = roof();
  coarse.channels = 8;
  EXPECT_THROW(LidarBuilder(config, coarse, 1), std::invalid_argument);
}

LidarConfig grid()
{
  LidarConfig config;
  config.enabled = true;
  config.form = LidarForm::kGrid;
  config.height = config.width = 16;
  config.resolution_m = 1.0F;
  config.ahead_m = 4.0F;  // rows from 12 m ahead to 4 m behind
  config.min_z_m = 0.5F;
  config.max_z_m = 2.5F;
  return config;
}

TEST(LidarGrid, ShowsWhatIsAroundTheEgo)
{
  LidarKind lidar = roof();
  lidar.position = {1.0, 0.0, 2.0};
  const Pixels pixels = shown(grid(), lidar,
                              {{4.5F, 2.5F, -1.0F, 0.0F},     // 5.5 m ahead, 2.5 m left, 1 m high
                               {4.6F, 2.6F, 0.0F, 0.0F},      // the same pixel, 2 m high
                               {4.5F, -2.5F, -1.9F, 0.0F},    // too low
                               {4.5F, -3.5F, 1.0F, 0.0F},     // too high
                               {20.0F, 0.0F, -1.0F, 0.0F}});  // too far ahead
  // 1 + 254 x (2 - 0.5) / 2 = 191.5
  EXPECT_EQ(pixels, (Pixels{{{6, 5}, {255, 192}}}));
}

TEST(LidarGrid, TurnsPointsFromTheSensorToTheEgo)
{
  LidarKind lidar = roof();
  lidar.position = {0.0, 0.0, 1.5};
  lidar.orientation = {0.0, 0.0, std::sqrt(0.5), std::sqrt(0.5)};  // looks left
  const Pixels pixels = shown(grid(), lidar, {{3.5F, 0.5F, 0.0F, 0.0F}});
  // 3.5 m to the left and 0.5 m behind the ego's origin
  EXPECT_EQ(pixels, (Pixels{{{12, 4}, {255, 128}}}));
}

}  // namespace
}  // namespace carla_gateway
