// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__INIT_OPTIONS_HPP_
#define RCLCPP__INIT_OPTIONS_HPP_

#include <cstddef>
#include <memory>

#include "rcl/init_options.h"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

/// Options of a context: domain id, whether signals shut it down, whether it configures logging.
class RCLCPP_PUBLIC InitOptions
{
 public:
  bool shutdown_on_signal = true;

  explicit InitOptions(rcl_allocator_t allocator = rcl_get_default_allocator());
  InitOptions(const InitOptions & other);
  InitOptions & operator=(const InitOptions & other);
  virtual ~InitOptions();

  bool auto_initialize_logging() const { return initialize_logging_; }
  InitOptions & auto_initialize_logging(bool initialize_logging);

  /// Take ROS_DOMAIN_ID unless a domain id was set.
  void use_default_domain_id();
  void set_domain_id(size_t domain_id);
  size_t get_domain_id() const;

  const rcl_init_options_t * get_rcl_init_options() const { return &options_; }

 private:
  rcl_init_options_t options_;
  bool initialize_logging_ = true;
};

}  // namespace rclcpp

#endif  // RCLCPP__INIT_OPTIONS_HPP_
