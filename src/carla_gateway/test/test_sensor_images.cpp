// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/sensor_images.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_drl_msgs/msg/frame_layout.hpp"
#include "carla_drl_msgs/msg/sensor_layout.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FleetObservation;
using carla_drl_msgs::msg::FrameLayout;
using carla_drl_msgs::msg::SensorLayout;

constexpr std::size_t kAgents = 2;
constexpr std::size_t kSize = 16;

SensorSpec sensor_of(std::uint32_t agent, std::uint32_t kind, const std::string & name)
{
  SensorSpec sensor;
  sensor.agent = agent;
  sensor.kind = kind;
  sensor.name = name;
  sensor.rate_hz = 20.0;
  sensor.width = kind == SensorLayout::KIND_COLOR ? kSize : 0;
  sensor.height = kind == SensorLayout::KIND_COLOR ? kSize : 32;
  sensor.lower_rad = -0.5;
  sensor.upper_rad = 0.2;
  sensor.orientation = {0.0, 0.0, 0.0, 1.0};
  return sensor;
}

WorldSpec world_of(const std::vector<std::string> & cameras, bool lidar = false)
{
  WorldSpec world;
  for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
    for (const std::string & name : cameras) {
      world.sensors.push_back(sensor_of(agent, SensorLayout::KIND_COLOR, name));
    }
    if (lidar) {
      world.sensors.push_back(sensor_of(agent, SensorLayout::KIND_LIDAR, "roof"));
    }
    world.sensors.push_back(sensor_of(agent, SensorLayout::KIND_DEPTH, "depth"));
  }
  return world;
}

SensorImageConfig config_of(std::size_t history, std::size_t interval, bool lidar = false)
{
  SensorImageConfig config;
  config.camera.enabled = true;
  config.camera.height = config.camera.width = kSize;
  config.camera.color = false;
  config.camera.history = history;
  config.camera.history_interval = interval;
  config.lidar.enabled = lidar;
  config.guard.policy = SensorPolicy::kLatest;
  return config;
}

/// Feeds pictures that are grey but for one pixel, and looks at the first pixel of each plane.
struct Feed
{
  Feed(const SensorImageConfig & config, const WorldSpec & world) : images(config, world, kAgents, 0.05)
  {
    samples.resize(images.sensors().size());
    pictures.resize(samples.size());
    for (const ImagePart & part : images.parts()) {
      pixels.emplace_back(kAgents * part.bytes());
      ages.emplace_back(kAgents);
      outputs.push_back({pixels.back().data(), ages.back().data()});
    }
  }

  /// @param greys of the sensors, 0: nothing comes
  FrameVerdict next(const std::vector<int> & greys)
  {
    ++frame;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      samples[i] = {};
      if (greys[i] != 0) {
        pictures[i].assign(kSize * kSize * 4, static_cast<std::uint8_t>(greys[i]));
        pictures[i].back() = static_cast<std::uint8_t>(frame);
        samples[i].picture = {pictures[i].data(), kSize, kSize, kSize * 4};
      }
    }
    const FrameVerdict verdict =
        images.build(frame, samples.data(), ego.data(), status.data(), outputs.data());
    images.keep();
    status = {0, 0};
    return verdict;
  }
  std::vector<int> first_pixels(std::size_t agent) const
  {
    std::vector<int> values;
    const ImagePart & part = images.parts()[0];
    for (std::size_t channel = 0; channel < part.channels(); ++channel) {
      values.push_back(pixels[0][agent * part.bytes() + channel * kSize * kSize]);
    }
    return values;
  }

  SensorImages images;
  std::vector<SensorSample> samples;
  std::vector<std::vector<std::uint8_t>> pictures;
  std::vector<std::vector<std::uint8_t>> pixels;
  std::vector<std::vector<std::uint32_t>> ages;
  std::vector<ImageOutput> outputs;
  std::vector<float> ego = std::vector<float>(kAgents * FrameLayout::NUM_EGO);
  std::vector<std::uint8_t> status = {0, 0};
  std::uint64_t frame = 0;
};

using Values = std::vector<int>;

