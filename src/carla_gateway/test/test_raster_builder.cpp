// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/raster_builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <utility>

#include "carla_drl_msgs/msg/frame_layout.hpp"
#include "carla_gateway/raster_source.hpp"
#include "ring_writer.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FrameLayout;

constexpr std::size_t kSize = 16;
constexpr std::size_t kPlane = kSize * kSize;
constexpr std::size_t kEgo = FrameLayout::NUM_EGO;
constexpr std::size_t kObject = FrameLayout::NUM_OBJECT;
constexpr std::size_t kLine = std::size_t{FrameLayout::NUM_ROUTE_LINE} * 2;
constexpr std::size_t kRoute = 4, kVehicles = 5, kWalkers = 6, kLights = 7;

using Pixels = std::set<std::pair<std::size_t, std::size_t>>;  // row, column

/// 16 x 16 pixels of 1 m around the ego.
RasterConfig small_config()
{
  RasterConfig config;
  config.enabled = true;
  config.height = config.width = kSize;
  config.resolution_m = 1.0F;
  config.ahead_m = 0.0F;
  config.threads = 1;
  return config;
}

/// A road along the x axis, 8 m wide, in a square of 64 m around the origin, in cells of `cell_m`.
struct Town
{
  explicit Town(float cell_m = 1.0F)
      : side(static_cast<std::size_t>(64.0F / cell_m)), cells(side * side, std::uint8_t{0})
  {
    for (std::size_t row = 0; row < side; ++row) {
      const float y = (static_cast<float>(row) + 0.5F) * cell_m - 32.0F;
      const bool road = std::abs(y) < 4.0F;
      std::fill_n(cells.begin() + static_cast<std::ptrdiff_t>(row * side), side,
                  road ? FrameLayout::MAP_ROAD : std::uint8_t{0});
    }
    raster.map = {cells.data(), side, side, -32.0F, -32.0F, cell_m};
  }
  std::uint8_t & cell(std::size_t row, std::size_t column) { return cells[row * side + column]; }

  std::size_t side;
  std::vector<std::uint8_t> cells;
  std::vector<float> lines;
  RasterTown raster;
};

/// The arrays of one frame, all zero at first.
struct Frame
{
  explicit Frame(std::size_t num_agents, std::size_t num_objects = 0)
      : ego(num_agents * kEgo), line(num_agents * kLine), objects(num_objects * kObject)
  {
  }
  void place(std::size_t agent, float x, float y, float yaw)
  {
    float * row = ego.data() + agent * kEgo;
    row[FrameLayout::EGO_X_M] = x;
    row[FrameLayout::EGO_Y_M] = y;
    row[FrameLayout::EGO_YAW_RAD] = yaw;
    row[FrameLayout::EGO_LENGTH_M] = 4.0F;
    row[FrameLayout::EGO_WIDTH_M] = 2.0F;
  }
  void object(std::size_t index, std::uint8_t kind, float x, float y, float yaw, float length, float width)
  {
    float * row = objects.data() + index * kObject;
    row[FrameLayout::OBJECT_KIND] = kind;
    row[FrameLayout::OBJECT_X_M] = x;
    row[FrameLayout::OBJECT_Y_M] = y;
    row[FrameLayout::OBJECT_YAW_RAD] = yaw;
    row[FrameLayout::OBJECT_LENGTH_M] = length;
    row[FrameLayout::OBJECT_WIDTH_M] = width;
  }
  RasterArrays arrays() const { return {ego.data(), line.data(), objects.data(), lights.data()}; }

  std::vector<float> ego, line, objects;
  std::vector<std::uint8_t> lights;
};

std::vector<std::uint8_t> build(RasterBuilder & builder, const Frame & frame)
{
  std::vector<std::uint8_t> rasters(builder.bytes(), std::uint8_t{99});
  static std::uint64_t number = 0;
  builder.build(++number, frame.arrays(), rasters.data());
  builder.keep();
  return rasters;
}

/// The pixels of a channel that are not 0.
Pixels lit(const std::vector<std::uint8_t> & rasters, std::size_t channel, std::size_t agent = 0,
           std::size_t channels = 8)
{
  Pixels pixels;
  const std::uint8_t * plane = rasters.data() + (agent * channels + channel) * kPlane;
  for (std::size_t i = 0; i < kPlane; ++i) {
    if (plane[i] != 0) {
      pixels.insert({i / kSize, i % kSize});
    }
  }
  return pixels;
}

Pixels block(std::size_t first_row, std::size_t last_row, std::size_t first_column, std::size_t last_column)
{
  Pixels pixels;
  for (std::size_t row = first_row; row <= last_row; ++row) {
    for (std::size_t column = first_column; column <= last_column; ++column) {
      pixels.insert({row, column});
    }
  }
  return pixels;
}

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
