// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/observation_message.hpp"

#include <string>
#include <utility>
#include <vector>

#include "carla_gateway/column_names.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FleetObservation;
using carla_drl_msgs::msg::ObservationImage;
using carla_drl_msgs::msg::ObservationImageLayout;
using carla_drl_msgs::msg::ObservationLayout;

template <typename Names>
std::vector<std::string> strings_of(const Names & names)
{
  return {names.begin(), names.end()};
}

}  // namespace

void begin_session(FleetObservation & observation, const RingInfo & info, const ObservationBuilder & builder,
                   const RasterBuilder * raster, const SensorImages * images)
{
  observation.header.frame_id = "map";
  observation.session = info.session;
  observation.frame = 0;
  observation.step_s = static_cast<float>(info.step_s);
  observation.num_agents = info.num_agents;
  observation.state_dim = static_cast<std::uint32_t>(builder.state_dim());
  observation.state.resize(info.num_agents * builder.state_dim());
  observation.metrics.resize(info.num_agents * std::size_t{FleetObservation::NUM_METRICS});
  observation.status.resize(info.num_agents);
  if (raster != nullptr) {
    observation.raster_channels = static_cast<std::uint32_t>(raster->channels());
    observation.raster_height = static_cast<std::uint32_t>(raster->config().height);
    observation.raster_width = static_cast<std::uint32_t>(raster->config().width);
    observation.raster.resize(raster->bytes());
  }
  observation.images.clear();
  for (const ImagePart & part : images == nullptr ? std::vector<ImagePart>() : images->parts()) {
    ObservationImage image;
    image.name = part.name;
    image.channels = static_cast<std::uint32_t>(part.channels());
    image.height = static_cast<std::uint32_t>(part.height);
    image.width = static_cast<std::uint32_t>(part.width);
    image.data.resize(info.num_agents * part.bytes());
    image.age.resize(info.num_agents);
    observation.images.push_back(std::move(image));
  }
}

ObservationLayout layout_of(const std::string & simulator, const RingInfo & info,
                            const ObservationBuilder & builder, const RasterBuilder * raster,
                            const SensorImages * images)
{
  ObservationLayout layout;
  layout.simulator = simulator;
  layout.session = info.session;
  layout.num_agents = info.num_agents;
  layout.step_s = static_cast<float>(info.step_s);
  layout.state_names = builder.state_names();
  layout.metric_names = strings_of(kMetricColumns);
  layout.action_names = strings_of(kActionColumns);
  if (raster != nullptr) {
    layout.raster_names = raster->names();
    layout.raster_resolution_m = raster->config().resolution_m;
    layout.raster_ahead_m = raster->config().ahead_m;
  }
  for (const ImagePart & part : images == nullptr ? std::vector<ImagePart>() : images->parts()) {
    ObservationImageLayout image;
    image.name = part.name;
    image.channel_names = part.channel_names;
    image.place = part.place;
    layout.images.push_back(std::move(image));
  }
  return layout;
}

}  // namespace carla_gateway
