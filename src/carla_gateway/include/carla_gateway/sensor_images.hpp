// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__SENSOR_IMAGES_HPP_
#define CARLA_GATEWAY__SENSOR_IMAGES_HPP_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "carla_gateway/camera_builder.hpp"
#include "carla_gateway/lidar_builder.hpp"
#include "carla_gateway/sensor_guard.hpp"
#include "carla_gateway/sensor_table.hpp"
#include "carla_gateway/worker_pool.hpp"

namespace carla_gateway
{

struct SensorImageConfig
{
  CameraConfig camera;
  LidarConfig lidar;
  GuardConfig guard;
  std::size_t threads = 2;  ///< how many work at once, the caller's included

  bool any() const noexcept { return camera.enabled || lidar.enabled; }
};

/// What a sensor measured in a frame; of the two views the one that fits its kind.
struct SensorSample
{
  PixelView picture;
  PointView scan;
  bool missing = false;  ///< who waited for the data says that they were due and did not come
};

/// One image per ego: uint8 [N][C][H][W].
struct ImagePart
{
  std::string name;  ///< "camera" or "lidar"
  std::vector<std::string> channel_names;
  std::string place;  ///< size, and what it was made from and how
  std::size_t height = 0;
  std::size_t width = 0;

  std::size_t channels() const noexcept { return channel_names.size(); }
  /// Bytes of the image of one ego.
  std::size_t bytes() const noexcept { return channels() * height * width; }
};

/// Where an image and its ages go.
struct ImageOutput
{
  std::uint8_t * pixels = nullptr;  ///< [N][C][H][W]
  std::uint32_t * age = nullptr;    ///< [N], frames since the oldest measurement that is shown as present
};

/// Makes the images that policies see from the egos' cameras and lidars, in several threads, and judges
/// whether what the sensors sent may be shown at all. Where it came from, ring or topics, makes no
/// difference.
class SensorImages
{
 public:
  /// @param world its sensors are chosen from
  /// @throws std::runtime_error naming the sensor that an ego lacks, and those that there are.
  /// @throws std::invalid_argument naming what is out of bounds, its value and what is allowed.
  SensorImages(const SensorImageConfig & config, const WorldSpec & world, std::size_t num_agents,
               double step_s);

  /// The images, in the order of build()'s outputs.
  const std::vector<ImagePart> & parts() const noexcept { return parts_; }
  /// The sensors that are shown, in the order of build()'s samples.
  const std::vector<SensorSpec> & sensors() const noexcept { return sensors_; }

  /// Judges a frame, and makes its images if they may be shown; it counts once it is kept.
  /// @param samples one per sensor
  /// @param ego N x FrameLayout.NUM_EGO
  /// @param status FleetObservation status bits per agent
  /// @param outputs one per part
  FrameVerdict build(std::uint64_t frame, const SensorSample * samples, const float * ego,
                     const std::uint8_t * status, const ImageOutput * outputs);
  /// The frame that was built last was whole: it becomes part of the history.
  void keep();

  const SensorCounters & counters() const noexcept { return guard_->counters(); }

 private:
  void choose_cameras(const WorldSpec & world);
  void choose_lidar(const WorldSpec & world);
  void add_sensors(const WorldSpec & world, const std::string & name, std::uint32_t kind, const char * what);
  void show(std::size_t sensor);

  SensorImageConfig config_;
  std::size_t num_agents_;
  std::vector<SensorSpec> sensors_;  // cameras by name and ego, then lidars by ego
  std::vector<Reading> readings_;
  std::size_t cameras_ = 0;  // kinds of them
  std::unique_ptr<CameraBuilder> camera_;
  std::unique_ptr<LidarBuilder> lidar_;
  std::unique_ptr<SensorGuard> guard_;
  std::vector<ImagePart> parts_;
  WorkerPool pool_;
};

/// The samples of a frame of the ring.
void read_samples(const std::vector<SensorSpec> & sensors, const FrameView & view, SensorSample * samples);

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__SENSOR_IMAGES_HPP_
