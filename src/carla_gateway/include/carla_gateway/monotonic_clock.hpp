// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__MONOTONIC_CLOCK_HPP_
#define CARLA_GATEWAY__MONOTONIC_CLOCK_HPP_

#include <time.h>

#include <cstdint>

namespace carla_gateway
{

/// The clock that the bridge stamps frames with, ns.
inline std::int64_t monotonic_ns()
{
  timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__MONOTONIC_CLOCK_HPP_
