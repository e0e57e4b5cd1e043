// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/sensor_table.hpp"

#include <cmath>
#include <cstring>
#include <stdexcept>

#include "carla_drl_msgs/msg/sensor_layout.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::SensorLayout;

template <std::size_t Size>
std::string text_of(const char (&text)[Size])
{
  return {text, ::strnlen(text, Size)};
}

[[noreturn]] void refuse(const std::string & what)
{
  throw std::runtime_error("frame ring: " + what);
}

bool is_topic_name(const std::string & name)
{
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) {
    return false;
  }
  for (const char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) {
      return false;
    }
  }
  return true;
}

/// The bytes that a picture or a fixed measurement has; 0 where that depends on what is seen.
std::size_t fixed_bytes(const SensorSpec & sensor)
{
  const std::size_t pixels = std::size_t{sensor.width} * sensor.height;
  switch (sensor.kind) {
    case SensorLayout::KIND_COLOR:
    case SensorLayout::KIND_DEPTH:
    case SensorLayout::KIND_SEMANTIC:
      return pixels * 4;
    case SensorLayout::KIND_FLOW:
      return pixels * 8;
    case SensorLayout::KIND_IMU:
      return 80;
    case SensorLayout::KIND_GNSS:
      return 24;
    default:
      return 0;
  }
}

SensorSpec checked(const wire::SensorRecord & record, std::size_t index, const RingInfo & info)
{
  SensorSpec sensor;
  sensor.index = index;
  sensor.agent = record.agent;
  sensor.kind = record.kind;
  sensor.offset = record.offset;
  sensor.capacity = record.capacity;
  std::memcpy(sensor.position.data(), record.position, sizeof(record.position));
  std::memcpy(sensor.orientation.data(), record.orientation, sizeof(record.orientation));
  sensor.rate_hz = record.rate_hz;
  sensor.fov_rad = record.fov_rad;
  sensor.width = record.width;
  sensor.height = record.height;
  sensor.lower_rad = static_cast<double>(record.lower_rad);
  sensor.upper_rad = static_cast<double>(record.upper_rad);
  sensor.name = text_of(record.name);
  sensor.type = text_of(record.type);

  const std::string prefix = "sensor " + std::to_string(index) + " of the table: ";
  if (sensor.agent >= info.num_agents) {
    refuse(prefix + "agent is " + std::to_string(sensor.agent) + ", 0 to " +
           std::to_string(info.num_agents - 1) + " is allowed");
  }
  if (sensor.kind < 1 || sensor.kind > SensorLayout::MAX_KIND) {
    refuse(prefix + "kind is " + std::to_string(sensor.kind) + ", 1 to " +
           std::to_string(SensorLayout::MAX_KIND) + " is allowed");
  }
  if (!is_topic_name(sensor.name)) {
    refuse(prefix + "name is '" + sensor.name + "', letters, digits and underscores are allowed");
  }
  if (sensor.offset % wire::kAlignment != 0 || sensor.offset > info.sensor_bytes ||
      sensor.capacity > info.sensor_bytes - sensor.offset) {
    refuse(prefix + std::to_string(sensor.capacity) + " bytes at offset " + std::to_string(sensor.offset) +
           " do not fit into the " + std::to_string(info.sensor_bytes) + " bytes of array 'sensors'");
  }
  if (fixed_bytes(sensor) > sensor.capacity) {
    refuse(prefix + "capacity is " + std::to_string(sensor.capacity) + ", at least " +
           std::to_string(fixed_bytes(sensor)) + " is allowed");
  }
  for (const double value : sensor.orientation) {
    if (!std::isfinite(value)) {
      refuse(prefix + "orientation is not finite");
    }
  }
  if (sensor.is_camera() &&
      !(sensor.width > 0 && sensor.height > 0 && sensor.fov_rad > 0.0 && sensor.fov_rad < 3.14159)) {
    refuse(prefix + "a camera has " + std::to_string(sensor.width) + " x " + std::to_string(sensor.height) +
           " pixels and a field of view of " + std::to_string(sensor.fov_rad) +
           " rad, above 0 and below pi is allowed");
  }
  return sensor;
}

}  // namespace

bool SensorSpec::is_camera() const
{
  return kind >= SensorLayout::KIND_COLOR && kind <= SensorLayout::KIND_FLOW;
}

WorldSpec read_world(const FrameRing & ring)
{
  WorldSpec spec;
  if (const StaticArray * world = ring.find_static("world")) {
    if (world->bytes != sizeof(wire::World)) {
      refuse("array 'world' has " + std::to_string(world->bytes) + " bytes, " +
             std::to_string(sizeof(wire::World)) + " are allowed");
    }
    wire::World record = {};
    std::memcpy(&record, world->data, sizeof(record));
    spec.map_name = text_of(record.map_name);
    spec.role_prefix = text_of(record.role_prefix);
    if (!is_topic_name(spec.role_prefix)) {
      refuse("role_prefix is '" + spec.role_prefix + "', letters, digits and underscores are allowed");
    }
  }
  if (const StaticArray * document = ring.find_static("opendrive")) {
    spec.opendrive.assign(reinterpret_cast<const char *>(document->data), document->bytes);
  }
  if (const StaticArray * table = ring.find_static("sensor_table")) {
    if (table->shape.size() != 2 || table->shape[1] != sizeof(wire::SensorRecord) ||
        table->bytes != table->shape[0] * sizeof(wire::SensorRecord)) {
      refuse("array 'sensor_table' does not consist of rows of " +
             std::to_string(sizeof(wire::SensorRecord)) + " bytes");
    }
    const std::size_t count = table->shape[0];
    if (count * sizeof(wire::SensorBlock) > ring.info().sensor_bytes) {
      refuse("array 'sensors' has no room for the blocks of " + std::to_string(count) + " sensors");
    }
    for (std::size_t i = 0; i < count; ++i) {
      wire::SensorRecord record = {};
      std::memcpy(&record, table->data + i * sizeof(record), sizeof(record));
      spec.sensors.push_back(checked(record, i, ring.info()));
    }
  }
  return spec;
}

Payload payload_of(const SensorSpec & sensor, const FrameView & view)
{
  Payload payload;
  std::memcpy(&payload.block, view.sensors + sensor.index * sizeof(wire::SensorBlock), sizeof(payload.block));
  const wire::SensorBlock & block = payload.block;
  const std::size_t fixed = fixed_bytes(sensor);
  if ((block.flags & SensorLayout::FLAG_DATA) != 0 && block.frame == view.frame &&
      block.bytes <= sensor.capacity && (fixed == 0 || block.bytes == fixed)) {
    payload.data = view.sensors + sensor.offset;
  }
  return payload;
}

}  // namespace carla_gateway
