// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__SENSOR_TABLE_HPP_
#define CARLA_GATEWAY__SENSOR_TABLE_HPP_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "carla_gateway/frame_ring.hpp"
#include "carla_gateway/wire_protocol.hpp"

namespace carla_gateway
{

/// One sensor of one ego.
struct SensorSpec
{
  std::size_t index = 0;  ///< of its block
  std::uint32_t agent = 0;
  std::uint32_t kind = 0;  ///< SensorLayout::KIND_*
  std::size_t offset = 0;
  std::size_t capacity = 0;
  std::array<double, 3> position = {};     ///< on the ego, REP-103, m
  std::array<double, 4> orientation = {};  ///< x, y, z, w
  double rate_hz = 0.0;
  double fov_rad = 0.0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;  ///< of lidars: channels
  double lower_rad = 0.0;    ///< of lidars: elevation of the lowest channel
  double upper_rad = 0.0;    ///< of the highest
  std::string name;
  std::string type;

  /// Whether it has pixels: topics "image" and "camera_info".
  bool is_camera() const;
};

/// What a ring says about its world; fixed for its lifetime.
struct WorldSpec
{
  std::string map_name;
  std::string role_prefix = "ego";  ///< agent i has the role name <role_prefix><i>
  std::string opendrive;
  std::vector<SensorSpec> sensors;

  std::vector<std::string> roles;  ///< where they are named otherwise: one per agent

  std::string role(std::uint32_t agent) const
  {
    return roles.empty() ? role_prefix + std::to_string(agent) : roles[agent];
  }
};

/// Reads a ring's static arrays about world and sensors; a ring may have none of them.
/// @throws std::runtime_error naming what is wrong, its value and what is allowed.
WorldSpec read_world(const FrameRing & ring);

/// What a sensor measured in one frame, in the ring itself. Valid while FrameRing::unchanged() says so.
struct Payload
{
  wire::SensorBlock block = {};
  const std::uint8_t * data = nullptr;  ///< null when there is nothing of this frame
};

/// The payload of a sensor in a frame. Nothing where the block does not fit the sensor, as it may be torn.
Payload payload_of(const SensorSpec & sensor, const FrameView & view);

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__SENSOR_TABLE_HPP_
