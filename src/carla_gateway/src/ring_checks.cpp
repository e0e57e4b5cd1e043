// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/ring_checks.hpp"

#include <cstring>
#include <stdexcept>

namespace carla_gateway::ring_checks
{
namespace
{

std::string shape_text(const std::vector<std::uint32_t> & shape)
{
  std::string text = "[";
  for (const std::uint32_t size : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  }
  return text + "]";
}

}  // namespace

void refuse(const std::string & what)
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

}  // namespace carla_gateway::ring_checks
