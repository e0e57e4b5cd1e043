// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/sensor_messages.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "carla_drl_msgs/msg/sensor_layout.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::SensorLayout;

SensorSpec sensor_of(std::uint32_t kind)
{
  SensorSpec sensor;
  sensor.kind = kind;
  sensor.width = 2;
  sensor.height = 1;
  sensor.fov_rad = M_PI / 2.0;
  return sensor;
}

Payload payload_with(const void * data, std::size_t bytes)
{
  Payload payload;
  payload.block.bytes = bytes;
  payload.data = static_cast<const std::uint8_t *>(data);
  return payload;
}

TEST(SensorMessages, ColorsAreCopiedAsTheyAre)
{
  const std::uint8_t pixels[8] = {1, 2, 3, 255, 4, 5, 6, 255};
  sensor_msgs::msg::Image image;
  fill_image(sensor_of(SensorLayout::KIND_COLOR), payload_with(pixels, 8), image);
  EXPECT_EQ(image.encoding, "bgra8");
  EXPECT_EQ(image.step, 8U);
  EXPECT_EQ(image.data, std::vector<std::uint8_t>(pixels, pixels + 8));
}

TEST(SensorMessages, DepthIsInMetres)
{
  const std::uint8_t pixels[8] = {0, 0, 0, 255, 255, 255, 255, 255};
  sensor_msgs::msg::Image image;
  fill_image(sensor_of(SensorLayout::KIND_DEPTH), payload_with(pixels, 8), image);
  EXPECT_EQ(image.encoding, "32FC1");
  ASSERT_EQ(image.data.size(), 8U);
  float metres[2] = {};
  std::memcpy(metres, image.data.data(), sizeof(metres));
  EXPECT_FLOAT_EQ(metres[0], 0.0F);
  EXPECT_FLOAT_EQ(metres[1], 1000.0F);
}

TEST(SensorMessages, CameraInfoHasThePinhole)
{
  const auto info = camera_info_of(sensor_of(SensorLayout::KIND_COLOR));
  EXPECT_NEAR(info.k[0], 1.0, 1e-12);
  EXPECT_NEAR(info.k[4], 1.0, 1e-12);
  EXPECT_EQ(info.k[2], 1.0);
  EXPECT_EQ(info.k[5], 0.5);
  EXPECT_EQ(info.p[0], info.k[0]);
  EXPECT_EQ(info.p[6], 0.5);
  EXPECT_EQ(info.d, std::vector<double>(5, 0.0));
}

TEST(SensorMessages, CloudsHaveTheirFields)
{
  const struct
  {
    std::uint8_t kind;
    std::size_t fields;
    std::uint32_t step;
  } kinds[] = {{SensorLayout::KIND_LIDAR, 4, 16},
               {SensorLayout::KIND_SEMANTIC_LIDAR, 6, 24},
               {SensorLayout::KIND_RADAR, 7, 28},
               {SensorLayout::KIND_EVENTS, 4, 13}};
  const std::vector<std::uint8_t> bytes(28 * 3, 7);
  for (const auto & [kind, fields, step] : kinds) {
    sensor_msgs::msg::PointCloud2 cloud;
    for (const std::size_t points :
         {std::size_t{3}, std::size_t{0}, std::size_t{2}}) {  // the message is used again
      fill_points(sensor_of(kind), payload_with(bytes.data(), points * step), cloud);
      EXPECT_EQ(cloud.fields.size(), fields);
      EXPECT_EQ(cloud.point_step, step);
      EXPECT_EQ(cloud.width, points);
      EXPECT_EQ(cloud.row_step, points * step);
      EXPECT_EQ(cloud.data.size(), points * step);
    }
    EXPECT_LT(cloud.fields.back().offset, step);
  }
}

TEST(SensorMessages, EventsEndTheirText)
{
  wire::SensorEvent events[2] = {};
  events[0].actor = 4;
  events[1].values[0] = 2.5F;
  std::memset(events[1].type, 'x', sizeof(events[1].type));
  const auto read = events_of(payload_with(events, sizeof(events)));
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].actor, 4U);
  EXPECT_EQ(read[1].values[0], 2.5F);
  EXPECT_EQ(std::strlen(read[1].type), sizeof(read[1].type) - 1);
}

TEST(SensorMessages, QuaternionsTurnRollThenPitchThenYaw)
{
  const double half = std::sqrt(0.5);
  const auto left = quaternion_of(0.0, 0.0, M_PI / 2.0);
  EXPECT_NEAR(left.z, half, 1e-12);
  EXPECT_NEAR(left.w, half, 1e-12);
  // A camera's optical axes: z forward, x right, y down.
  const auto optical = quaternion_of(-M_PI / 2.0, 0.0, -M_PI / 2.0);
  EXPECT_NEAR(optical.x, -0.5, 1e-12);
  EXPECT_NEAR(optical.y, 0.5, 1e-12);
  EXPECT_NEAR(optical.z, -0.5, 1e-12);
  EXPECT_NEAR(optical.w, 0.5, 1e-12);
}

}  // namespace
}  // namespace carla_gateway
