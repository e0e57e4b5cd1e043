// SPDX-License-Identifier: Apache-2.0
#ifndef RING_WRITER_HPP_
#define RING_WRITER_HPP_

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_drl_msgs/msg/frame_layout.hpp"
#include "carla_gateway/unique_fd.hpp"
#include "carla_gateway/wire_protocol.hpp"

namespace carla_gateway::testing
{

/// Writes a frame ring as a bridge does; every part of it can be spoilt before publish() makes the memfd.
struct RingWriter
{
  static constexpr std::size_t kEgo = carla_drl_msgs::msg::FrameLayout::NUM_EGO;
  static constexpr std::size_t kRoute = carla_drl_msgs::msg::FrameLayout::NUM_ROUTE;
  static constexpr std::size_t kMetrics = carla_drl_msgs::msg::FleetObservation::NUM_METRICS;

  explicit RingWriter(std::uint32_t agents = 2, std::uint32_t points = 3, std::uint32_t slots = 2,
                      std::uint32_t objects = 0, std::uint32_t sensor_bytes = 0)
      : num_agents(agents), num_points(points)
  {
    std::uint64_t offset = sizeof(wire::SlotHeader);
    add("ego", 1, {agents, kEgo}, offset);
    add("route", 1, {agents, points, kRoute}, offset);
    add("metrics", 1, {agents, kMetrics}, offset);
    add("status", 2, {agents}, offset);
    if (objects > 0) {
      add("objects", 1, {objects, carla_drl_msgs::msg::FrameLayout::NUM_OBJECT}, offset);
    }
    if (sensor_bytes > 0) {
      add("sensors", 2, {sensor_bytes}, offset);
    }
    std::memcpy(header.magic, wire::kRingMagic, sizeof(header.magic));
    header.version = 2;
    header.header_bytes = static_cast<std::uint32_t>(sizeof(header) + arrays.size() * sizeof(arrays[0]));
    header.slot_bytes = offset;
    header.slot_count = slots;
    header.num_agents = agents;
    header.session = 7;
    header.array_count = static_cast<std::uint32_t>(arrays.size());
    header.step_s = 0.05;
    bytes = header.header_bytes + slots * offset;
  }
  ~RingWriter()
  {
    if (map != nullptr) {
      ::munmap(map, bytes);
    }
  }
  RingWriter(const RingWriter &) = delete;
  RingWriter & operator=(const RingWriter &) = delete;

  /// The memfd with the header and descriptors as they stand now.
  UniqueFd publish()
  {
    UniqueFd fd(::memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) {
      throw std::runtime_error("cannot make a memfd");
    }
    void * start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (start == MAP_FAILED) {
      throw std::runtime_error("cannot map a memfd");
    }
    map = static_cast<unsigned char *>(start);
    std::vector<unsigned char> image(sizeof(header) + arrays.size() * sizeof(arrays[0]));
    std::memcpy(image.data(), &header, sizeof(header));
    std::memcpy(image.data() + sizeof(header), arrays.data(), arrays.size() * sizeof(arrays[0]));
    std::memcpy(map, image.data(), std::min(image.size(), bytes));
    if (sealed && ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
      throw std::runtime_error("cannot seal a memfd");
    }
    return fd;
  }

  wire::ArrayDescriptor & array(const std::string & name)
  {
    for (auto & descriptor : arrays) {
      if (name == descriptor.name) {
        return descriptor;
      }
    }
    throw std::invalid_argument("no array " + name);
  }

  unsigned char * slot(std::uint32_t index) { return map + header.header_bytes + index * header.slot_bytes; }
  float * floats(std::uint32_t index, const std::string & name)
  {
    return reinterpret_cast<float *>(slot(index) + array(name).offset);
  }

  void begin(std::uint32_t index)
  {
    wire::SlotHeader head = read_head(index);
    head.generation += 1;
    write_head(index, head);
  }
  void finish(std::uint32_t index, std::uint64_t frame, double sim_time_s)
  {
    wire::SlotHeader head = read_head(index);
    head.generation += 1;
    head.frame = frame;
    head.sim_time_s = sim_time_s;
    head.written_ns = 1;
    write_head(index, head);
  }

  wire::SlotHeader read_head(std::uint32_t index)
  {
    wire::SlotHeader head = {};
    std::memcpy(&head, slot(index), sizeof(head));
    return head;
  }
  void write_head(std::uint32_t index, const wire::SlotHeader & head)
  {
    std::memcpy(slot(index), &head, sizeof(head));
  }

  void add(const std::string & name, std::uint32_t dtype, const std::vector<std::size_t> & shape,
           std::uint64_t & offset)
  {
    wire::ArrayDescriptor descriptor = {};
    std::memcpy(descriptor.name, name.data(), name.size());
    descriptor.dtype = dtype;
    descriptor.ndim = static_cast<std::uint32_t>(shape.size());
    descriptor.offset = offset;
    std::uint64_t size = dtype == 1 ? 4 : 1;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      descriptor.shape[i] = static_cast<std::uint32_t>(shape[i]);
      size *= shape[i];
    }
    offset += (size + 63) / 64 * 64;
    arrays.push_back(descriptor);
  }

  /// Adds an array before the slots; before publish().
  void add_static(const std::string & name, std::uint32_t dtype, const std::vector<std::size_t> & shape)
  {
    for (auto & descriptor : arrays) {
      if (descriptor.kind == 1) {
        descriptor.offset += sizeof(descriptor);  // room for one more descriptor
      }
    }
    std::uint64_t offset = header.header_bytes + sizeof(wire::ArrayDescriptor);
    add(name, dtype, shape, offset);
    arrays.back().kind = 1;
    bytes += offset - header.header_bytes;
    header.header_bytes = static_cast<std::uint32_t>(offset);
    header.array_count += 1;
  }

  std::uint32_t num_agents;
  std::uint32_t num_points;
  wire::RingHeader header = {};
  std::vector<wire::ArrayDescriptor> arrays;
  std::size_t bytes = 0;
  bool sealed = true;
  unsigned char * map = nullptr;
};

}  // namespace carla_gateway::testing

#endif  // RING_WRITER_HPP_
