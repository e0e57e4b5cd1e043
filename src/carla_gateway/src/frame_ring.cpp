// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/frame_ring.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_drl_msgs/msg/frame_layout.hpp"
#include "carla_gateway/ring_checks.hpp"
#include "carla_gateway/wire_protocol.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FleetObservation;
using carla_drl_msgs::msg::FrameLayout;

using namespace ring_checks;

// Far above any use; they keep every product below in 64 bits and absurd sizes out.
constexpr std::uint32_t kMaxAgents = 4096;
constexpr std::uint32_t kMaxRoutePoints = 1024;
constexpr std::uint32_t kMaxObjects = 65536;
constexpr std::uint32_t kMaxArrays = 64;
constexpr std::uint32_t kMaxSlots = 1024;
constexpr double kMaxSimTime = 2147483647.0;  // builtin_interfaces/Time counts int32 seconds

std::uint64_t load_generation(const unsigned char * slot, int order) noexcept
{
  const auto * generation = reinterpret_cast<const std::uint64_t *>(slot);
  return order == __ATOMIC_ACQUIRE ? __atomic_load_n(generation, __ATOMIC_ACQUIRE)
                                   : __atomic_load_n(generation, __ATOMIC_RELAXED);
}

struct Mapping
{
  const unsigned char * start;
  std::size_t bytes;
};

Mapping map_sealed(int fd)
{
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0) {
    refuse("the descriptor that came with HELLO is not a memfd");
  }
  // A ring that shrinks under the mapping would end the gateway with SIGBUS.
  if ((seals & F_SEAL_SHRINK) == 0) {
    refuse("the memfd's size is not sealed (F_SEAL_SHRINK)");
  }
  struct stat status = {};
  if (::fstat(fd, &status) != 0) {
    throw std::system_error(errno, std::generic_category(), "frame ring: fstat");
  }
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes < sizeof(wire::RingHeader)) {
    refuse("it has " + std::to_string(bytes) + " bytes, too few for its header of 64");
  }
  void * start = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  if (start == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(),
                            "frame ring: mmap of " + std::to_string(bytes) + " bytes");
  }
  return {static_cast<const unsigned char *>(start), bytes};
}

/// Unmaps unless released, so that a refused ring does not stay mapped.
struct MapGuard
{
  Mapping mapping;
  bool armed = true;
  ~MapGuard()
  {
    if (armed) {
      ::munmap(const_cast<unsigned char *>(mapping.start), mapping.bytes);
    }
  }
};

}  // namespace

