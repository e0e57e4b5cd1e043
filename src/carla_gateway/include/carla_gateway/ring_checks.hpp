// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__RING_CHECKS_HPP_
#define CARLA_GATEWAY__RING_CHECKS_HPP_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "carla_gateway/wire_protocol.hpp"

/// Checks of what a frame ring says about itself. All throw std::runtime_error naming what is wrong, its
/// value and what is allowed.
namespace carla_gateway::ring_checks
{

/// Far above any use; it keeps products of sizes in 64 bits and absurd sizes out.
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 36U;

[[noreturn]] void refuse(const std::string & what);
void require(bool ok, const char * field, std::uint64_t value, const std::string & allowed);

bool aligned(std::uint64_t value);
std::string_view array_name(const wire::ArrayDescriptor & descriptor);
std::uint64_t array_bytes(const wire::ArrayDescriptor & descriptor);
bool is_static(const wire::ArrayDescriptor & descriptor);

/// Checks a descriptor against the space that its kind of array has: a slot, or what is before slot 0.
void check_descriptor(const wire::ArrayDescriptor & descriptor, const wire::RingHeader & header);

/// The array of the slots of that name; find_optional() gives null when there is none.
const wire::ArrayDescriptor * find_optional(const std::vector<wire::ArrayDescriptor> & arrays,
                                            std::string_view name, wire::Dtype dtype, std::uint32_t ndim);
const wire::ArrayDescriptor & find_array(const std::vector<wire::ArrayDescriptor> & arrays,
                                         std::string_view name, wire::Dtype dtype, std::uint32_t ndim);

void check_shape(const wire::ArrayDescriptor & descriptor, const std::vector<std::uint32_t> & wanted);

}  // namespace carla_gateway::ring_checks

#endif  // CARLA_GATEWAY__RING_CHECKS_HPP_
