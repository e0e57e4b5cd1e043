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
#include "carla_gateway/wire_protocol.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FleetObservation;
using carla_drl_msgs::msg::FrameLayout;

// Far above any use; they keep every product below in 64 bits and absurd sizes out.
constexpr std::uint32_t kMaxAgents = 4096;
constexpr std::uint32_t kMaxRoutePoints = 1024;
constexpr std::uint32_t kMaxObjects = 65536;
constexpr std::uint32_t kMaxArrays = 64;
constexpr std::uint32_t kMaxSlots = 1024;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 36U;
constexpr double kMaxSimTime = 2147483647.0;  // builtin_interfaces/Time counts int32 seconds

[[noreturn]] void refuse(const std::string & what)
{
  throw std::runtime_error("frame ring: " + what);
}

void require(bool ok, const char * field, std::uint64_t value, const std::string & allowed)
{
  if (!ok) {
    refuse(std::string(field) + " is " + std::to_string(value) + ", " + allowed + " is allowed");
  }
}

bool aligned(std::uint64_t value)
{
  return value % wire::kAlignment == 0;
}

std::string_view array_name(const wire::ArrayDescriptor & descriptor)
{
  return {descriptor.name, ::strnlen(descriptor.name, sizeof(descriptor.name))};
}

std::uint64_t array_bytes(const wire::ArrayDescriptor & descriptor)
{
  std::uint64_t bytes = descriptor.dtype == static_cast<std::uint32_t>(wire::Dtype::kFloat32) ? 4 : 1;
  for (std::uint32_t i = 0; i < descriptor.ndim; ++i) {
    if (descriptor.shape[i] != 0 && bytes > kMaxBytes / descriptor.shape[i]) {
      return kMaxBytes + 1;
    }
    bytes *= descriptor.shape[i];
  }
  return bytes;
}

bool is_static(const wire::ArrayDescriptor & descriptor)
{
  return descriptor.kind == static_cast<std::uint32_t>(wire::ArrayKind::kStatic);
}

/// Checks a descriptor against the space that its kind of array has: a slot, or what is before slot 0.
void check_descriptor(const wire::ArrayDescriptor & descriptor, const wire::RingHeader & header)
{
  const std::string name(array_name(descriptor));
  if (name.empty() || name.size() == sizeof(descriptor.name)) {
    refuse("an array has no name or one without an end");
  }
  const std::string prefix = "array '" + name + "': ";
  require(descriptor.dtype == 1 || descriptor.dtype == 2, (prefix + "dtype").c_str(), descriptor.dtype,
          "1 (f32) or 2 (u8)");
  require(descriptor.ndim >= 1 && descriptor.ndim <= 4, (prefix + "ndim").c_str(), descriptor.ndim, "1 to 4");
  require(descriptor.kind <= 1, (prefix + "kind").c_str(), descriptor.kind, "0 (per frame) or 1 (static)");
  const std::uint64_t least = is_static(descriptor)
                                  ? sizeof(header) + header.array_count * sizeof(wire::ArrayDescriptor)
                                  : sizeof(wire::SlotHeader);
  require(descriptor.offset >= least && aligned(descriptor.offset), (prefix + "offset").c_str(),
          descriptor.offset, "a multiple of 64 from " + std::to_string(least) + " on");
  const std::uint64_t bytes = array_bytes(descriptor);
  const std::uint64_t space = is_static(descriptor) ? header.header_bytes : header.slot_bytes;
  if (descriptor.offset > space || bytes > space - descriptor.offset) {
    refuse(prefix + std::to_string(bytes) + " bytes at offset " + std::to_string(descriptor.offset) +
           " do not fit into " + (is_static(descriptor) ? "the ring before its slots, " : "a slot of ") +
           std::to_string(space) + " bytes");
  }
}

std::string shape_text(const std::vector<std::uint32_t> & shape)
{
  std::string text = "[";
  for (const std::uint32_t size : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  }
  return text + "]";
}

/// The array of the slots of that name, null when there is none.
const wire::ArrayDescriptor * find_optional(const std::vector<wire::ArrayDescriptor> & arrays,
                                            std::string_view name, wire::Dtype dtype, std::uint32_t ndim)
{
  const wire::ArrayDescriptor * found = nullptr;
  for (const auto & descriptor : arrays) {
    if (array_name(descriptor) == name && !is_static(descriptor)) {
      if (found != nullptr) {
        refuse("array '" + std::string(name) + "' is there twice");
      }
      found = &descriptor;
    }
  }
  if (found == nullptr) {
    return nullptr;
  }
  const std::string prefix = "array '" + std::string(name) + "': ";
  const auto wanted = static_cast<std::uint32_t>(dtype);
  require(found->dtype == wanted, (prefix + "dtype").c_str(), found->dtype, std::to_string(wanted));
  require(found->ndim == ndim, (prefix + "ndim").c_str(), found->ndim, std::to_string(ndim));
  return found;
}

const wire::ArrayDescriptor & find_array(const std::vector<wire::ArrayDescriptor> & arrays,
                                         std::string_view name, wire::Dtype dtype, std::uint32_t ndim)
{
  const wire::ArrayDescriptor * found = find_optional(arrays, name, dtype, ndim);
  if (found == nullptr) {
    refuse("array '" + std::string(name) + "' is missing");
  }
  return *found;
}

void check_shape(const wire::ArrayDescriptor & descriptor, const std::vector<std::uint32_t> & wanted)
{
  const std::vector<std::uint32_t> shape(descriptor.shape, descriptor.shape + descriptor.ndim);
  if (shape != wanted) {
    refuse("array '" + std::string(array_name(descriptor)) + "': shape is " + shape_text(shape) + ", " +
           shape_text(wanted) + " is allowed");
  }
}

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