TEST(SensorImages, StacksPicturesOfEarlierFrames)
{
  Feed feed(config_of(3, 2), world_of({"front"}));
  EXPECT_EQ(feed.images.parts()[0].channel_names,
            (std::vector<std::string>{"front_luma", "front_luma_2_frames_ago", "front_luma_4_frames_ago"}));
  EXPECT_EQ(feed.images.parts()[0].place, "16x16 area of 16x16");
  feed.next({10, 110});
  EXPECT_EQ(feed.first_pixels(0), (Values{10, 10, 10}));  // as if it had always been there
  feed.next({20, 120});
  feed.next({30, 130});
  EXPECT_EQ(feed.first_pixels(0), (Values{30, 10, 10}));
  feed.next({40, 140});
  feed.next({50, 150});
  EXPECT_EQ(feed.first_pixels(0), (Values{50, 30, 10}));
  EXPECT_EQ(feed.first_pixels(1), (Values{150, 130, 110}));
  EXPECT_EQ(feed.ages[0], (std::vector<std::uint32_t>{0, 0}));
}

TEST(SensorImages, AnEpisodeBeginsWithItsFirstPicture)
{
  Feed feed(config_of(2, 2), world_of({"front"}));
  for (int grey = 10; grey <= 30; grey += 10) {
    feed.next({grey, grey});
  }
  feed.status = {FleetObservation::STATUS_RESET, 0};
  feed.next({40, 40});
  EXPECT_EQ(feed.first_pixels(0), (Values{40, 40}));
  EXPECT_EQ(feed.first_pixels(1), (Values{40, 20}));
  feed.next({50, 50});
  EXPECT_EQ(feed.first_pixels(0), (Values{50, 40}));
  feed.next({60, 60});
  EXPECT_EQ(feed.first_pixels(0), (Values{60, 40}));
}

TEST(SensorImages, WhatIsMissingIsToldByItsAge)
{
  Feed feed(config_of(1, 1), world_of({"left", "right"}));
  feed.next({10, 20, 30, 40});  // left of both egos, then right
  EXPECT_EQ(feed.first_pixels(0), (Values{10, 30}));
  EXPECT_EQ(feed.first_pixels(1), (Values{20, 40}));
  EXPECT_EQ(feed.next({11, 21, 31, 0}).fault, "sensor ego1/right is missing");
  EXPECT_EQ(feed.first_pixels(1), (Values{21, 40}));
  EXPECT_EQ(feed.ages[0], (std::vector<std::uint32_t>{0, 1}));
  feed.next({12, 22, 32, 42});
  EXPECT_EQ(feed.first_pixels(1), (Values{22, 42}));
  EXPECT_EQ(feed.ages[0], (std::vector<std::uint32_t>{0, 0}));
}

TEST(SensorImages, CamerasAndLidarsAreParts)
{
  const SensorImages images(config_of(1, 1, true), world_of({"front"}, true), kAgents, 0.05);
  ASSERT_EQ(images.parts().size(), 2U);
  EXPECT_EQ(images.parts()[0].name, "camera");
  EXPECT_EQ(images.parts()[1].name, "lidar");
  EXPECT_EQ(images.parts()[1].height, 32U);
  EXPECT_EQ(images.parts()[1].channel_names, (std::vector<std::string>{"roof_nearness", "roof_intensity"}));
  EXPECT_EQ(images.sensors().size(), 4U);
}

std::string refusal(const SensorImageConfig & config, const WorldSpec & world)
{
  try {
    const SensorImages images(config, world, kAgents, 0.05);
  } catch (const std::runtime_error & error) {
    return error.what();
  }
  return "";
}

TEST(SensorImages, SensorsThatAreNotThereAreNamed)
{
  EXPECT_EQ(
      refusal(config_of(1, 1), world_of({})),
      "parameter 'camera' is true, but the scenario has no colour camera (sensor.camera.rgb): add one to its "
      "sensors; it has depth");
  EXPECT_EQ(
      refusal(config_of(1, 1, true), world_of({"front"})),
      "parameter 'lidar' is true, but the scenario has no lidar (sensor.lidar.ray_cast): add one to its "
      "sensors; it has front, depth");
  SensorImageConfig config = config_of(1, 1);
  config.camera.sensors = {"depth"};
  EXPECT_EQ(
      refusal(config, world_of({"front"})),
      "observations are to show the colour camera 'depth', but ego0 has none; sensors of this kind in the "
      "scenario: front");
  WorldSpec world = world_of({"front"});
  world.sensors.erase(world.sensors.begin() + 2);  // ego1's
  EXPECT_EQ(
      refusal(config_of(1, 1), world),
      "observations are to show the colour camera 'front', but ego1 has none; sensors of this kind in the "
      "scenario: front");
}

}  // namespace
}  // namespace carla_gateway
