// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/raster_source.hpp"

#include <stdexcept>
#include <string>

#include "carla_drl_msgs/msg/frame_layout.hpp"
#include "carla_gateway/wire_protocol.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FrameLayout;

const StaticArray & find(const FrameRing & ring, const std::string & name, wire::Dtype dtype,
                         std::size_t ndim)
{
  const StaticArray * array = ring.find_static(name);
  if (array == nullptr) {
    throw std::runtime_error("parameter 'raster' is true, but the ring has no static array '" + name +
                             "': set parameter 'raster' of the bridge to true as well");
  }
  if (array->dtype != static_cast<std::uint32_t>(dtype) || array->shape.size() != ndim) {
    throw std::runtime_error("frame ring: static array '" + name + "' has another type or dimension");
  }
  return *array;
}

}  // namespace

std::unique_ptr<RasterBuilder> make_raster_builder(const RasterConfig & config, const FrameRing & ring)
{
  if (!config.enabled) {
    return nullptr;
  }
  const StaticArray & cells = find(ring, "map_raster", wire::Dtype::kUint8, 2);
  const StaticArray & frame = find(ring, "map_frame", wire::Dtype::kFloat32, 1);
  const StaticArray & lines = find(ring, "light_lines", wire::Dtype::kFloat32, 2);
  const RingInfo & info = ring.info();
  if (!info.route_line) {
    throw std::runtime_error("parameter 'raster' is true, but the ring has no array 'route_line'");
  }
  if (frame.shape[0] != FrameLayout::NUM_MAP_FRAME || lines.shape[1] != FrameLayout::NUM_LIGHT_LINE ||
      lines.shape[0] != info.num_lights) {
    throw std::runtime_error("frame ring: the shapes of 'map_frame', 'light_lines' and 'light_states' are " +
                             std::to_string(frame.shape[0]) + ", " + std::to_string(lines.shape[0]) + " x " +
                             std::to_string(lines.shape[1]) + " and " + std::to_string(info.num_lights));
  }
  const auto * numbers = reinterpret_cast<const float *>(frame.data);
  RasterTown town;
  town.map = {cells.data,
              cells.shape[0],
              cells.shape[1],
              numbers[FrameLayout::MAP_FRAME_X_M],
              numbers[FrameLayout::MAP_FRAME_Y_M],
              numbers[FrameLayout::MAP_FRAME_CELL_M]};
  town.light_lines = reinterpret_cast<const float *>(lines.data);
  town.num_lights = info.num_lights;
  return std::make_unique<RasterBuilder>(config, town, info.num_agents, info.num_objects);
}

RasterArrays raster_arrays(const FrameView & view) noexcept
{
  return {view.ego, view.route_line, view.objects, view.light_states};
}

}  // namespace carla_gateway
