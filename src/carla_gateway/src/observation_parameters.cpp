// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/gateway_parameters.hpp"
#include "carla_gateway/parameter_declaration.hpp"

namespace carla_gateway
{
namespace
{

void declare_camera(rclcpp::Node & node, CameraConfig & camera)
{
  camera.enabled = declare<bool>(
      node, "camera", camera.enabled,
      described("Whether observations have the pictures of the egos' colour cameras.", "true or false"));
  camera.sensors = declare<std::vector<std::string>>(
      node, "camera_sensors", camera.sensors,
      described("Names of the cameras that are shown; every ego must have them. None: all colour cameras.",
                "a list of names of sensors in the scenario"));
  camera.height = declare_count(node, "camera_height", camera.height, kMinImageSize, kMaxImageSize,
                                "Height to which pictures are resized, pixels.");
  camera.width = declare_count(node, "camera_width", camera.width, kMinImageSize, kMaxImageSize,
                               "Width to which pictures are resized, pixels.");
  camera.color =
      declare<bool>(node, "camera_color", camera.color,
                    described("Red, green and blue of each camera, or its luma alone.", "true or false"));
  camera.resize =
      declare_choice(node, "camera_resize", {"area", "bilinear"},
                     "area: mean of what a pixel covers; bilinear: between the nearest four.") == 0
          ? ResizeMethod::kArea
          : ResizeMethod::kBilinear;
  camera.history = declare_count(node, "camera_history", camera.history, 1, kMaxCameraHistory,
                                 "Moments that are shown, the present one included.");
  camera.history_interval = declare_count(node, "camera_history_interval", camera.history_interval, 1,
                                          kMaxCameraInterval, "Frames between these moments.");
}

void declare_lidar(rclcpp::Node & node, LidarConfig & lidar)
{
  const auto number = [&node](const char * name, float & value, double least, double most,
                              const char * description) {
    value =
        static_cast<float>(declare_number(node, name, static_cast<double>(value), least, most, description));
  };
  lidar.enabled =
      declare<bool>(node, "lidar", lidar.enabled,
                    described("Whether observations have an image of the egos' lidar.", "true or false"));
  lidar.sensor = declare<std::string>(
      node, "lidar_sensor", lidar.sensor,
      described("Name of the lidar that is shown; every ego must have it. Empty: the first one.",
                "the name of a sensor in the scenario"));
  lidar.form = declare_choice(node, "lidar_form", {"range", "grid"},
                              "range: a range image, as the sensor sees; grid: from above.") == 0
                   ? LidarForm::kRange
                   : LidarForm::kGrid;
  lidar.rows = declare_count(node, "lidar_rows", lidar.rows, 0, kMaxImageSize,
                             "Rows of a range image, 16 or more; 0: the sensor's channels.");
  lidar.columns = declare_count(node, "lidar_columns", lidar.columns, kMinImageSize, 4096,
                                "Columns of a range image, for all directions.");
  lidar.lower_deg = declare_number(
      node, "lidar_lower_deg", lidar.lower_deg, -90.0, 90.0,
      "Elevation of a range image's last row, degrees; equal to lidar_upper_deg: the sensor's.");
  lidar.upper_deg = declare_number(node, "lidar_upper_deg", lidar.upper_deg, -90.0, 90.0,
                                   "Elevation of a range image's first row, degrees.");
  number("lidar_range_m", lidar.range_m, 1.0, 1000.0,
         "Distance from which on a range image shows nothing, m.");
  lidar.height = declare_count(node, "lidar_height", lidar.height, kMinImageSize, kMaxImageSize,
                               "Height of a grid, pixels.");
  lidar.width = declare_count(node, "lidar_width", lidar.width, kMinImageSize, kMaxImageSize,
                              "Width of a grid, pixels.");
  number("lidar_resolution_m", lidar.resolution_m, 0.05, 5.0, "Edge of a grid's pixel, m.");
  number("lidar_ahead_m", lidar.ahead_m, -200.0, 200.0,
         "How far ahead of the ego's origin the middle of a grid is, m.");
  number("lidar_min_z_m", lidar.min_z_m, -100.0, 100.0,
         "Lowest points that a grid shows, above the ego's origin, m.");
  number("lidar_max_z_m", lidar.max_z_m, -100.0, 100.0, "Highest points that a grid shows, m.");
}

void declare_guard(rclcpp::Node & node, GuardConfig & guard)
{
  constexpr std::array<SensorPolicy, 3> kPolicies = {SensorPolicy::kAll, SensorPolicy::kLatest,
                                                     SensorPolicy::kDrop};
  guard.policy = kPolicies[declare_choice(
      node, "sensor_policy", {"all", "latest", "drop"},
      "What becomes of a frame in which a sensor that is shown is missing, frozen or blank. all: it is not "
      "published, full brake; latest: what was measured last is shown up to sensor_tolerance_s, then as all; "
      "drop: it is not published, the last action goes on.")];
  guard.tolerance_s =
      declare_number(node, "sensor_tolerance_s", guard.tolerance_s, 0.0, 10.0,
                     "sensor_policy latest: greatest age of what is shown, s of simulated time.");
  guard.frozen_m = static_cast<float>(
      declare_number(node, "sensor_frozen_m", static_cast<double>(guard.frozen_m), 0.001, 100.0,
                     "A sensor that sends the same data again after its ego moved this far is frozen, m."));
}

}  // namespace

/// @param example what is declared as default
RasterConfig declare_raster(rclcpp::Node & node, const RasterConfig & example)
{
  RasterConfig raster;
  raster.enabled = declare<bool>(
      node, "raster", example.enabled,
      described("Whether observations have bird's-eye rasters; the bridge's parameter of this name must be "
                "true, too.",
                "true or false"));
  raster.height = declare_count(node, "raster_height", example.height, kMinRasterSize, kMaxRasterSize,
                                "Height of a raster, pixels.");
  raster.width = declare_count(node, "raster_width", example.width, kMinRasterSize, kMaxRasterSize,
                               "Width of a raster, pixels.");
  raster.resolution_m = static_cast<float>(declare_number(node, "raster_resolution_m", example.resolution_m,
                                                          kMinRasterResolutionM, kMaxRasterResolutionM,
                                                          "Edge of a raster's pixel, m."));
  raster.ahead_m = static_cast<float>(
      declare_number(node, "raster_ahead_m", example.ahead_m, -kMaxRasterAheadM, kMaxRasterAheadM,
                     "How far ahead of the ego's centre the middle of its raster is, m."));
  raster.history =
      declare_count(node, "raster_history", example.history, 1, kMaxRasterHistory,
                    "Moments in which a raster shows road users and lights, the present one included.");
  raster.history_interval = declare_count(node, "raster_history_interval", example.history_interval, 1,
                                          kMaxRasterInterval, "Frames between these moments.");
  raster.threads = declare_count(node, "raster_threads", example.threads, 1, kMaxRasterThreads,
                                 "How many threads draw rasters.");
  return raster;
}

SensorImageConfig declare_sensor_images(rclcpp::Node & node, SensorImageConfig images)
{
  declare_camera(node, images.camera);
  declare_lidar(node, images.lidar);
  declare_guard(node, images.guard);
  images.threads = declare_count(node, "image_threads", images.threads, 1, kMaxRasterThreads,
                                 "How many threads make the images of cameras and lidars.");
  return images;
}

}  // namespace carla_gateway
