// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/sensor_table.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "carla_drl_msgs/msg/sensor_layout.hpp"
#include "ring_writer.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::SensorLayout;
using testing::RingWriter;

constexpr std::uint32_t kSensorBytes = 1024;

wire::SensorRecord camera()
{
  wire::SensorRecord record = {};
  record.agent = 1;
  record.kind = SensorLayout::KIND_COLOR;
  record.offset = 128;
  record.capacity = 4 * 3 * 2;
  record.orientation[3] = 1.0;
  record.fov_rad = 1.5;
  record.width = 3;
  record.height = 2;
  std::strcpy(record.name, "front");
  std::strcpy(record.type, "sensor.camera.rgb");
  return record;
}

/// A ring of two agents with a camera and an inertial unit.
struct SensorRing
{
  explicit SensorRing(const wire::SensorRecord & first = camera()) : writer(2, 3, 2, 0, kSensorBytes)
  {
    writer.add_static("sensor_table", 2, {2, sizeof(wire::SensorRecord)});
    writer.add_static("world", 2, {sizeof(wire::World)});
    writer.add_static("opendrive", 2, {5});
    fd = writer.publish();
    wire::SensorRecord imu = {};
    imu.kind = SensorLayout::KIND_IMU;
    imu.offset = 192;
    imu.capacity = 80;
    imu.orientation[3] = 1.0;
    std::strcpy(imu.name, "imu");
    put("sensor_table", 0, first);
    put("sensor_table", sizeof(first), imu);
    wire::World world = {};
    std::strcpy(world.map_name, "Town01");
    std::strcpy(world.role_prefix, "hero");
    put("world", 0, world);
    std::memcpy(writer.map + writer.array("opendrive").offset, "<xml>", 5);
  }

  template <typename Block>
  void put(const std::string & array, std::size_t at, const Block & block)
  {
    std::memcpy(writer.map + writer.array(array).offset + at, &block, sizeof(block));
  }

  RingWriter writer;
  UniqueFd fd;
};

TEST(SensorTable, ReadsWorldAndSensors)
{
  SensorRing made;
  const FrameRing ring(made.fd);
  const WorldSpec world = read_world(ring);
  EXPECT_EQ(world.map_name, "Town01");
  EXPECT_EQ(world.role(1), "hero1");
  EXPECT_EQ(world.opendrive, "<xml>");
  ASSERT_EQ(world.sensors.size(), 2U);
  EXPECT_EQ(world.sensors[0].name, "front");
  EXPECT_EQ(world.sensors[0].type, "sensor.camera.rgb");
  EXPECT_EQ(world.sensors[0].agent, 1U);
  EXPECT_TRUE(world.sensors[0].is_camera());
  EXPECT_EQ(world.sensors[1].index, 1U);
  EXPECT_FALSE(world.sensors[1].is_camera());
}

TEST(SensorTable, RingsWithoutSensorsAreFine)
{
  RingWriter writer;
  const UniqueFd fd = writer.publish();
  const WorldSpec world = read_world(FrameRing(fd));
  EXPECT_TRUE(world.sensors.empty());
  EXPECT_EQ(world.role(0), "ego0");
}

TEST(SensorTable, RefusesWhatDoesNotFit)
{
  const auto refusal = [](const std::function<void(wire::SensorRecord &)> & spoil) {
    wire::SensorRecord record = camera();
    spoil(record);
    SensorRing made(record);
    const FrameRing ring(made.fd);
    try {
      read_world(ring);
    } catch (const std::runtime_error & error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refusal([](auto &) {}), "");
  EXPECT_NE(refusal([](auto & r) { r.agent = 2; }).find("agent is 2, 0 to 1 is allowed"), std::string::npos);
  EXPECT_NE(refusal([](auto & r) { r.kind = 99; }).find("kind is 99"), std::string::npos);
  EXPECT_NE(refusal([](auto & r) { r.kind = 0; }).find("kind is 0"), std::string::npos);
  EXPECT_NE(refusal([](auto & r) { r.offset = kSensorBytes; }).find("do not fit"), std::string::npos);
  EXPECT_NE(refusal([](auto & r) { r.offset = 130; }).find("do not fit"), std::string::npos);
  EXPECT_NE(refusal([](auto & r) { r.capacity = 23; }).find("capacity is 23, at least 24"),
            std::string::npos);
  EXPECT_NE(refusal([](auto & r) { r.capacity = ~0ULL; }).find("do not fit"), std::string::npos);
  EXPECT_NE(refusal([](auto & r) { r.width = 0; }).find("a camera has 0 x 2 pixels"), std::string::npos);
  EXPECT_NE(refusal([](auto & r) { r.fov_rad = 4.0; }).find("field of view"), std::string::npos);
  EXPECT_NE(refusal([](auto & r) { r.name[0] = '/'; }).find("name is '/ront'"), std::string::npos);
}

TEST(SensorTable, PayloadsAreThoseOfTheirFrameOrNothing)
{
  SensorRing made;
  const FrameRing ring(made.fd);
  const SensorSpec sensor = read_world(ring).sensors[0];
  const auto payload = [&](const std::function<void(wire::SensorBlock &)> & spoil) {
    made.writer.begin(0);
    wire::SensorBlock block = {};
    block.frame = 5;
    block.bytes = 24;
    block.flags = SensorLayout::FLAG_DATA;
    spoil(block);
    unsigned char * sensors = made.writer.slot(0) + made.writer.array("sensors").offset;
    std::memcpy(sensors, &block, sizeof(block));
    sensors[sensor.offset] = 77;
    made.writer.finish(0, 5, 0.25);
    return payload_of(sensor, ring.read(0, 5));
  };
  const Payload good = payload([](auto &) {});
  ASSERT_NE(good.data, nullptr);
  EXPECT_EQ(good.data[0], 77);
  EXPECT_EQ(payload([](auto & block) { block.flags = SensorLayout::FLAG_MISSING; }).data, nullptr);
  EXPECT_EQ(payload([](auto & block) { block.frame = 1; }).data, nullptr);
  EXPECT_EQ(payload([](auto & block) { block.bytes = 23; }).data, nullptr);
  EXPECT_EQ(payload([](auto & block) { block.bytes = 1 << 20; }).data, nullptr);
}

}  // namespace
}  // namespace carla_gateway