FrameRing::FrameRing(const UniqueFd & memfd)
{
  MapGuard guard{map_sealed(memfd.get())};
  const Mapping & mapping = guard.mapping;

  // Copied first: what was checked must be what is used, even if the peer goes on writing the header.
  wire::RingHeader header = {};
  std::memcpy(&header, mapping.start, sizeof(header));
  if (std::memcmp(header.magic, wire::kRingMagic, sizeof(header.magic)) != 0) {
    refuse("it does not start with CDRLRING");
  }
  require(header.version == wire::kRingVersion, "version", header.version,
          std::to_string(wire::kRingVersion));
  require(header.array_count <= kMaxArrays, "array_count", header.array_count,
          "up to " + std::to_string(kMaxArrays));
  const std::size_t least_header = sizeof(header) + header.array_count * sizeof(wire::ArrayDescriptor);
  require(header.header_bytes >= least_header && header.header_bytes <= mapping.bytes &&
              aligned(header.header_bytes),
          "header_bytes", header.header_bytes,
          "a multiple of 64 from " + std::to_string(least_header) + " to the ring's " +
              std::to_string(mapping.bytes));
  require(header.slot_bytes >= sizeof(wire::SlotHeader) && header.slot_bytes <= kMaxBytes &&
              aligned(header.slot_bytes),
          "slot_bytes", header.slot_bytes, "a multiple of 64 from 64 to " + std::to_string(kMaxBytes));
  require(header.slot_count >= 1 && header.slot_count <= kMaxSlots, "slot_count", header.slot_count,
          "1 to " + std::to_string(kMaxSlots));
  require(header.slot_count * header.slot_bytes <= mapping.bytes - header.header_bytes,
          "size needed for the slots", header.slot_count * header.slot_bytes,
          "up to " + std::to_string(mapping.bytes - header.header_bytes));
  require(header.num_agents >= 1 && header.num_agents <= kMaxAgents, "num_agents", header.num_agents,
          "1 to " + std::to_string(kMaxAgents));
  if (!std::isfinite(header.step_s) || header.step_s <= 0.0) {
    refuse("step_s is " + std::to_string(header.step_s) + ", a finite number above 0 is allowed");
  }

  std::vector<wire::ArrayDescriptor> arrays(header.array_count);
  std::memcpy(arrays.data(), mapping.start + sizeof(header),
              header.array_count * sizeof(wire::ArrayDescriptor));
  for (const auto & descriptor : arrays) {
    check_descriptor(descriptor, header);
  }
  const std::uint32_t agents = header.num_agents;
  const auto & ego = find_array(arrays, "ego", wire::Dtype::kFloat32, 2);
  const auto & route = find_array(arrays, "route", wire::Dtype::kFloat32, 3);
  const auto & metrics = find_array(arrays, "metrics", wire::Dtype::kFloat32, 2);
  const auto & status = find_array(arrays, "status", wire::Dtype::kUint8, 1);
  const std::uint32_t points = route.shape[1];
  require(points <= kMaxRoutePoints, "route points", points, "up to " + std::to_string(kMaxRoutePoints));
  check_shape(ego, {agents, FrameLayout::NUM_EGO});
  check_shape(route, {agents, points, FrameLayout::NUM_ROUTE});
  check_shape(metrics, {agents, FleetObservation::NUM_METRICS});
  check_shape(status, {agents});

  const auto * objects = find_optional(arrays, "objects", wire::Dtype::kFloat32, 2);
  const std::uint32_t object_count = objects == nullptr ? 0 : objects->shape[0];
  if (objects != nullptr) {
    require(object_count <= kMaxObjects, "objects", object_count, "up to " + std::to_string(kMaxObjects));
    check_shape(*objects, {object_count, FrameLayout::NUM_OBJECT});
    objects_offset_ = objects->offset;
  }

  const auto * sensors = find_optional(arrays, "sensors", wire::Dtype::kUint8, 1);
  const std::uint32_t sensor_bytes = sensors == nullptr ? 0 : sensors->shape[0];
  if (sensors != nullptr) {
    sensors_offset_ = sensors->offset;
  }

  const auto * route_line = find_optional(arrays, "route_line", wire::Dtype::kFloat32, 3);
  if (route_line != nullptr) {
    check_shape(*route_line, {agents, FrameLayout::NUM_ROUTE_LINE, 2});
    route_line_offset_ = route_line->offset;
  }
  const auto * light_states = find_optional(arrays, "light_states", wire::Dtype::kUint8, 1);
  const std::uint32_t light_count = light_states == nullptr ? 0 : light_states->shape[0];
  if (light_states != nullptr) {
    light_states_offset_ = light_states->offset;
  }

  for (const auto & descriptor : arrays) {
    if (is_static(descriptor)) {
      static_arrays_.push_back({std::string(array_name(descriptor)),
                                descriptor.dtype,
                                {descriptor.shape, descriptor.shape + descriptor.ndim},
                                mapping.start + descriptor.offset,
                                array_bytes(descriptor)});
    }
  }

  info_.session = header.session;
  info_.num_agents = agents;
  info_.num_route_points = points;
  info_.num_objects = object_count;
  info_.sensor_bytes = sensor_bytes;
  info_.route_line = route_line != nullptr;
  info_.num_lights = light_count;
  info_.slot_count = header.slot_count;
  info_.step_s = header.step_s;
  header_bytes_ = header.header_bytes;
  slot_bytes_ = header.slot_bytes;
  ego_offset_ = ego.offset;
  route_offset_ = route.offset;
  metrics_offset_ = metrics.offset;
  status_offset_ = status.offset;
  map_ = mapping.start;
  map_bytes_ = mapping.bytes;
  guard.armed = false;
}

