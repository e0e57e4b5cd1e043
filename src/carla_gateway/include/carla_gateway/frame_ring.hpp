// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__FRAME_RING_HPP_
#define CARLA_GATEWAY__FRAME_RING_HPP_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "carla_gateway/unique_fd.hpp"

namespace carla_gateway
{

/// A slot cannot be read: it is being written, was overwritten, or holds another frame than announced.
class FrameError : public std::runtime_error
{
 public:
  using std::runtime_error::runtime_error;
};

/// What a ring says about itself; fixed for its lifetime.
struct RingInfo
{
  std::uint32_t session = 0;
  std::uint32_t num_agents = 0;        ///< N
  std::uint32_t num_route_points = 0;  ///< P
  std::uint32_t num_objects = 0;       ///< M, 0 when the ring has no array "objects"
  std::uint32_t sensor_bytes = 0;      ///< B, 0 when the ring has no array "sensors"
  bool route_line = false;             ///< whether the ring has the array "route_line"
  std::uint32_t num_lights = 0;        ///< L, 0 when the ring has no array "light_states"
  std::uint32_t slot_count = 0;
  double step_s = 0.0;  ///< simulated time per frame, s
};

/// The arrays of one slot, in the ring itself. Valid while FrameRing::unchanged() says so.
struct FrameView
{
  std::uint32_t slot = 0;
  std::uint64_t generation = 0;
  std::uint64_t frame = 0;
  double sim_time_s = 0.0;
  std::int64_t written_ns = 0;  ///< CLOCK_MONOTONIC
  const float * ego = nullptr;
  const float * route = nullptr;
  const float * objects = nullptr;  ///< null when num_objects is 0
  const float * metrics = nullptr;
  const std::uint8_t * status = nullptr;
  const std::uint8_t * sensors = nullptr;       ///< null when sensor_bytes is 0
  const float * route_line = nullptr;           ///< null when the ring has none
  const std::uint8_t * light_states = nullptr;  ///< null when num_lights is 0
};

/// Bytes in the ring itself.
struct ByteSpan
{
  const unsigned char * data = nullptr;
  std::size_t size = 0;
};

/// An array that stays as it is while the ring lives, in the ring itself.
struct StaticArray
{
  std::string name;
  std::uint32_t dtype = 0;  ///< wire::Dtype
  std::vector<std::uint32_t> shape;
  const unsigned char * data = nullptr;
  std::size_t bytes = 0;
};

/// Reader of the bridge's frame ring: a memfd that the bridge writes and this class maps read-only.
///
/// The header is copied once and everything in it is checked, so that a faulty bridge cannot make the gateway
/// read outside the mapping. Frames are not copied: read a view, use it, then ask unchanged().
class FrameRing
{
 public:
  /// Maps and checks the ring. The descriptor may be closed afterwards.
  /// @throws std::runtime_error naming the field that is wrong, its value and what is allowed.
  explicit FrameRing(const UniqueFd & memfd);
  ~FrameRing();
  FrameRing(const FrameRing &) = delete;
  FrameRing & operator=(const FrameRing &) = delete;

  const RingInfo & info() const noexcept { return info_; }

  /// The static array of that name, null when there is none.
  const StaticArray * find_static(std::string_view name) const noexcept;

  /// Begins to read a slot that was announced to hold `frame`.
  /// @throws std::out_of_range when there is no such slot.
  /// @throws FrameError when the slot is being written, is empty, holds another frame or a senseless time.
  FrameView read(std::uint32_t slot, std::uint64_t frame) const;

  /// The ring from its start to its first slot: header, descriptors, static arrays.
  ByteSpan prologue() const noexcept { return {map_, header_bytes_}; }

  /// A slot as it is, its header included, up to the sensors' payloads or with them.
  ByteSpan slot_bytes(const FrameView & view, bool with_sensors) const noexcept;

  /// Begins to read a frame that may still be in the ring; none when it is not, or is being overwritten.
  std::optional<FrameView> find(std::uint64_t frame) const;

  /// Ends a read: whether all that was read through the view since read() belongs to one frame.
  bool unchanged(const FrameView & view) const noexcept;

 private:
  const unsigned char * slot_start(std::uint32_t slot) const noexcept;

  const unsigned char * map_ = nullptr;
  std::size_t map_bytes_ = 0;
  std::size_t header_bytes_ = 0;
  std::size_t slot_bytes_ = 0;
  std::size_t ego_offset_ = 0;
  std::size_t route_offset_ = 0;
  std::size_t objects_offset_ = 0;
  std::size_t metrics_offset_ = 0;
  std::size_t status_offset_ = 0;
  std::size_t sensors_offset_ = 0;
  std::size_t route_line_offset_ = 0;
  std::size_t light_states_offset_ = 0;
  std::vector<StaticArray> static_arrays_;
  RingInfo info_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__FRAME_RING_HPP_
