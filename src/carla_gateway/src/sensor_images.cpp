// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/sensor_images.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_drl_msgs/msg/sensor_layout.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FleetObservation;
using carla_drl_msgs::msg::SensorLayout;

const SensorSpec * find(const WorldSpec & world, std::size_t agent, const std::string & name)
{
  for (const SensorSpec & sensor : world.sensors) {
    if (sensor.agent == agent && sensor.name == name) {
      return &sensor;
    }
  }
  return nullptr;
}

/// Names of the first ego's sensors of a kind, or of all kinds (0).
std::vector<std::string> names_of(const WorldSpec & world, std::uint32_t kind)
{
  std::vector<std::string> names;
  for (const SensorSpec & sensor : world.sensors) {
    if (sensor.agent == 0 && (kind == 0 || sensor.kind == kind)) {
      names.push_back(sensor.name);
    }
  }
  return names;
}

std::string list_of(const std::vector<std::string> & names)
{
  std::string list;
  for (const std::string & name : names) {
    list += (list.empty() ? "" : ", ") + name;
  }
  return list.empty() ? "none" : list;
}

std::size_t period_of(const SensorSpec & sensor, double step_s)
{
  return static_cast<std::size_t>(std::max(std::lround(1.0 / (sensor.rate_hz * step_s)), 1L));
}

}  // namespace

SensorImages::SensorImages(const SensorImageConfig & config, const WorldSpec & world, std::size_t num_agents,
                           double step_s)
    : config_(config), num_agents_(num_agents), pool_(std::min(config.threads, num_agents))
{
  if (config.camera.enabled) {
    choose_cameras(world);
  }
  if (config.lidar.enabled) {
    choose_lidar(world);
  }
  std::vector<WatchedSensor> watched;
  for (const SensorSpec & sensor : sensors_) {
    watched.push_back(
        {world.role(sensor.agent) + "/" + sensor.name, sensor.agent, period_of(sensor, step_s)});
  }
  guard_ = std::make_unique<SensorGuard>(config.guard, std::move(watched), step_s);
  readings_.resize(sensors_.size());
}

void SensorImages::add_sensors(const WorldSpec & world, const std::string & name, std::uint32_t kind,
                               const char * what)
{
  for (std::size_t agent = 0; agent < num_agents_; ++agent) {
    const SensorSpec * sensor = find(world, agent, name);
    if (sensor == nullptr || sensor->kind != kind) {
      throw std::runtime_error(
          "observations are to show " + std::string(what) + " '" + name + "', but " +
          world.role(static_cast<std::uint32_t>(agent)) +
          " has none; sensors of this kind in the scenario: " + list_of(names_of(world, kind)));
    }
    sensors_.push_back(*sensor);
  }
}

void SensorImages::choose_cameras(const WorldSpec & world)
{
  const std::vector<std::string> names =
      config_.camera.sensors.empty() ? names_of(world, SensorLayout::KIND_COLOR) : config_.camera.sensors;
  if (names.empty()) {
    throw std::runtime_error(
        "parameter 'camera' is true, but the scenario has no colour camera (sensor.camera.rgb): add one to "
        "its "
        "sensors; it has " +
        list_of(names_of(world, 0)));
  }
  std::vector<CameraKind> kinds;
  for (const std::string & name : names) {
    add_sensors(world, name, SensorLayout::KIND_COLOR, "the colour camera");
    kinds.push_back({name, sensors_.back().height, sensors_.back().width});
  }
  cameras_ = kinds.size();
  camera_ = std::make_unique<CameraBuilder>(config_.camera, kinds, num_agents_);
  parts_.push_back({"camera", camera_->names(), "", config_.camera.height, config_.camera.width});
  parts_.back().place = camera_->place();
}

void SensorImages::choose_lidar(const WorldSpec & world)
{
  std::string name = config_.lidar.sensor;
  if (name.empty()) {
    const auto names = names_of(world, SensorLayout::KIND_LIDAR);
    if (names.empty()) {
      throw std::runtime_error(
          "parameter 'lidar' is true, but the scenario has no lidar (sensor.lidar.ray_cast): add one to its "
          "sensors; it has " +
          list_of(names_of(world, 0)));
    }
    name = names.front();
  }
  add_sensors(world, name, SensorLayout::KIND_LIDAR, "the lidar");
  const SensorSpec & sensor = sensors_.back();
  const LidarKind kind = {
      name, sensor.height, sensor.lower_rad, sensor.upper_rad, sensor.position, sensor.orientation};
  lidar_ = std::make_unique<LidarBuilder>(config_.lidar, kind, num_agents_);
  parts_.push_back({"lidar", lidar_->names(), lidar_->place(), lidar_->height(), lidar_->width()});
}

