// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/raster_builder.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "raster_scene.hpp"

namespace carla_gateway
{
namespace
{

using namespace testing;  // NOLINT: the scene of these tests

TEST(RasterBuilder, ShowsAStraightRoadHeadingUp)
{
  Town town;
  town.cell(32, 34) |= FrameLayout::MAP_CROSSING;  // x in [2, 3], y in [0, 1]
  RasterBuilder builder(small_config(), town.raster, 1, 0);
  Frame frame(1);
  frame.place(0, 0.0F, 0.0F, 0.0F);
  const auto ahead = build(builder, frame);
  EXPECT_EQ(lit(ahead, 0), block(0, 15, 4, 11));
  EXPECT_EQ(lit(ahead, 1), Pixels());
  EXPECT_EQ(lit(ahead, 2), block(5, 5, 7, 7));  // 2.5 m ahead, 0.5 m to the left

  frame.place(0, 0.0F, 0.0F, static_cast<float>(M_PI_2));
  const auto across = build(builder, frame);
  EXPECT_EQ(lit(across, 0), block(4, 11, 0, 15));
  EXPECT_EQ(lit(across, 2), block(7, 7, 10, 10));  // 0.5 m ahead, 2.5 m to the right
}

TEST(RasterBuilder, ShowsARoadFromAnyAngle)
{
  Town town;
  RasterConfig config = small_config();
  config.ahead_m = 3.0F;
  RasterBuilder builder(config, town.raster, 1, 0);
  for (const float yaw : {0.3F, 1.1F, 2.4F, -2.0F}) {
    Frame frame(1);
    frame.place(0, 1.3F, 2.2F, yaw);
    const auto raster = build(builder, frame);
    for (std::size_t i = 0; i < kPlane; ++i) {
      const double ex = 3.0 + 7.5 - static_cast<double>(i / kSize);
      const double ey = 7.5 - static_cast<double>(i % kSize);
      const double y = 2.2 + std::sin(yaw) * ex + std::cos(yaw) * ey;
      if (std::abs(std::abs(y) - 4.0) > 1e-3) {
        EXPECT_EQ(raster[i], std::abs(y) < 4.0 ? 255 : 0) << yaw << ", pixel " << i;
      }
    }
  }
}

TEST(RasterBuilder, DrawsOthersAsBoxesInTheEgosFrame)
{
  RasterBuilder builder(small_config(), Town().raster, 2, 2);
  Frame frame(2, 2);
  frame.place(0, 0.0F, 0.0F, 0.0F);
  frame.place(1, 5.0F, 2.0F, 0.0F);
  frame.object(0, FrameLayout::OBJECT_VEHICLE, -5.0F, 0.0F, static_cast<float>(M_PI_2), 4.0F, 2.0F);
  frame.object(1, FrameLayout::OBJECT_NONE, 0.0F, 0.0F, 0.0F, 4.0F, 2.0F);
  const auto rasters = build(builder, frame);
  // 3 to 7 m ahead and 1 to 3 m to the left; and behind, across: 4 to 6 m, 2 m to both sides.
  Pixels expected = block(1, 4, 5, 6);
  expected.merge(block(12, 13, 6, 9));
  EXPECT_EQ(lit(rasters, kVehicles, 0), expected);
  EXPECT_EQ(lit(rasters, kVehicles, 1), block(11, 14, 9, 10));  // the other way round; the object is too far
  EXPECT_EQ(lit(rasters, kWalkers, 0), Pixels());

  frame.place(0, 0.0F, 0.0F, static_cast<float>(M_PI));
  frame.object(0, FrameLayout::OBJECT_NONE, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F);
  EXPECT_EQ(lit(build(builder, frame), kVehicles, 0), block(11, 14, 9, 10));
}

TEST(RasterBuilder, NobodyDisappearsBetweenPixels)
{
  RasterBuilder builder(small_config(), Town().raster, 1, 1);
  std::mt19937 random(3);
  std::uniform_real_distribution<float> place(-6.0F, 6.0F);
  for (int i = 0; i < 200; ++i) {
    Frame frame(1, 1);
    frame.place(0, 0.0F, 0.0F, place(random));
    frame.object(0, FrameLayout::OBJECT_WALKER, place(random), place(random), place(random), 0.3F, 0.3F);
    const auto raster = build(builder, frame);
    const std::size_t count = lit(raster, kWalkers).size();
    EXPECT_GE(count, 1U);
    EXPECT_LE(count, 4U);
    EXPECT_EQ(lit(raster, kVehicles), Pixels());
  }
}

TEST(RasterBuilder, DrawsTheRouteAsABand)
{
  RasterBuilder builder(small_config(), Town().raster, 1, 0);
  Frame frame(1);
  frame.place(0, 0.0F, 0.0F, 0.0F);
  for (std::size_t i = 0; i < kLine / 2; ++i) {  // from 3 m behind to 5.2 m ahead, where the route ends
    frame.line[2 * i] = std::min(-3.0F + 2.0F * static_cast<float>(i), 5.2F);
    frame.line[2 * i + 1] = 0.25F;
  }
  EXPECT_EQ(lit(build(builder, frame), kRoute), block(3, 10, 6, 8));  // 1.75 m left to 1.25 m right
}

TEST(RasterBuilder, ABandThatTurnsHasNoGaps)
{
  RasterConfig config = small_config();
  config.resolution_m = 0.25F;
  config.height = config.width = 128;
  RasterBuilder builder(config, Town().raster, 1, 0);
  Frame frame(1);
  frame.place(0, 0.0F, 0.0F, 0.0F);
  const float radius = 6.0F;
  for (std::size_t i = 0; i < kLine / 2; ++i) {  // 270 degrees of a circle through the ego
    const float angle = std::min(static_cast<float>(i) * 2.0F / radius, 4.7F);
    frame.line[2 * i] = radius * std::sin(angle);
    frame.line[2 * i + 1] = radius * (1.0F - std::cos(angle));
  }
  const auto raster = build(builder, frame);
  for (float angle = 0.2F; angle < 4.6F; angle += 0.02F) {
    for (const float r : {radius - 1.0F, radius, radius + 1.0F}) {
      const float x = r * std::sin(angle);
      const float y = radius - r * std::cos(angle);
      const auto row = static_cast<std::size_t>(64.0F - x / 0.25F);
      const auto column = static_cast<std::size_t>(64.0F - y / 0.25F);
      EXPECT_EQ(raster[kRoute * 128 * 128 + row * 128 + column], 255) << angle << ", " << r;
    }
  }
}

TEST(RasterBuilder, LightsHaveTheirStateAsValue)
{
  Town town;
  town.lines = {3.0F, 0.0F, 0.0F, 4.0F, -3.0F, 0.0F, static_cast<float>(M_PI_2),
                2.0F, 0.0F, 6.0F, 0.0F, 2.0F};
  town.raster.light_lines = town.lines.data();
  town.raster.num_lights = 3;
  RasterBuilder builder(small_config(), town.raster, 1, 0);
  Frame frame(1);
  frame.place(0, 0.5F, 0.0F, 0.0F);
  frame.lights = {FrameLayout::LIGHT_RED, FrameLayout::LIGHT_YELLOW, FrameLayout::LIGHT_OFF};
  const auto raster = build(builder, frame);
  const auto at = [&](std::size_t row, std::size_t column) {
    return raster[kLights * kPlane + row * kSize + column];
  };
  // The first lies 2 to 3 m ahead (drawn sqrt(2) m long), 2 m to both sides; the second along the road.
  Pixels expected = block(5, 5, 6, 9);
  expected.merge(block(10, 11, 7, 8));
  EXPECT_EQ(lit(raster, kLights), expected);
  EXPECT_EQ(at(5, 7), RasterBuilder::kRed);
  EXPECT_EQ(at(11, 8), RasterBuilder::kYellow);
  frame.lights = {FrameLayout::LIGHT_GREEN, FrameLayout::LIGHT_OFF, 77};
  const auto next = build(builder, frame);
  EXPECT_EQ(lit(next, kLights), block(5, 5, 6, 9));
  EXPECT_EQ(next[kLights * kPlane + 5 * kSize + 7], RasterBuilder::kGreen);
}

TEST(RasterBuilder, HistoryIsDrawnFromWhereTheEgoIsNow)
{
  RasterConfig config = small_config();
  config.history = 3;
  config.history_interval = 2;
  RasterBuilder builder(config, Town().raster, 1, 1);
  EXPECT_EQ(builder.names(),
            (std::vector<std::string>{"road", "lane_markings", "crossings", "stop_lines", "route", "vehicles",
                                      "walkers", "lights", "vehicles_2_frames_ago", "walkers_2_frames_ago",
                                      "lights_2_frames_ago", "vehicles_4_frames_ago", "walkers_4_frames_ago",
                                      "lights_4_frames_ago"}));
  const auto shown = [&](std::uint64_t number, float ego_x, float vehicle_x, bool keep = true) {
    Frame frame(1, 1);
    frame.place(0, ego_x, 0.0F, 0.0F);
    frame.object(0, FrameLayout::OBJECT_VEHICLE, vehicle_x, 0.0F, 0.0F, 2.0F, 2.0F);
    std::vector<std::uint8_t> raster(builder.bytes());
    builder.build(number, frame.arrays(), raster.data());
    if (keep) {
      builder.keep();
    }
    std::array<std::size_t, 3> rows = {};
    for (std::size_t past = 0; past < 3; ++past) {
      const Pixels pixels = lit(raster, kVehicles + 3 * past, 0, 14);
      EXPECT_EQ(pixels.size(), 4U);
      rows[past] = pixels.begin()->first;
    }
    return rows;
  };
  using Rows = std::array<std::size_t, 3>;
  EXPECT_EQ(shown(1, 0.0F, 4.0F), (Rows{3, 3, 3}));  // nothing before the first frame
  EXPECT_EQ(shown(2, 1.0F, 6.0F), (Rows{2, 4, 4}));
  EXPECT_EQ(shown(3, 1.0F, -5.0F, false), (Rows{13, 4, 4}));  // not kept: it turned out to be torn
  EXPECT_EQ(shown(4, 2.0F, 8.0F), (Rows{1, 5, 5}));
  EXPECT_EQ(shown(5, 2.0F, 8.0F), (Rows{1, 3, 5}));
  EXPECT_EQ(shown(6, 2.0F, 7.0F), (Rows{2, 1, 5}));
  EXPECT_EQ(shown(7, 2.0F, 6.0F), (Rows{3, 1, 3}));
  EXPECT_EQ(shown(7, 2.0F, 6.0F), (Rows{3, 1, 3}));  // once more
  EXPECT_EQ(shown(7, 2.0F, 6.0F), (Rows{3, 1, 3}));
  EXPECT_EQ(shown(8, 2.0F, 5.0F), (Rows{4, 2, 1}));
}

}  // namespace
}  // namespace carla_gateway
