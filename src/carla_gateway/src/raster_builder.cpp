// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/raster_builder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <stdexcept>

#include "carla_drl_msgs/msg/frame_layout.hpp"
#include "carla_gateway/bounds.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FrameLayout;

constexpr std::array<const char *, TownGrid::kLayers> kLayerNames = {"road", "lane_markings", "crossings",
                                                                     "stop_lines"};
constexpr std::size_t kLinePoints = FrameLayout::NUM_ROUTE_LINE;

RasterConfig checked(const RasterConfig & config)
{
  check_bounds("raster_height", config.height, kMinRasterSize, kMaxRasterSize);
  check_bounds("raster_width", config.width, kMinRasterSize, kMaxRasterSize);
  check_bounds("raster_resolution_m", config.resolution_m, kMinRasterResolutionM, kMaxRasterResolutionM);
  check_bounds("raster_ahead_m", config.ahead_m, -kMaxRasterAheadM, kMaxRasterAheadM);
  check_bounds("raster_history", config.history, std::size_t{1}, kMaxRasterHistory);
  check_bounds("raster_history_interval", config.history_interval, std::size_t{1}, kMaxRasterInterval);
  check_bounds("raster_threads", config.threads, std::size_t{1}, kMaxRasterThreads);
  return config;
}

std::uint8_t light_value(std::uint8_t state) noexcept
{
  switch (state) {
    case FrameLayout::LIGHT_GREEN:
      return RasterBuilder::kGreen;
    case FrameLayout::LIGHT_YELLOW:
      return RasterBuilder::kYellow;
    case FrameLayout::LIGHT_RED:
      return RasterBuilder::kRed;
    default:
      return 0;
  }
}

}  // namespace

RasterBuilder::RasterBuilder(const RasterConfig & config, const RasterTown & town, std::size_t num_agents,
                             std::size_t num_objects)
    : config_(checked(config)),
      num_agents_(num_agents),
      num_objects_(num_objects),
      grid_(town.map, config.resolution_m),
      history_((config.history - 1) * config.history_interval),
      moments_(history_.places()),
      pool_(std::min(config.threads, num_agents))
{
  for (Moment & moment : moments_) {
    moment.boxes.resize(num_agents + num_objects);
    moment.lights.resize(town.num_lights);
  }
  light_boxes_.reserve(town.num_lights);
  for (std::size_t light = 0; light < town.num_lights; ++light) {
    const float * row = town.light_lines + light * std::size_t{FrameLayout::NUM_LIGHT_LINE};
    for (std::size_t column = 0; column < FrameLayout::NUM_LIGHT_LINE; ++column) {
      if (!std::isfinite(row[column])) {
        throw std::invalid_argument("array 'light_lines', line " + std::to_string(light) +
                                    " holds a number that is not finite");
      }
    }
    const float yaw = row[FrameLayout::LIGHT_LINE_YAW_RAD];
    light_boxes_.push_back({row[FrameLayout::LIGHT_LINE_X_M], row[FrameLayout::LIGHT_LINE_Y_M], std::cos(yaw),
                            std::sin(yaw), kLightLineM, row[FrameLayout::LIGHT_LINE_WIDTH_M],
                            FrameLayout::OBJECT_NONE});
  }
}

std::vector<std::string> RasterBuilder::names() const
{
  std::vector<std::string> names(kLayerNames.begin(), kLayerNames.end());
  names.emplace_back("route");
  for (std::size_t past = 0; past < config_.history; ++past) {
    const std::string suffix =
        past == 0 ? "" : "_" + std::to_string(past * config_.history_interval) + "_frames_ago";
    for (const char * name : {"vehicles", "walkers", "lights"}) {
      names.push_back(name + suffix);
    }
  }
  return names;
}

void RasterBuilder::build(std::uint64_t frame, const RasterArrays & arrays, std::uint8_t * rasters)
{
  history_.begin(frame);
  read(arrays, moments_[history_.now()]);
  const std::size_t size = channels() * config_.height * config_.width;
  const auto work = [&, this](std::size_t agent) {
    draw(agent, arrays.route_line + agent * kLinePoints * 2, rasters + agent * size);
  };
  pool_.run(num_agents_, std::cref(work));
}