FrameRing::~FrameRing()
{
  ::munmap(const_cast<unsigned char *>(map_), map_bytes_);
}

const StaticArray * FrameRing::find_static(std::string_view name) const noexcept
{
  for (const StaticArray & array : static_arrays_) {
    if (array.name == name) {
      return &array;
    }
  }
  return nullptr;
}

const unsigned char * FrameRing::slot_start(std::uint32_t slot) const noexcept
{
  return map_ + header_bytes_ + slot * slot_bytes_;
}

FrameView FrameRing::read(std::uint32_t slot, std::uint64_t frame) const
{
  if (slot >= info_.slot_count) {
    throw std::out_of_range("slot is " + std::to_string(slot) + ", 0 to " +
                            std::to_string(info_.slot_count - 1) + " is allowed");
  }
  const unsigned char * start = slot_start(slot);
  FrameView view;
  view.slot = slot;
  view.generation = load_generation(start, __ATOMIC_ACQUIRE);
  const auto fault = [frame, slot](const std::string & what) {
    return FrameError("frame " + std::to_string(frame) + " in slot " + std::to_string(slot) + ": " + what);
  };
  if (view.generation == 0 || view.generation % 2 != 0) {
    throw fault(view.generation == 0 ? "the slot was never written" : "the slot is being written");
  }
  wire::SlotHeader header = {};
  std::memcpy(&header, start, sizeof(header));
  view.frame = header.frame;
  view.sim_time_s = header.sim_time_s;
  view.written_ns = header.written_ns;
  if (view.frame != frame) {
    throw fault("the slot holds frame " + std::to_string(view.frame));
  }
  if (!(view.sim_time_s >= 0.0 && view.sim_time_s <= kMaxSimTime)) {
    throw fault("sim_time_s is " + std::to_string(view.sim_time_s) + ", 0 to 2147483647 is allowed");
  }
  view.ego = reinterpret_cast<const float *>(start + ego_offset_);
  view.route = reinterpret_cast<const float *>(start + route_offset_);
  if (info_.num_objects > 0) {
    view.objects = reinterpret_cast<const float *>(start + objects_offset_);
  }
  view.metrics = reinterpret_cast<const float *>(start + metrics_offset_);
  view.status = start + status_offset_;
  if (info_.sensor_bytes > 0) {
    view.sensors = start + sensors_offset_;
  }
  if (info_.route_line) {
    view.route_line = reinterpret_cast<const float *>(start + route_line_offset_);
  }
  if (info_.num_lights > 0) {
    view.light_states = start + light_states_offset_;
  }
  return view;
}

ByteSpan FrameRing::slot_bytes(const FrameView & view, bool with_sensors) const noexcept
{
  const bool cut = !with_sensors && info_.sensor_bytes > 0;
  return {slot_start(view.slot), cut ? sensors_offset_ : slot_bytes_};
}

std::optional<FrameView> FrameRing::find(std::uint64_t frame) const
{
  for (std::uint32_t slot = 0; slot < info_.slot_count; ++slot) {
    wire::SlotHeader header = {};
    std::memcpy(&header, slot_start(slot), sizeof(header));
    if (header.frame == frame) {
      try {
        return read(slot, frame);
      } catch (const FrameError &) {
        return std::nullopt;
      }
    }
  }
  return std::nullopt;
}

bool FrameRing::unchanged(const FrameView & view) const noexcept
{
  // Seqlock reader: the fence keeps the reads through the view before this second look at the generation.
  std::atomic_thread_fence(std::memory_order_acquire);
  return load_generation(slot_start(view.slot), __ATOMIC_RELAXED) == view.generation;
}

}  // namespace carla_gateway
