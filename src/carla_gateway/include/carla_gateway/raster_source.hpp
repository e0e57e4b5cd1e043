// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__RASTER_SOURCE_HPP_
#define CARLA_GATEWAY__RASTER_SOURCE_HPP_

#include <memory>

#include "carla_gateway/frame_ring.hpp"
#include "carla_gateway/raster_builder.hpp"

namespace carla_gateway
{

/// Makes what draws the rasters of a session from the arrays of its ring; null when rasters are off.
/// @throws std::runtime_error when the ring lacks an array that rasters need, or it has a wrong shape.
/// @throws std::invalid_argument as RasterBuilder.
std::unique_ptr<RasterBuilder> make_raster_builder(const RasterConfig & config, const FrameRing & ring);

/// The arrays of a frame that rasters show.
RasterArrays raster_arrays(const FrameView & view) noexcept;

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__RASTER_SOURCE_HPP_
