// SPDX-License-Identifier: Apache-2.0
#ifndef LOGGING_MUTEX_HPP_
#define LOGGING_MUTEX_HPP_

#include <mutex>

#include "rcl/arguments.h"

namespace rclcpp::detail
{

/// Guards rcl's logging system, which knows no threads. Recursive, since publishing to /rosout may log.
/// Never destroyed: a context that a static object holds is released after all statics of this library.
std::recursive_mutex & get_global_logging_mutex();

/// Configure logging for the first context that asks, release it with the last one.
void acquire_logging(const rcl_arguments_t & arguments, const rcl_allocator_t & allocator);
void release_logging();

}  // namespace rclcpp::detail

#endif  // LOGGING_MUTEX_HPP_
