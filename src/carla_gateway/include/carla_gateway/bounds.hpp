// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__BOUNDS_HPP_
#define CARLA_GATEWAY__BOUNDS_HPP_

#include <stdexcept>
#include <string>

namespace carla_gateway
{

/// @throws std::invalid_argument naming a configured value that is out of bounds, and what is allowed.
template <typename Number>
void check_bounds(const char * name, Number value, Number least, Number most)
{
  if (!(value >= least && value <= most)) {
    throw std::invalid_argument(std::string(name) + " is " + std::to_string(value) + ", " +
                                std::to_string(least) + " to " + std::to_string(most) + " is allowed");
  }
}

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__BOUNDS_HPP_
