// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__GATEWAY_PARAMETERS_HPP_
#define CARLA_GATEWAY__GATEWAY_PARAMETERS_HPP_

#include <rclcpp/rclcpp.hpp>
#include <string>

#include "carla_gateway/control_gate.hpp"
#include "carla_gateway/frame_observer.hpp"
#include "carla_gateway/health_monitor.hpp"
#include "carla_gateway/topic_publisher.hpp"

namespace carla_gateway
{

/// When a frame is answered.
enum class Mode
{
  kLockStep,  ///< with its action, however long that takes
  kDrive,     ///< at a fixed rate, with the newest action there is
};

struct GatewayParameters
{
  std::string simulator;  ///< name of the lock-step group
  ObserverConfig observer;
  Mode mode = Mode::kLockStep;
  double real_time_factor = 1.0;  ///< drive mode: simulated seconds per second
  bool record_sensors = false;    ///< whether FrameRecord carries the sensors' payloads
  GateConfig gate;
  HealthThresholds health;
  double heartbeat_warn_s = 0.8;  ///< silence after which a peer is reported; 0: none is
  TopicOptions topics;
};

/// Declare the parameters of what observations show, with the values of `example` as defaults.
/// @throws std::invalid_argument naming the parameter, its value and what is allowed.
RasterConfig declare_raster(rclcpp::Node & node, const RasterConfig & example);
SensorImageConfig declare_sensor_images(rclcpp::Node & node, SensorImageConfig example);

/// Declares which neighbours a state describes; by default `count`.
BuilderConfig declare_neighbours(rclcpp::Node & node, std::size_t count);

/// Declares the gateway's parameters, all read-only, and reads them.
/// @throws std::invalid_argument naming the parameter, its value and what is allowed.
GatewayParameters declare_gateway_parameters(rclcpp::Node & node);

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__GATEWAY_PARAMETERS_HPP_
