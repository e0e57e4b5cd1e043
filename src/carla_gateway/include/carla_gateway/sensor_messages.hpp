// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__SENSOR_MESSAGES_HPP_
#define CARLA_GATEWAY__SENSOR_MESSAGES_HPP_

#include <geometry_msgs/msg/quaternion.hpp>
#include <sensor_msgs/msg/camera_info.hpp>
#include <sensor_msgs/msg/image.hpp>
#include <sensor_msgs/msg/imu.hpp>
#include <sensor_msgs/msg/nav_sat_fix.hpp>
#include <sensor_msgs/msg/point_cloud2.hpp>
#include <vector>

#include "carla_gateway/sensor_table.hpp"

/// Payloads of the ring as ROS messages. Headers are the caller's; messages are meant to be used again, so
/// that their arrays keep their memory.
namespace carla_gateway
{

/// A picture: bgra8, 32FC1 (depth in m), bgr8 (labels in the palette of Cityscapes) or 32FC2 (optical flow).
void fill_image(const SensorSpec & sensor, const Payload & payload, sensor_msgs::msg::Image & image);

/// Labels of a semantic camera: mono8.
void fill_labels(const SensorSpec & sensor, const Payload & payload, sensor_msgs::msg::Image & image);

/// Intrinsics of an ideal pinhole camera without distortion.
sensor_msgs::msg::CameraInfo camera_info_of(const SensorSpec & sensor);

/// Points of a lidar, a radar or a dynamic vision sensor, unordered.
void fill_points(const SensorSpec & sensor, const Payload & payload, sensor_msgs::msg::PointCloud2 & cloud);

void fill_imu(const Payload & payload, sensor_msgs::msg::Imu & imu);
void fill_fix(const Payload & payload, sensor_msgs::msg::NavSatFix & fix);

/// The events of a frame.
std::vector<wire::SensorEvent> events_of(const Payload & payload);

/// Rotation about fixed axes: first roll, then pitch, then yaw, rad.
geometry_msgs::msg::Quaternion quaternion_of(double roll, double pitch, double yaw);

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__SENSOR_MESSAGES_HPP_
