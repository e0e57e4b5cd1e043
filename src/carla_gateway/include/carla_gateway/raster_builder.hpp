// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__RASTER_BUILDER_HPP_
#define CARLA_GATEWAY__RASTER_BUILDER_HPP_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "carla_gateway/frame_history.hpp"
#include "carla_gateway/raster_canvas.hpp"
#include "carla_gateway/town_grid.hpp"
#include "carla_gateway/worker_pool.hpp"

namespace carla_gateway
{

constexpr std::size_t kMinRasterSize = 16;
constexpr std::size_t kMaxRasterSize = 512;
constexpr float kMinRasterResolutionM = 0.05F;
constexpr float kMaxRasterResolutionM = 5.0F;
constexpr float kMaxRasterAheadM = 200.0F;
constexpr std::size_t kMaxRasterHistory = 4;
constexpr std::size_t kMaxRasterInterval = 100;
constexpr std::size_t kMaxRasterThreads = 16;

struct RasterConfig
{
  bool enabled = false;
  std::size_t height = 96;           ///< pixels, kMinRasterSize to kMaxRasterSize
  std::size_t width = 96;            ///< likewise
  float resolution_m = 0.5F;         ///< edge of a pixel, m
  float ahead_m = 12.0F;             ///< how far ahead of the ego's centre the image's middle is, m
  std::size_t history = 1;           ///< moments in which road users and lights are shown, now included
  std::size_t history_interval = 5;  ///< frames between these moments
  std::size_t threads = 2;           ///< how many threads draw, the caller's included
};

/// What does not change during a session.
struct RasterTown
{
  TownMap map;
  const float * light_lines = nullptr;  ///< L x FrameLayout.NUM_LIGHT_LINE
  std::size_t num_lights = 0;           ///< L
};

/// The arrays of one frame that rasters show, as the ring holds them, row-major.
struct RasterArrays
{
  const float * ego;                            ///< N x FrameLayout.NUM_EGO
  const float * route_line;                     ///< N x FrameLayout.NUM_ROUTE_LINE x 2
  const float * objects = nullptr;              ///< M x FrameLayout.NUM_OBJECT
  const std::uint8_t * light_states = nullptr;  ///< L, FrameLayout.LIGHT_*
};

/// Draws what is around every ego as seen from above: uint8 [N][C][H][W], heading up.
///
/// Channels, see names(): road, lane markings, crossings, stop lines, route; then, for now and each earlier
/// moment, vehicles, walkers and the stop lines of traffic lights. All are 0 or 255 but the lights', which
/// are kGreen, kYellow or kRed. Earlier moments are drawn as seen from where the ego is now. The ego itself
/// is not drawn: it is always at the same place. Heights are left out.
class RasterBuilder
{
 public:
  static constexpr std::uint8_t kGreen = 85;
  static constexpr std::uint8_t kYellow = 170;
  static constexpr std::uint8_t kRed = 255;
  static constexpr float kRouteWidthM = 3.0F;
  static constexpr float kLightLineM = 1.0F;  ///< how long the line before a light is along the road

  /// Copies the town.
  /// @throws std::invalid_argument naming what is out of bounds, its value and what is allowed.
  RasterBuilder(const RasterConfig & config, const RasterTown & town, std::size_t num_agents,
                std::size_t num_objects);

  const RasterConfig & config() const noexcept { return config_; }
  /// C
  std::size_t channels() const noexcept { return kStaticChannels + kMovingChannels * config_.history; }
  /// Bytes of all rasters of a frame, N x C x H x W.
  std::size_t bytes() const noexcept { return num_agents_ * channels() * config_.height * config_.width; }
  std::vector<std::string> names() const;

  /// Draws a frame. Moments before the first frame are shown like the first one. A frame that is the same as
  /// the one kept last is drawn as it was. No allocation.
  void build(std::uint64_t frame, const RasterArrays & arrays, std::uint8_t * rasters);
  /// Says that the frame that was built last was whole: it becomes part of the history.
  void keep() noexcept { history_.keep(); }

 private:
  static constexpr std::size_t kStaticChannels = TownGrid::kLayers + 1;
  static constexpr std::size_t kMovingChannels = 3;

  struct Box
  {
    float x, y, cos_yaw, sin_yaw, length, width;
    std::uint8_t kind;  // FrameLayout.OBJECT_*
  };
  /// What moved in one frame: egos, then objects; and the lights.
  struct Moment
  {
    std::vector<Box> boxes;
    std::vector<std::uint8_t> lights;
  };

  void read(const RasterArrays & arrays, Moment & moment) const;
  void draw(std::size_t agent, const float * route_line, std::uint8_t * raster) const;
  void draw_route(const Plane & plane, const ImageFrame & frame, const float * route_line) const;
  void draw_boxes(std::size_t agent, const Moment & moment, const ImageFrame & frame, const Plane & vehicles,
                  const Plane & walkers) const;
  void draw_lights(const Moment & moment, const ImageFrame & frame, const Plane & plane) const;

  RasterConfig config_;
  std::size_t num_agents_;
  std::size_t num_objects_;
  TownGrid grid_;
  std::vector<Box> light_boxes_;
  FrameHistory history_;
  std::vector<Moment> moments_;  // by the history's places
  WorkerPool pool_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__RASTER_BUILDER_HPP_
