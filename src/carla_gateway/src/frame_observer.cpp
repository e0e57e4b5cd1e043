// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/frame_observer.hpp"

#include <cstring>
#include <utility>

#include "carla_gateway/monotonic_clock.hpp"
#include "carla_gateway/observation_message.hpp"
#include "carla_gateway/raster_source.hpp"
#include "carla_gateway/ros_time.hpp"

namespace carla_gateway
{

void FrameObserver::begin(const FrameRing & ring, const WorldSpec & world)
{
  info_ = ring.info();
  builder_ = std::make_unique<ObservationBuilder>(config_.builder, info_.num_agents, info_.num_route_points,
                                                  info_.num_objects);
  raster_ = make_raster_builder(config_.raster, ring);
  images_ = config_.images.any()
                ? std::make_unique<SensorImages>(config_.images, world, info_.num_agents, info_.step_s)
                : nullptr;
  begin_session(observation_, info_, *builder_, raster_.get(), images_.get());
  samples_.resize(images_ ? images_->sensors().size() : 0);
  outputs_.clear();
  for (auto & image : observation_.images) {
    outputs_.push_back({image.data.data(), image.age.data()});
  }
  last_time_s_ = 0.0;
}

carla_drl_msgs::msg::ObservationLayout FrameObserver::layout(const std::string & simulator) const
{
  return layout_of(simulator, info_, *builder_, raster_.get(), images_.get());
}

void FrameObserver::check_time(const FrameView & view)
{
  const double last_time_s = std::exchange(last_time_s_, view.sim_time_s);
  if (view.frame > observation_.frame && view.sim_time_s < last_time_s) {
    observation_.frame = view.frame;
    throw FrameError("frame " + std::to_string(view.frame) + ": simulated time went back from " +
                     std::to_string(last_time_s) + " to " + std::to_string(view.sim_time_s) + " s");
  }
}

FrameVerdict FrameObserver::build(const FrameView & view)
{
  const FrameArrays arrays = {view.ego, view.route, view.metrics, view.objects, view.route_line};
  builder_->build(arrays, observation_.state.data());
  std::memcpy(observation_.metrics.data(), view.metrics, observation_.metrics.size() * sizeof(float));
  std::memcpy(observation_.status.data(), view.status, observation_.status.size());
  observation_.frame = view.frame;
  observation_.header.stamp = stamp_of(view.sim_time_s);
  const std::int64_t begun_ns = monotonic_ns();
  if (raster_) {
    raster_->build(view.frame, raster_arrays(view), observation_.raster.data());
  }
  const std::int64_t drawn_ns = monotonic_ns();
  raster_ns_ = raster_ ? drawn_ns - begun_ns : 0;
  if (!images_) {
    return {};
  }
  read_samples(images_->sensors(), view, samples_.data());
  FrameVerdict verdict =
      images_->build(view.frame, samples_.data(), view.ego, observation_.status.data(), outputs_.data());
  images_ns_ = monotonic_ns() - drawn_ns;
  return verdict;
}

FrameVerdict FrameObserver::observe(const FrameRing & ring, const FrameView & view)
{
  check_time(view);
  const auto bad =
      builder_->find_bad_value({view.ego, view.route, view.metrics, view.objects, view.route_line});
  FrameVerdict verdict;
  if (!bad) {
    verdict = build(view);
  }
  if (!ring.unchanged(view)) {
    throw FrameError("frame " + std::to_string(view.frame) + " in slot " + std::to_string(view.slot) +
                     ": the slot was overwritten while it was read");
  }
  if (bad) {
    throw FrameError("frame " + std::to_string(view.frame) + ": " + bad->text());
  }
  if (raster_) {
    raster_->keep();
  }
  if (images_) {
    images_->keep();
  }
  if (verdict.fate == FrameFate::kUnusable) {
    throw FrameError("frame " + std::to_string(view.frame) + ": " + verdict.fault);
  }
  return verdict;
}

}  // namespace carla_gateway
