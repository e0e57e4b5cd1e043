// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__OBSERVATION_MESSAGE_HPP_
#define CARLA_GATEWAY__OBSERVATION_MESSAGE_HPP_

#include <string>

#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_drl_msgs/msg/observation_layout.hpp"
#include "carla_gateway/frame_ring.hpp"
#include "carla_gateway/observation_builder.hpp"
#include "carla_gateway/raster_builder.hpp"
#include "carla_gateway/sensor_images.hpp"

namespace carla_gateway
{

/// Sets what stays the same in every observation of a session, and the sizes of its arrays.
/// @param raster null without rasters; @param images null without images of sensors
void begin_session(carla_drl_msgs::msg::FleetObservation & observation, const RingInfo & info,
                   const ObservationBuilder & builder, const RasterBuilder * raster,
                   const SensorImages * images);

/// What the columns and channels of a session's observations are.
carla_drl_msgs::msg::ObservationLayout layout_of(const std::string & simulator, const RingInfo & info,
                                                 const ObservationBuilder & builder,
                                                 const RasterBuilder * raster, const SensorImages * images);

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__OBSERVATION_MESSAGE_HPP_
