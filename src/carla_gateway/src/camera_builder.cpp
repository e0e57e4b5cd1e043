// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/camera_builder.hpp"

#include "carla_gateway/bounds.hpp"

namespace carla_gateway
{
namespace
{

CameraConfig checked(const CameraConfig & config)
{
  check_bounds("camera_height", config.height, kMinImageSize, kMaxImageSize);
  check_bounds("camera_width", config.width, kMinImageSize, kMaxImageSize);
  check_bounds("camera_history", config.history, std::size_t{1}, kMaxCameraHistory);
  check_bounds("camera_history_interval", config.history_interval, std::size_t{1}, kMaxCameraInterval);
  return config;
}

}  // namespace

CameraBuilder::CameraBuilder(const CameraConfig & config, const std::vector<CameraKind> & cameras,
                             std::size_t num_agents)
    : config_(checked(config)),
      cameras_(cameras),
      stack_(num_agents, cameras.size() * planes(), config.height, config.width, config.history,
             config.history_interval)
{
  for (const CameraKind & camera : cameras) {
    resizes_.emplace_back(config.resize, camera.height, camera.width, config.height, config.width);
  }
}

std::vector<std::string> CameraBuilder::names() const
{
  std::vector<std::string> names;
  for (std::size_t moment = 0; moment < config_.history; ++moment) {
    const std::string suffix =
        moment == 0 ? "" : "_" + std::to_string(moment * config_.history_interval) + "_frames_ago";
    for (const CameraKind & camera : cameras_) {
      if (!config_.color) {
        names.push_back(camera.name + "_luma" + suffix);
        continue;
      }
      for (const char * color : {"_red", "_green", "_blue"}) {
        names.push_back(camera.name + color + suffix);
      }
    }
  }
  return names;
}

std::string CameraBuilder::place() const
{
  std::string text = std::to_string(config_.height) + "x" + std::to_string(config_.width) +
                     (config_.resize == ResizeMethod::kArea ? " area" : " bilinear") + " of";
  for (const CameraKind & camera : cameras_) {
    text += " " + std::to_string(camera.height) + "x" + std::to_string(camera.width);
  }
  return text;
}

void CameraBuilder::write(std::size_t agent, std::size_t camera, const PixelView & picture)
{
  resizes_[camera].apply(picture, config_.color, stack_.plane(agent, camera * planes()));
}

}  // namespace carla_gateway
