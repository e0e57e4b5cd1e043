// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__VISIBILITY_CONTROL_HPP_
#define RCLCPP__VISIBILITY_CONTROL_HPP_

#define RCLCPP_EXPORT __attribute__((visibility("default")))
#define RCLCPP_PUBLIC __attribute__((visibility("default")))
#define RCLCPP_LOCAL __attribute__((visibility("hidden")))

#endif  // RCLCPP__VISIBILITY_CONTROL_HPP_
