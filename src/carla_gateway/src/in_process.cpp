// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/in_process.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "carla_drl_msgs/msg/fleet_action.hpp"
#include "carla_drl_msgs/msg/frame_layout.hpp"
#include "carla_gateway/control_gate.hpp"
#include "carla_gateway/observation_builder.hpp"
#include "carla_gateway/raster_builder.hpp"

namespace
{

using carla_drl_msgs::msg::FrameLayout;
using carla_gateway::ActionView;
using carla_gateway::BuilderConfig;
using carla_gateway::ControlGate;
using carla_gateway::FrameArrays;
using carla_gateway::GateConfig;
using carla_gateway::GateResult;
using carla_gateway::ObservationBuilder;
using carla_gateway::RasterBuilder;
using carla_gateway::RasterConfig;
using carla_gateway::RasterTown;
using carla_gateway::Verdict;

constexpr std::uint32_t kSession = 1;

BuilderConfig builder_config(const carla_gateway_config & config)
{
  BuilderConfig result;
  result.neighbour_count = config.neighbour_count;
  result.neighbour_radius_m = config.neighbour_radius_m;
  return result;
}

GateConfig gate_config(const carla_gateway_config & config)
{
  GateConfig result;
  result.max_steer_rate = config.max_steer_rate;
  result.max_acceleration_rate = config.max_acceleration_rate;
  return result;
}

RasterConfig raster_config(const carla_gateway_raster_config & config)
{
  RasterConfig result;
  result.enabled = true;
  result.height = config.height;
  result.width = config.width;
  result.resolution_m = config.resolution_m;
  result.ahead_m = config.ahead_m;
  result.history = config.history;
  result.history_interval = config.history_interval;
  result.threads = config.threads;
  return result;
}

std::string lines_of(const std::vector<std::string> & names)
{
  std::string lines;
  for (const std::string & name : names) {
    lines += lines.empty() ? name : "\n" + name;
  }
  return lines;
}

void tell(const std::string & text, char * error, std::size_t error_size)
{
  if (error_size == 0) {
    return;
  }
  const std::size_t length = std::min(text.size(), error_size - 1);
  std::memcpy(error, text.data(), length);
  error[length] = '\0';
}

}  // namespace

struct carla_gateway_core
{
  carla_gateway_core(std::uint32_t num_agents, std::uint32_t num_route_points, double step,
                     const carla_gateway_config & config)
      : builder(builder_config(config), num_agents, num_route_points), gate(gate_config(config)), step_s(step)
  {
    names = lines_of(builder.state_names());
  }

  ObservationBuilder builder;
  ControlGate gate;
  double step_s;
  std::string names;
  std::unique_ptr<RasterBuilder> raster;
  std::string raster_names;
};

void carla_gateway_defaults(carla_gateway_config * config)
{
  const BuilderConfig builder;
  const GateConfig gate;
  config->neighbour_count = static_cast<std::uint32_t>(builder.neighbour_count);
  config->neighbour_radius_m = builder.neighbour_radius_m;
  config->max_steer_rate = gate.max_steer_rate;
  config->max_acceleration_rate = gate.max_acceleration_rate;
}

void carla_gateway_raster_defaults(carla_gateway_raster_config * config)
{
  const RasterConfig raster;
  config->height = static_cast<std::uint32_t>(raster.height);
  config->width = static_cast<std::uint32_t>(raster.width);
  config->resolution_m = raster.resolution_m;
  config->ahead_m = raster.ahead_m;
  config->history = static_cast<std::uint32_t>(raster.history);
  config->history_interval = static_cast<std::uint32_t>(raster.history_interval);
  config->threads = static_cast<std::uint32_t>(raster.threads);
}

carla_gateway_core * carla_gateway_open(std::uint32_t num_agents, std::uint32_t num_route_points,
                                        double step_s, const carla_gateway_config * config, char * error,
                                        std::size_t error_size)
{
  try {
    return new carla_gateway_core(num_agents, num_route_points, step_s, *config);
  } catch (const std::exception & problem) {
    tell(problem.what(), error, error_size);
    return nullptr;
  }
}

int carla_gateway_add_rasters(carla_gateway_core * core, const carla_gateway_raster_config * config,
                              const carla_gateway_town * town, char * error, std::size_t error_size)
{
  RasterTown drawn;
  drawn.map = {town->cells,
               town->rows,
               town->columns,
               town->frame[FrameLayout::MAP_FRAME_X_M],
               town->frame[FrameLayout::MAP_FRAME_Y_M],
               town->frame[FrameLayout::MAP_FRAME_CELL_M]};
  drawn.light_lines = town->light_lines;
  drawn.num_lights = town->num_lights;
  try {
    core->raster =
        std::make_unique<RasterBuilder>(raster_config(*config), drawn, core->builder.num_agents(), 0);
    core->raster_names = lines_of(core->raster->names());
  } catch (const std::exception & problem) {
    tell(problem.what(), error, error_size);
    return -1;
  }
  return 0;
}

void carla_gateway_close(carla_gateway_core * core)
{
  delete core;
}

const char * carla_gateway_state_names(const carla_gateway_core * core)
{
  return core->names.c_str();
}

const char * carla_gateway_raster_names(const carla_gateway_core * core)
{
  return core->raster_names.c_str();
}

int carla_gateway_observe(carla_gateway_core * core, std::uint64_t frame, const float * ego,
                          const float * route, const float * metrics, const std::uint8_t * status,
                          const float * route_line, const std::uint8_t * light_states, float * state,
                          std::uint8_t * rasters, char * error, std::size_t error_size)
{
  const FrameArrays arrays = {ego, route, metrics, nullptr, core->raster ? route_line : nullptr};
  if (const auto bad = core->builder.find_bad_value(arrays)) {
    tell(bad->text(), error, error_size);
    return -1;
  }
  core->builder.build(arrays, state);
  if (core->raster) {
    core->raster->build(frame, {ego, route_line, nullptr, light_states}, rasters);
    core->raster->keep();
  }
  core->gate.open(kSession, frame, static_cast<std::uint32_t>(core->builder.num_agents()), core->step_s,
                  status);
  return 0;
}

int carla_gateway_answer(carla_gateway_core * core, const float * actions, float * controls, char * error,
                         std::size_t error_size)
{
  const std::uint32_t agents = core->gate.num_agents();
  const std::size_t size = std::size_t{agents} * carla_drl_msgs::msg::FleetAction::NUM_ACTIONS;
  const ActionView view = {kSession, core->gate.frame(), agents, actions, size};
  const GateResult result = core->gate.check(view);
  if (result.verdict != Verdict::kAccepted) {
    tell("no frame awaits an action: observe one first", error, error_size);
    return -1;
  }
  std::copy(core->gate.controls().begin(), core->gate.controls().end(), controls);
  return 0;
}
