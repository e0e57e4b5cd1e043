// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__CAMERA_BUILDER_HPP_
#define CARLA_GATEWAY__CAMERA_BUILDER_HPP_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "carla_gateway/image_resize.hpp"
#include "carla_gateway/image_stack.hpp"

namespace carla_gateway
{

constexpr std::size_t kMinImageSize = 16;
constexpr std::size_t kMaxImageSize = 512;
constexpr std::size_t kMaxCameraHistory = 8;
constexpr std::size_t kMaxCameraInterval = 100;

struct CameraConfig
{
  bool enabled = false;
  std::vector<std::string> sensors;  ///< names of cameras that every ego has; empty: all of them
  std::size_t height = 84;           ///< pixels, kMinImageSize to kMaxImageSize
  std::size_t width = 84;            ///< likewise
  bool color = true;                 ///< red, green and blue, or luma alone
  ResizeMethod resize = ResizeMethod::kArea;
  std::size_t history = 1;           ///< moments, now included
  std::size_t history_interval = 1;  ///< frames between them
};

/// A camera that all egos have.
struct CameraKind
{
  std::string name;
  std::size_t height = 0;
  std::size_t width = 0;
};

/// The pictures of every ego's cameras, resized and stacked: uint8 [N][C][H][W].
///
/// Channels, see names(): for now and each earlier moment, camera by camera, red, green and blue or luma.
class CameraBuilder
{
 public:
  /// @throws std::invalid_argument naming what is out of bounds, its value and what is allowed.
  CameraBuilder(const CameraConfig & config, const std::vector<CameraKind> & cameras, std::size_t num_agents);

  const CameraConfig & config() const noexcept { return config_; }
  ImageStack & stack() noexcept { return stack_; }
  const ImageStack & stack() const noexcept { return stack_; }
  std::vector<std::string> names() const;
  /// What pictures were made from, and how.
  std::string place() const;

  /// Planes of one camera in one moment.
  std::size_t planes() const noexcept { return config_.color ? 3 : 1; }

  /// Writes the picture of an ego's camera into the present moment. Different pictures may be written at
  /// once.
  void write(std::size_t agent, std::size_t camera, const PixelView & picture);

 private:
  CameraConfig config_;
  std::vector<CameraKind> cameras_;
  std::vector<ImageResize> resizes_;
  ImageStack stack_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__CAMERA_BUILDER_HPP_
