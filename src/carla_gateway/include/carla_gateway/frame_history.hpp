// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__FRAME_HISTORY_HPP_
#define CARLA_GATEWAY__FRAME_HISTORY_HPP_

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace carla_gateway
{

/// Which of a fixed number of places holds which of the last frames. A frame counts once it is kept.
class FrameHistory
{
 public:
  /// @param frames how many earlier frames are asked for at most
  explicit FrameHistory(std::size_t frames) : places_(frames + 2) {}

  std::size_t places() const noexcept { return places_; }
  /// The place of the frame under way.
  std::size_t now() const noexcept { return now_; }
  /// Frames before it that count.
  std::size_t kept() const noexcept { return kept_; }

  /// Begins a frame; one that is the same as the one kept last takes its place.
  void begin(std::uint64_t frame) noexcept
  {
    if (just_kept_ && frame == frame_) {
      now_ = (now_ + places_ - 1) % places_;
      --kept_;
    }
    frame_ = frame;
    just_kept_ = false;
  }

  /// The frame that was begun last counts.
  void keep() noexcept
  {
    now_ = (now_ + 1) % places_;
    kept_ = std::min(kept_ + 1, places_ - 1);
    just_kept_ = true;
  }

  /// The place of a frame before the one under way; that of the first one where it does not go back so far.
  std::size_t before(std::size_t frames) const noexcept
  {
    return (now_ + places_ - std::min(frames, kept_)) % places_;
  }

 private:
  std::size_t places_;
  std::size_t now_ = 0;
  std::size_t kept_ = 0;
  std::uint64_t frame_ = 0;
  bool just_kept_ = false;  // nothing was begun since keep()
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__FRAME_HISTORY_HPP_
