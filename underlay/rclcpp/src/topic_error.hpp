// SPDX-License-Identifier: Apache-2.0
#ifndef TOPIC_ERROR_HPP_
#define TOPIC_ERROR_HPP_

#include <string>

#include "rcl/node.h"

namespace rclcpp::detail
{

/// Throw what stands for a failed creation of a publisher, subscription, service or client; for a bad name
/// an exception that points at the bad character.
[[noreturn]] void throw_creation_error(rcl_ret_t ret, const char * what, const std::string & name,
                                       const rcl_node_t * node, bool is_service);

}  // namespace rclcpp::detail

#endif  // TOPIC_ERROR_HPP_
