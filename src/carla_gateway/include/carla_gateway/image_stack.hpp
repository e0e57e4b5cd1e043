// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__IMAGE_STACK_HPP_
#define CARLA_GATEWAY__IMAGE_STACK_HPP_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "carla_gateway/frame_history.hpp"

namespace carla_gateway
{

/// Planes of one frame and of earlier ones, for every ego: uint8 [N][moments x planes][H][W], the present
/// ones first.
///
/// Moments before the first frame, or before an ego's episode began, look like the first one after that.
class ImageStack
{
 public:
  /// @param planes of one moment
  /// @param moments how many are shown, the present one included
  /// @param interval frames between them
  ImageStack(std::size_t num_agents, std::size_t planes, std::size_t height, std::size_t width,
             std::size_t moments, std::size_t interval);

  std::size_t channels() const noexcept { return moments_ * planes_; }
  /// Bytes of one plane.
  std::size_t plane_bytes() const noexcept { return plane_bytes_; }

  /// Begins a frame, as FrameHistory. Every plane of it is to be written, held or cleared.
  void begin(std::uint64_t frame) { history_.begin(frame); }

  /// Where a plane of the present moment is to be written.
  std::uint8_t * plane(std::size_t agent, std::size_t plane);

  /// Planes look as they did in the frame before; black where there was none.
  void hold(std::size_t agent, std::size_t first, std::size_t count);
  void clear(std::size_t agent, std::size_t first, std::size_t count);

  /// Writes what an ego sees, [moments x planes][H][W].
  /// @param reset whether its episode begins with this frame
  void compose(std::size_t agent, bool reset, std::uint8_t * out);

  /// The frame becomes part of the history.
  void keep() noexcept { history_.keep(); }

 private:
  struct Moment
  {
    std::vector<std::uint8_t> pixels;  // [N][planes][H][W]
    std::vector<std::size_t> age;      // frames since each ego's episode began
  };

  std::uint8_t * place(std::size_t moment, std::size_t agent, std::size_t plane);

  std::size_t planes_;
  std::size_t moments_;
  std::size_t interval_;
  std::size_t plane_bytes_;
  FrameHistory history_;
  std::vector<Moment> frames_;  // by the history's places
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__IMAGE_STACK_HPP_
