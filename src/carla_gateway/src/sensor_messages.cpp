// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/sensor_messages.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "carla_drl_msgs/msg/sensor_layout.hpp"
#include "carla_gateway/image_conversion.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::SensorLayout;
using sensor_msgs::msg::Image;
using sensor_msgs::msg::PointCloud2;
using sensor_msgs::msg::PointField;

void shape_image(const SensorSpec & sensor, const char * encoding, std::uint32_t pixel_bytes, Image & image)
{
  image.height = sensor.height;
  image.width = sensor.width;
  image.encoding = encoding;
  image.is_bigendian = 0;
  image.step = sensor.width * pixel_bytes;
  image.data.resize(std::size_t{image.step} * image.height);
}

struct Field
{
  const char * name;
  std::uint32_t offset;
  std::uint8_t datatype;
};

/// Fields as carla-ros-bridge names them, and the bytes of a point.
std::pair<std::vector<Field>, std::uint32_t> fields_of(std::uint32_t kind)
{
  constexpr auto f32 = PointField::FLOAT32;
  constexpr auto u32 = PointField::UINT32;
  std::vector<Field> xyz = {{"x", 0, f32}, {"y", 4, f32}, {"z", 8, f32}};
  const auto with = [&xyz](std::vector<Field> more) {
    xyz.insert(xyz.end(), more.begin(), more.end());
    return xyz;
  };
  switch (kind) {
    case SensorLayout::KIND_SEMANTIC_LIDAR:
      return {with({{"CosAngle", 12, f32}, {"ObjIdx", 16, u32}, {"ObjTag", 20, u32}}), 24};
    case SensorLayout::KIND_RADAR:
      return {with({{"Range", 12, f32},
                    {"Velocity", 16, f32},
                    {"AzimuthAngle", 20, f32},
                    {"ElevationAngle", 24, f32}}),
              28};
    case SensorLayout::KIND_EVENTS:
      return {{{"x", 0, PointField::UINT16},
               {"y", 2, PointField::UINT16},
               {"t", 4, PointField::FLOAT64},
               {"pol", 12, PointField::INT8}},
              13};
    default:
      return {with({{"intensity", 12, f32}}), 16};
  }
}

template <std::size_t Count>
std::array<double, Count> numbers(const Payload & payload)
{
  std::array<double, Count> values = {};
  std::memcpy(values.data(), payload.data, sizeof(values));
  return values;
}

}  // namespace

void fill_image(const SensorSpec & sensor, const Payload & payload, Image & image)
{
  const std::size_t pixels = std::size_t{sensor.width} * sensor.height;
  switch (sensor.kind) {
    case SensorLayout::KIND_DEPTH:
      shape_image(sensor, "32FC1", 4, image);
      depth_to_metres(payload.data, pixels, reinterpret_cast<float *>(image.data.data()));
      return;
    case SensorLayout::KIND_SEMANTIC:
      shape_image(sensor, "bgr8", 3, image);
      labels_to_colors(payload.data, pixels, image.data.data());
      return;
    case SensorLayout::KIND_FLOW:
      shape_image(sensor, "32FC2", 8, image);
      break;
    default:
      shape_image(sensor, "bgra8", 4, image);
  }
  std::memcpy(image.data.data(), payload.data, image.data.size());
}

void fill_labels(const SensorSpec & sensor, const Payload & payload, Image & image)
{
  shape_image(sensor, "mono8", 1, image);
  labels_of(payload.data, image.data.size(), image.data.data());
}

sensor_msgs::msg::CameraInfo camera_info_of(const SensorSpec & sensor)
{
  const Intrinsics at = intrinsics_of(sensor.width, sensor.height, sensor.fov_rad);
  sensor_msgs::msg::CameraInfo info;
  info.width = sensor.width;
  info.height = sensor.height;
  info.distortion_model = "plumb_bob";
  info.d = {0.0, 0.0, 0.0, 0.0, 0.0};
  info.k = {at.fx, 0.0, at.cx, 0.0, at.fy, at.cy, 0.0, 0.0, 1.0};
  info.r = {1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0};
  info.p = {at.fx, 0.0, at.cx, 0.0, 0.0, at.fy, at.cy, 0.0, 0.0, 0.0, 1.0, 0.0};
  return info;
}

void fill_points(const SensorSpec & sensor, const Payload & payload, PointCloud2 & cloud)
{
  const auto [fields, step] = fields_of(sensor.kind);
  if (cloud.fields.empty()) {
    for (const Field & field : fields) {
      PointField described;
      described.name = field.name;
      described.offset = field.offset;
      described.datatype = field.datatype;
      described.count = 1;
      cloud.fields.push_back(std::move(described));
    }
  }
  const std::size_t points = payload.block.bytes / step;
  cloud.height = 1;
  cloud.width = static_cast<std::uint32_t>(points);
  cloud.is_bigendian = false;
  cloud.point_step = step;
  cloud.row_step = cloud.width * step;
  cloud.is_dense = true;
  cloud.data.assign(payload.data, payload.data + points * step);
}

void fill_imu(const Payload & payload, sensor_msgs::msg::Imu & imu)
{
  const auto [x, y, z, w, wx, wy, wz, ax, ay, az] = numbers<10>(payload);
  imu.orientation.x = x;
  imu.orientation.y = y;
  imu.orientation.z = z;
  imu.orientation.w = w;
  imu.angular_velocity.x = wx;
  imu.angular_velocity.y = wy;
  imu.angular_velocity.z = wz;
  imu.linear_acceleration.x = ax;
  imu.linear_acceleration.y = ay;
  imu.linear_acceleration.z = az;
}

void fill_fix(const Payload & payload, sensor_msgs::msg::NavSatFix & fix)
{
  const auto [latitude, longitude, altitude] = numbers<3>(payload);
  fix.status.status = sensor_msgs::msg::NavSatStatus::STATUS_FIX;
  fix.status.service = sensor_msgs::msg::NavSatStatus::SERVICE_GPS;
  fix.latitude = latitude;
  fix.longitude = longitude;
  fix.altitude = altitude;
}

std::vector<wire::SensorEvent> events_of(const Payload & payload)
{
  std::vector<wire::SensorEvent> events(payload.block.bytes / sizeof(wire::SensorEvent));
  std::memcpy(events.data(), payload.data, events.size() * sizeof(wire::SensorEvent));
  for (wire::SensorEvent & event : events) {
    event.type[sizeof(event.type) - 1] = '\0';
  }
  return events;
}

geometry_msgs::msg::Quaternion quaternion_of(double roll, double pitch, double yaw)
{
  const double sr = std::sin(roll / 2), cr = std::cos(roll / 2);
  const double sp = std::sin(pitch / 2), cp = std::cos(pitch / 2);
  const double sy = std::sin(yaw / 2), cy = std::cos(yaw / 2);
  geometry_msgs::msg::Quaternion q;
  q.x = sr * cp * cy - cr * sp * sy;
  q.y = cr * sp * cy + sr * cp * sy;
  q.z = cr * cp * sy - sr * sp * cy;
  q.w = cr * cp * cy + sr * sp * sy;
  return q;
}

}  // namespace carla_gateway
