// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/image_conversion.hpp"

#include <cmath>

namespace carla_gateway
{
namespace
{

constexpr std::size_t kRed = 2;
constexpr float kMetresPerUnit = 1000.0F / 16777215.0F;

using Color = std::array<std::uint8_t, 3>;

// Red, green, blue by CARLA's CityObjectLabel.
constexpr std::array<Color, 29> kPalette = {{
    {0, 0, 0},       {128, 64, 128}, {244, 35, 232},  {70, 70, 70},    {102, 102, 156}, {190, 153, 153},
    {153, 153, 153}, {250, 170, 30}, {220, 220, 0},   {107, 142, 35},  {152, 251, 152}, {70, 130, 180},
    {220, 20, 60},   {255, 0, 0},    {0, 0, 142},     {0, 0, 70},      {0, 60, 100},    {0, 80, 100},
    {0, 0, 230},     {119, 11, 32},  {110, 190, 160}, {170, 120, 50},  {55, 90, 80},    {45, 60, 150},
    {157, 234, 50},  {81, 0, 81},    {150, 100, 100}, {230, 150, 140}, {180, 165, 180},
}};

}  // namespace

Intrinsics intrinsics_of(std::uint32_t width, std::uint32_t height, double fov_rad)
{
  const double focal = width / (2.0 * std::tan(fov_rad / 2.0));
  return {focal, focal, width / 2.0, height / 2.0};
}

void depth_to_metres(const std::uint8_t * bgra, std::size_t pixels, float * metres)
{
  for (std::size_t i = 0; i < pixels; ++i) {
    const std::uint8_t * pixel = bgra + 4 * i;
    const auto units = static_cast<std::int32_t>(pixel[kRed] | pixel[1] << 8 | pixel[0] << 16);
    metres[i] = static_cast<float>(units) * kMetresPerUnit;
  }
}

void labels_to_colors(const std::uint8_t * bgra, std::size_t pixels, std::uint8_t * bgr)
{
  for (std::size_t i = 0; i < pixels; ++i) {
    const std::uint8_t label = bgra[4 * i + kRed];
    const Color & color = kPalette[label < kPalette.size() ? label : 0];
    bgr[3 * i] = color[2];
    bgr[3 * i + 1] = color[1];
    bgr[3 * i + 2] = color[0];
  }
}

void labels_of(const std::uint8_t * bgra, std::size_t pixels, std::uint8_t * labels)
{
  for (std::size_t i = 0; i < pixels; ++i) {
    labels[i] = bgra[4 * i + kRed];
  }
}

}  // namespace carla_gateway
