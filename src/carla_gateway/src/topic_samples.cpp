// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/topic_samples.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>

#include "carla_drl_msgs/msg/frame_layout.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FrameLayout;
using carla_drl_msgs::msg::RoadObject;
using carla_drl_msgs::msg::RoadObjectArray;
using sensor_msgs::msg::Image;
using sensor_msgs::msg::PointCloud2;
using sensor_msgs::msg::PointField;

std::size_t float_field(const PointCloud2 & cloud, const std::string & name)
{
  for (const PointField & field : cloud.fields) {
    if (field.name == name && field.datatype == PointField::FLOAT32 &&
        field.offset + sizeof(float) <= cloud.point_step) {
      return field.offset;
    }
  }
  throw std::invalid_argument("a cloud has no field '" + name + "' of float32");
}

double yaw_of(const geometry_msgs::msg::Quaternion & q)
{
  return std::atan2(2.0 * (q.w * q.z + q.x * q.y), 1.0 - 2.0 * (q.y * q.y + q.z * q.z));
}

void append(const RoadObject & object, std::vector<float> & rows)
{
  rows.resize(rows.size() + FrameLayout::NUM_OBJECT);
  float * row = &rows[rows.size() - FrameLayout::NUM_OBJECT];
  const auto set = [row](std::size_t column, double value) { row[column] = static_cast<float>(value); };
  const bool walker = object.kind == RoadObject::KIND_WALKER;
  row[FrameLayout::OBJECT_KIND] = walker ? FrameLayout::OBJECT_WALKER : FrameLayout::OBJECT_VEHICLE;
  set(FrameLayout::OBJECT_X_M, object.pose.position.x);
  set(FrameLayout::OBJECT_Y_M, object.pose.position.y);
  set(FrameLayout::OBJECT_Z_M, object.pose.position.z);
  set(FrameLayout::OBJECT_YAW_RAD, yaw_of(object.pose.orientation));
  set(FrameLayout::OBJECT_VX_MPS, object.velocity.x);
  set(FrameLayout::OBJECT_VY_MPS, object.velocity.y);
  row[FrameLayout::OBJECT_LENGTH_M] = object.length;
  row[FrameLayout::OBJECT_WIDTH_M] = object.width;
}

}  // namespace

PixelView view_of(const Image & image)
{
  PixelView view;
  view.data = image.data.data();
  view.width = image.width;
  view.height = image.height;
  view.row_bytes = image.step;
  const bool reversed = image.encoding == "rgb8" || image.encoding == "rgba8";
  view.pixel_bytes = image.encoding == "bgr8" || image.encoding == "rgb8" ? 3 : 4;
  view.red = reversed ? 0 : 2;
  view.blue = reversed ? 2 : 0;
  if (!reversed && image.encoding != "bgr8" && image.encoding != "bgra8") {
    throw std::invalid_argument("a picture has encoding '" + image.encoding +
                                "'; bgra8, bgr8, rgba8 and rgb8 are allowed");
  }
  if (view.row_bytes < view.width * view.pixel_bytes || image.data.size() < view.row_bytes * view.height ||
      image.data.empty()) {
    throw std::invalid_argument("a picture of " + std::to_string(image.width) + " x " +
                                std::to_string(image.height) + " has " + std::to_string(image.data.size()) +
                                " bytes");
  }
  return view;
}

PointView view_of(const PointCloud2 & cloud)
{
  PointView view;
  view.count = std::size_t{cloud.width} * cloud.height;
  view.step = cloud.point_step;
  view.x = float_field(cloud, "x");
  view.y = float_field(cloud, "y");
  view.z = float_field(cloud, "z");
  view.intensity = float_field(cloud, "intensity");
  if (cloud.is_bigendian || cloud.data.size() < view.count * view.step) {
    throw std::invalid_argument("a cloud of " + std::to_string(view.count) +
                                " points is big endian or has too few bytes");
  }
  static const std::uint8_t kNothing = 0;
  view.data = cloud.data.empty() ? &kNothing : cloud.data.data();
  return view;
}

void fill_ego(const nav_msgs::msg::Odometry & odometry, float * ego)
{
  std::fill_n(ego, std::size_t{FrameLayout::NUM_EGO}, 0.0F);
  const auto set = [ego](std::size_t column, double value) { ego[column] = static_cast<float>(value); };
  const auto & pose = odometry.pose.pose;
  set(FrameLayout::EGO_X_M, pose.position.x);
  set(FrameLayout::EGO_Y_M, pose.position.y);
  set(FrameLayout::EGO_Z_M, pose.position.z);
  const auto & q = pose.orientation;
  set(FrameLayout::EGO_ROLL_RAD,
      std::atan2(2.0 * (q.w * q.x + q.y * q.z), 1.0 - 2.0 * (q.x * q.x + q.y * q.y)));
  set(FrameLayout::EGO_PITCH_RAD, std::asin(std::clamp(2.0 * (q.w * q.y - q.z * q.x), -1.0, 1.0)));
  set(FrameLayout::EGO_YAW_RAD, yaw_of(q));
  // The velocity is the vehicle's: turned to "map" by v + 2 u x (u x v + w v), u the vector part.
  const auto & v = odometry.twist.twist.linear;
  const double cx = q.y * v.z - q.z * v.y + q.w * v.x;
  const double cy = q.z * v.x - q.x * v.z + q.w * v.y;
  const double cz = q.x * v.y - q.y * v.x + q.w * v.z;
  set(FrameLayout::EGO_VX_MPS, v.x + 2.0 * (q.y * cz - q.z * cy));
  set(FrameLayout::EGO_VY_MPS, v.y + 2.0 * (q.z * cx - q.x * cz));
  set(FrameLayout::EGO_VZ_MPS, v.z + 2.0 * (q.x * cy - q.y * cx));
  const auto & turn = odometry.twist.twist.angular;
  set(FrameLayout::EGO_ROLL_RATE_RADPS, turn.x);
  set(FrameLayout::EGO_PITCH_RATE_RADPS, turn.y);
  set(FrameLayout::EGO_YAW_RATE_RADPS, turn.z);
}

std::vector<float> objects_of(const RoadObjectArray & array, std::vector<float> & ego)
{
  std::vector<float> rows;
  std::size_t known = 0;
  for (const RoadObject & object : array.objects) {
    const auto x = static_cast<float>(object.pose.position.x);
    const auto y = static_cast<float>(object.pose.position.y);
    float * same = nullptr;
    for (float * row = ego.data(); row != ego.data() + ego.size(); row += FrameLayout::NUM_EGO) {
      if (object.kind == RoadObject::KIND_EGO && std::equal_to<float>()(row[FrameLayout::EGO_X_M], x) &&
          std::equal_to<float>()(row[FrameLayout::EGO_Y_M], y)) {
        same = row;
      }
    }
    if (same == nullptr) {
      append(object, rows);
      continue;
    }
    same[FrameLayout::EGO_LENGTH_M] = object.length;
    same[FrameLayout::EGO_WIDTH_M] = object.width;
    ++known;
  }
  const std::size_t egos = ego.size() / FrameLayout::NUM_EGO;
  if (known != egos) {
    throw std::invalid_argument("the objects have " + std::to_string(known) + " of " + std::to_string(egos) +
                                " egos where their odometry has them");
  }
  return rows;
}

}  // namespace carla_gateway
