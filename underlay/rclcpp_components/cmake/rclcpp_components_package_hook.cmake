# SPDX-License-Identifier: Apache-2.0
_rclcpp_components_write()