void RasterBuilder::read(const RasterArrays & arrays, Moment & moment) const
{
  for (std::size_t agent = 0; agent < num_agents_; ++agent) {
    const float * row = arrays.ego + agent * std::size_t{FrameLayout::NUM_EGO};
    const float yaw = row[FrameLayout::EGO_YAW_RAD];
    moment.boxes[agent] = {row[FrameLayout::EGO_X_M],
                           row[FrameLayout::EGO_Y_M],
                           std::cos(yaw),
                           std::sin(yaw),
                           row[FrameLayout::EGO_LENGTH_M],
                           row[FrameLayout::EGO_WIDTH_M],
                           FrameLayout::OBJECT_VEHICLE};
  }
  for (std::size_t object = 0; object < num_objects_; ++object) {
    const float * row = arrays.objects + object * std::size_t{FrameLayout::NUM_OBJECT};
    const float kind = row[FrameLayout::OBJECT_KIND];
    const float yaw = row[FrameLayout::OBJECT_YAW_RAD];
    Box & box = moment.boxes[num_agents_ + object];
    box = {row[FrameLayout::OBJECT_X_M],
           row[FrameLayout::OBJECT_Y_M],
           std::cos(yaw),
           std::sin(yaw),
           row[FrameLayout::OBJECT_LENGTH_M],
           row[FrameLayout::OBJECT_WIDTH_M],
           FrameLayout::OBJECT_VEHICLE};
    if (kind == static_cast<float>(FrameLayout::OBJECT_NONE)) {
      box.kind = FrameLayout::OBJECT_NONE;
    } else if (kind == static_cast<float>(FrameLayout::OBJECT_WALKER)) {
      box.kind = FrameLayout::OBJECT_WALKER;
    }
  }
  if (!moment.lights.empty()) {
    std::memcpy(moment.lights.data(), arrays.light_states, moment.lights.size());
  }
}

void RasterBuilder::draw(std::size_t agent, const float * route_line, std::uint8_t * raster) const
{
  const std::size_t plane = config_.height * config_.width;
  const Box & ego = moments_[history_.now()].boxes[agent];
  grid_.sample(ego.x, ego.y, ego.cos_yaw, ego.sin_yaw, config_.ahead_m, config_.height, config_.width,
               raster);
  std::memset(raster + TownGrid::kLayers * plane, 0, (channels() - TownGrid::kLayers) * plane);
  const ImageFrame frame(ego.x, ego.y, ego.cos_yaw, ego.sin_yaw, config_.resolution_m, config_.ahead_m,
                         config_.height, config_.width);
  const auto channel = [&](std::size_t index) {
    return Plane{raster + index * plane, config_.height, config_.width};
  };
  draw_route(channel(TownGrid::kLayers), frame, route_line);
  for (std::size_t past = 0; past < config_.history; ++past) {
    const Moment & moment = moments_[history_.before(past * config_.history_interval)];
    const std::size_t first = kStaticChannels + past * kMovingChannels;
    draw_boxes(agent, moment, frame, channel(first), channel(first + 1));
    draw_lights(moment, frame, channel(first + 2));
  }
}

void RasterBuilder::draw_route(const Plane & plane, const ImageFrame & frame, const float * route_line) const
{
  std::array<PixelPoint, kLinePoints> points = {};
  std::size_t count = 0;
  for (std::size_t i = 0; i < kLinePoints; ++i) {
    const float * point = route_line + i * 2;
    const bool repeated = i > 0 && point[0] == point[-2] && point[1] == point[-1];
    if (!repeated) {
      points[count++] = frame.pixel(point[0], point[1]);
    }
  }
  const float half_width = std::max(0.5F * kRouteWidthM * frame.pixels_per_m(), 0.75F);
  fill_band(plane, points.data(), count, half_width, 255);
}

void RasterBuilder::draw_boxes(std::size_t agent, const Moment & moment, const ImageFrame & frame,
                               const Plane & vehicles, const Plane & walkers) const
{
  for (std::size_t i = 0; i < moment.boxes.size(); ++i) {
    const Box & box = moment.boxes[i];
    if (i != agent && box.kind != FrameLayout::OBJECT_NONE) {
      const Plane & plane = box.kind == FrameLayout::OBJECT_WALKER ? walkers : vehicles;
      fill_box(plane, frame, box.x, box.y, box.cos_yaw, box.sin_yaw, box.length, box.width, 255);
    }
  }
}

void RasterBuilder::draw_lights(const Moment & moment, const ImageFrame & frame, const Plane & plane) const
{
  for (std::size_t light = 0; light < light_boxes_.size(); ++light) {
    const std::uint8_t value = light_value(moment.lights[light]);
    if (value != 0) {
      const Box & box = light_boxes_[light];
      fill_box(plane, frame, box.x, box.y, box.cos_yaw, box.sin_yaw, box.length, box.width, value);
    }
  }
}

}  // namespace carla_gateway
