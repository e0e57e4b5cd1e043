// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/image_stack.hpp"

#include <algorithm>
#include <cstring>

namespace carla_gateway
{

ImageStack::ImageStack(std::size_t num_agents, std::size_t planes, std::size_t height, std::size_t width,
                       std::size_t moments, std::size_t interval)
    : planes_(planes),
      moments_(moments),
      interval_(interval),
      plane_bytes_(height * width),
      history_((moments - 1) * interval),
      frames_(history_.places())
{
  for (Moment & moment : frames_) {
    moment.pixels.resize(num_agents * planes * plane_bytes_);
    moment.age.resize(num_agents);
  }
}

std::uint8_t * ImageStack::place(std::size_t moment, std::size_t agent, std::size_t plane)
{
  return frames_[moment].pixels.data() + (agent * planes_ + plane) * plane_bytes_;
}

std::uint8_t * ImageStack::plane(std::size_t agent, std::size_t plane)
{
  return place(history_.now(), agent, plane);
}

void ImageStack::hold(std::size_t agent, std::size_t first, std::size_t count)
{
  if (history_.kept() == 0) {
    clear(agent, first, count);
    return;
  }
  std::memcpy(plane(agent, first), place(history_.before(1), agent, first), count * plane_bytes_);
}

void ImageStack::clear(std::size_t agent, std::size_t first, std::size_t count)
{
  std::memset(plane(agent, first), 0, count * plane_bytes_);
}

void ImageStack::compose(std::size_t agent, bool reset, std::uint8_t * out)
{
  const bool first = reset || history_.kept() == 0;
  const std::size_t age = first ? 0 : frames_[history_.before(1)].age[agent] + 1;
  frames_[history_.now()].age[agent] = age;
  const std::size_t bytes = planes_ * plane_bytes_;
  for (std::size_t moment = 0; moment < moments_; ++moment) {
    const std::size_t back = std::min(moment * interval_, age);
    std::memcpy(out + moment * bytes, place(history_.before(back), agent, 0), bytes);
  }
}

}  // namespace carla_gateway
