// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__LOGGER_HPP_
#define RCLCPP__LOGGER_HPP_

#include <memory>
#include <string>

#include "rcl/node.h"
#include "rclcpp/visibility_control.hpp"
#include "rcutils/logging.h"

namespace rclcpp
{

class Logger;

RCLCPP_PUBLIC Logger get_logger(const std::string & name);
RCLCPP_PUBLIC Logger get_node_logger(const rcl_node_t * node);

/// A name under which messages are logged; copies are cheap and share it.
class RCLCPP_PUBLIC Logger
{
 public:
  enum class Level
  {
    Unset = RCUTILS_LOG_SEVERITY_UNSET,
    Debug = RCUTILS_LOG_SEVERITY_DEBUG,
    Info = RCUTILS_LOG_SEVERITY_INFO,
    Warn = RCUTILS_LOG_SEVERITY_WARN,
    Error = RCUTILS_LOG_SEVERITY_ERROR,
    Fatal = RCUTILS_LOG_SEVERITY_FATAL,
  };

  const char * get_name() const { return name_ ? name_->c_str() : ""; }
  /// A logger named "<this>.<suffix>"; what it logs reaches /rosout through the same node.
  Logger get_child(const std::string & suffix);
  void set_level(Level level);
  Level get_effective_level() const;

 private:
  friend Logger get_logger(const std::string & name);
  explicit Logger(std::string name) : name_(std::make_shared<const std::string>(std::move(name))) {}

  std::shared_ptr<const std::string> name_;
  std::shared_ptr<void> sublogger_;
};

}  // namespace rclcpp

#endif  // RCLCPP__LOGGER_HPP_
