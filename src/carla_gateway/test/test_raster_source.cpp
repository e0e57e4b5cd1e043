// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/raster_source.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "raster_scene.hpp"
#include "ring_writer.hpp"

namespace carla_gateway
{
namespace
{

using namespace testing;  // NOLINT: the scene of these tests

TEST(RasterBuilder, OutsideTheMapThereIsNothing)
{
  RasterBuilder builder(small_config(), Town().raster, 1, 1);
  constexpr float kHuge = std::numeric_limits<float>::max();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const float place : {-40.0F, 50.0F, 1e6F, 1e12F, kHuge, -kHuge, kNan}) {
    Frame frame(1, 1);
    frame.place(0, place, place, 0.5F);
    frame.object(0, FrameLayout::OBJECT_VEHICLE, 0.0F, kNan, place, place, kHuge);
    std::fill(frame.line.begin(), frame.line.end(), place);
    frame.line[5] = -place;
    EXPECT_EQ(lit(build(builder, frame), 0), Pixels()) << place;
  }
  Frame frame(1, 1);
  frame.place(0, 30.75F, 0.0F, 0.0F);  // the map ends 1.25 m ahead
  EXPECT_EQ(lit(build(builder, frame), 0), block(7, 15, 4, 11));
}

TEST(RasterBuilder, ThinLinesStayWholeInCoarseRasters)
{
  Town town(0.25F);
  for (std::size_t column = 0; column < town.side; ++column) {
    town.cell(town.side / 2, column) |= FrameLayout::MAP_LANE_MARKING;  // 0.25 m wide
  }
  RasterConfig config = small_config();
  config.resolution_m = 1.1F;
  RasterBuilder builder(config, town.raster, 1, 0);
  for (const float yaw : {0.0F, 0.2F, -0.4F, 0.7F}) {
    Frame frame(1);
    frame.place(0, 0.3F, 0.1F, yaw);
    std::set<std::size_t> rows;
    for (const auto & pixel : lit(build(builder, frame), 1)) {
      rows.insert(pixel.first);
    }
    EXPECT_EQ(rows.size(), kSize) << yaw;
  }
}

TEST(RasterBuilder, ThreadsDoNotChangeAnything)
{
  std::mt19937 random(1);
  std::uniform_real_distribution<float> number(-20.0F, 20.0F);
  Town town;
  for (auto & cell : town.cells) {
    cell = static_cast<std::uint8_t>(random() % 16);
  }
  std::vector<std::vector<std::uint8_t>> results;
  for (const std::size_t threads : {1, 2, 5, 16}) {
    RasterConfig config = small_config();
    config.threads = threads;
    config.history = 2;
    config.history_interval = 1;
    RasterBuilder builder(config, town.raster, 24, 9);
    random.seed(2);
    results.emplace_back();
    for (int i = 0; i < 20; ++i) {
      Frame frame(24, 9);
      for (std::size_t agent = 0; agent < 24; ++agent) {
        frame.place(agent, number(random), number(random), number(random));
      }
      std::generate(frame.line.begin(), frame.line.end(), [&] { return number(random); });
      for (std::size_t object = 0; object < 9; ++object) {
        frame.object(object, object % 2 == 0 ? FrameLayout::OBJECT_WALKER : FrameLayout::OBJECT_VEHICLE,
                     number(random), number(random), number(random), 3.0F, 1.5F);
      }
      const auto rasters = build(builder, frame);
      results.back().insert(results.back().end(), rasters.begin(), rasters.end());
    }
  }
  for (const auto & result : results) {
    EXPECT_EQ(result, results.front());
  }
}

std::string refusal(const RasterConfig & config)
{
  try {
    RasterBuilder builder(config, Town().raster, 1, 0);
  } catch (const std::invalid_argument & error) {
    return error.what();
  }
  return "accepted";
}

TEST(RasterBuilder, RefusesWhatIsOutOfBounds)
{
  const auto with = [](auto change) {
    RasterConfig config = small_config();
    change(config);
    return refusal(config);
  };
  EXPECT_EQ(with([](RasterConfig & c) { c.height = 15; }), "raster_height is 15, 16 to 512 is allowed");
  EXPECT_EQ(with([](RasterConfig & c) { c.width = 513; }), "raster_width is 513, 16 to 512 is allowed");
  EXPECT_EQ(with([](RasterConfig & c) { c.history = 5; }), "raster_history is 5, 1 to 4 is allowed");
  EXPECT_EQ(with([](RasterConfig & c) { c.history_interval = 0; }),
            "raster_history_interval is 0, 1 to 100 is allowed");
  EXPECT_EQ(with([](RasterConfig & c) { c.threads = 17; }), "raster_threads is 17, 1 to 16 is allowed");
  EXPECT_NE(with([](RasterConfig & c) { c.resolution_m = 0.01F; }).find("raster_resolution_m is 0.01"),
            std::string::npos);
  EXPECT_NE(with([](RasterConfig & c) { c.ahead_m = std::nanf(""); }).find("raster_ahead_m is nan"),
            std::string::npos);
  EXPECT_EQ(with([](RasterConfig &) {}), "accepted");
  Town town;
  town.raster.map.cell_m = 0.0F;
  EXPECT_THROW(RasterBuilder(small_config(), town.raster, 1, 0), std::invalid_argument);
}

TEST(RasterSource, TakesTheTownFromTheRing)
{
  testing::RingWriter bare;
  EXPECT_EQ(make_raster_builder(RasterConfig(), FrameRing(bare.publish())), nullptr);
  try {
    make_raster_builder(small_config(), FrameRing(bare.publish()));
    FAIL() << "accepted";
  } catch (const std::runtime_error & error) {
    EXPECT_NE(std::string(error.what()).find("no static array 'map_raster'"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("parameter 'raster' of the bridge"), std::string::npos);
  }

  testing::RingWriter writer(2, 3, 2);
  std::uint64_t offset = writer.header.slot_bytes;
  writer.add("route_line", 1, {2, FrameLayout::NUM_ROUTE_LINE, 2}, offset);
  writer.add("light_states", 2, {1}, offset);
  writer.bytes +=
      writer.header.slot_count * (offset - writer.header.slot_bytes) + 2 * sizeof(wire::RingHeader);
  writer.header.slot_bytes = offset;
  writer.header.array_count += 2;
  writer.header.header_bytes += 2 * static_cast<std::uint32_t>(sizeof(wire::ArrayDescriptor));
  writer.add_static("map_raster", 2, {4, 8});
  writer.add_static("map_frame", 1, {FrameLayout::NUM_MAP_FRAME});
  writer.add_static("light_lines", 1, {1, FrameLayout::NUM_LIGHT_LINE});
  const UniqueFd fd = writer.publish();
  const FrameRing ring(fd);
  std::fill_n(writer.map + writer.array("map_raster").offset, 32, FrameLayout::MAP_ROAD);
  auto * frame = reinterpret_cast<float *>(writer.map + writer.array("map_frame").offset);
  frame[FrameLayout::MAP_FRAME_X_M] = -4.0F;
  frame[FrameLayout::MAP_FRAME_Y_M] = -2.0F;
  frame[FrameLayout::MAP_FRAME_CELL_M] = 1.0F;
  auto * line = reinterpret_cast<float *>(writer.map + writer.array("light_lines").offset);
  line[FrameLayout::LIGHT_LINE_X_M] = 5.5F;
  line[FrameLayout::LIGHT_LINE_WIDTH_M] = 2.0F;
  const auto builder = make_raster_builder(small_config(), ring);
  ASSERT_NE(builder, nullptr);
  writer.begin(0);
  writer.slot(0)[writer.array("light_states").offset] = FrameLayout::LIGHT_RED;
  writer.finish(0, 1, 0.0);
  std::vector<std::uint8_t> rasters(builder->bytes());
  builder->build(1, raster_arrays(ring.read(0, 1)), rasters.data());
  EXPECT_EQ(lit(rasters, 0), block(4, 11, 6, 9));
  EXPECT_EQ(lit(rasters, kLights), block(2, 2, 7, 8));
}

}  // namespace
}  // namespace carla_gateway