void SensorImages::show(std::size_t sensor)
{
  const std::size_t agent = sensor % num_agents_;
  const std::size_t kind = sensor / num_agents_;
  const bool is_camera = kind < cameras_;
  ImageStack & stack = is_camera ? camera_->stack() : lidar_->stack();
  const std::size_t planes = is_camera ? camera_->planes() : LidarBuilder::kPlanes;
  const std::size_t first = is_camera ? kind * planes : 0;
  if (guard_->showing(sensor) == Showing::kHeld) {
    stack.hold(agent, first, planes);
  } else if (guard_->showing(sensor) == Showing::kBlack) {
    stack.clear(agent, first, planes);
  }
}

FrameVerdict SensorImages::build(std::uint64_t frame, const SensorSample * samples, const float * ego,
                                 const std::uint8_t * status, const ImageOutput * outputs)
{
  for (ImageStack * stack : {camera_ ? &camera_->stack() : nullptr, lidar_ ? &lidar_->stack() : nullptr}) {
    if (stack != nullptr) {
      stack->begin(frame);
    }
  }
  const auto take = [&, this](std::size_t i) {
    const std::size_t agent = i % num_agents_;
    const std::size_t kind = i / num_agents_;
    const SensorSample & sample = samples[i];
    readings_[i] = {};
    if (kind < cameras_ && sample.picture.data != nullptr) {
      readings_[i] = inspect(sample.picture);
      camera_->write(agent, kind, sample.picture);
    } else if (kind >= cameras_ && sample.scan.data != nullptr) {
      readings_[i] = inspect(sample.scan);
      lidar_->write(agent, sample.scan);
    }
    readings_[i].missing = sample.missing;
  };
  pool_.run(sensors_.size(), std::cref(take));
  FrameVerdict verdict = guard_->judge(frame, readings_.data(), ego, status);
  for (std::size_t i = 0; i < sensors_.size(); ++i) {
    show(i);
  }
  const auto compose = [&, this](std::size_t agent) {
    const bool reset = (status[agent] & FleetObservation::STATUS_RESET) != 0;
    std::size_t part = 0;
    if (camera_) {
      camera_->stack().compose(agent, reset, outputs[part].pixels + agent * parts_[part].bytes());
      ++part;
    }
    if (lidar_) {
      lidar_->stack().compose(agent, reset, outputs[part].pixels + agent * parts_[part].bytes());
    }
  };
  pool_.run(num_agents_, std::cref(compose));
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    std::fill_n(outputs[part].age, num_agents_, 0U);
  }
  for (std::size_t i = 0; i < sensors_.size(); ++i) {
    std::uint32_t & age = outputs[i / num_agents_ < cameras_ ? 0 : parts_.size() - 1].age[i % num_agents_];
    age = std::max(age, guard_->age(i));
  }
  return verdict;
}

void SensorImages::keep()
{
  guard_->keep();
  if (camera_) {
    camera_->stack().keep();
  }
  if (lidar_) {
    lidar_->stack().keep();
  }
}

void read_samples(const std::vector<SensorSpec> & sensors, const FrameView & view, SensorSample * samples)
{
  for (std::size_t i = 0; i < sensors.size(); ++i) {
    const SensorSpec & sensor = sensors[i];
    const Payload payload = payload_of(sensor, view);
    SensorSample & sample = samples[i];
    sample = {};
    sample.missing = (payload.block.flags & SensorLayout::FLAG_MISSING) != 0;
    if (payload.data == nullptr) {
      continue;
    }
    if (sensor.is_camera()) {
      sample.picture.data = payload.data;
      sample.picture.width = sensor.width;
      sample.picture.height = sensor.height;
      sample.picture.row_bytes = std::size_t{sensor.width} * sample.picture.pixel_bytes;
    } else {
      sample.scan.data = payload.data;
      sample.scan.count = payload.block.bytes / sample.scan.step;
    }
  }
}

}  // namespace carla_gateway
