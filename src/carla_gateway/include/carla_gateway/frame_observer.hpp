// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__FRAME_OBSERVER_HPP_
#define CARLA_GATEWAY__FRAME_OBSERVER_HPP_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_drl_msgs/msg/observation_layout.hpp"
#include "carla_gateway/frame_ring.hpp"
#include "carla_gateway/observation_builder.hpp"
#include "carla_gateway/raster_builder.hpp"
#include "carla_gateway/sensor_images.hpp"

namespace carla_gateway
{

/// What observations show.
struct ObserverConfig
{
  BuilderConfig builder;
  RasterConfig raster;
  SensorImageConfig images;
};

/// Makes the observation of every frame of a ring: state, rasters, images of sensors.
class FrameObserver
{
 public:
  explicit FrameObserver(const ObserverConfig & config) : config_(config) {}

  /// A new session begins.
  /// @throws std::runtime_error when the ring lacks what observations are to show.
  /// @throws std::invalid_argument naming what is out of bounds, its value and what is allowed.
  void begin(const FrameRing & ring, const WorldSpec & world);

  /// Makes the observation of a frame of that ring.
  /// @return what is to become of it; the observation is whole when its fate is kUse
  /// @throws FrameError when it cannot be used; observation() is of no use until the next frame then.
  FrameVerdict observe(const FrameRing & ring, const FrameView & view);

  const carla_drl_msgs::msg::FleetObservation & observation() const noexcept { return observation_; }
  carla_drl_msgs::msg::ObservationLayout layout(const std::string & simulator) const;

  /// How long the rasters and images of the last frame took, ns; 0 where there are none.
  std::int64_t raster_ns() const noexcept { return raster_ns_; }
  std::int64_t images_ns() const noexcept { return images_ns_; }
  /// Null where no sensors are shown.
  const SensorImages * images() const noexcept { return images_.get(); }

 private:
  void check_time(const FrameView & view);
  FrameVerdict build(const FrameView & view);

  const ObserverConfig config_;
  std::unique_ptr<ObservationBuilder> builder_;
  std::unique_ptr<RasterBuilder> raster_;  // null without rasters
  std::unique_ptr<SensorImages> images_;   // null without sensors
  std::vector<SensorSample> samples_;
  std::vector<ImageOutput> outputs_;
  RingInfo info_;
  carla_drl_msgs::msg::FleetObservation observation_;  // reused: its arrays are sized once per session
  double last_time_s_ = 0.0;                           // of the frame before, simulated
  std::int64_t raster_ns_ = 0;
  std::int64_t images_ns_ = 0;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__FRAME_OBSERVER_HPP_
