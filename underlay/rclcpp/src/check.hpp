// SPDX-License-Identifier: Apache-2.0
#ifndef CHECK_HPP_
#define CHECK_HPP_

#include "rclcpp/exceptions/exceptions.hpp"

namespace rclcpp::detail
{

/// Throw what stands for an error of rcl, with what was tried.
inline void check(rcl_ret_t ret, const char * what)
{
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, what);
  }
}

}  // namespace rclcpp::detail

#endif  // CHECK_HPP_
