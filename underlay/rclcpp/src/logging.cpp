// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/logging.hpp"

#include <cstdlib>
#include <utility>

#include "logging_mutex.hpp"
#include "rcl/logging.h"
#include "rcl/logging_rosout.h"
#include "rclcpp/exceptions/exceptions.hpp"

namespace rclcpp
{

namespace detail
{

namespace
{

size_t logging_users = 0;
bool exiting = false;

void finish_logging()
{
  if (rcl_logging_fini() != RCL_RET_OK) {
    rcl_reset_error();
  }
}

// The logging library's own static objects may be younger, and thus be destroyed earlier, than a context
// that lives until exit: end logging before either.
void finish_logging_at_exit()
{
  const std::lock_guard<std::recursive_mutex> lock(get_global_logging_mutex());
  exiting = true;
  if (logging_users > 0) {
    finish_logging();
  }
}

void output_handler(const rcutils_log_location_t * location, int severity, const char * name,
                    rcutils_time_point_value_t timestamp, const char * format, va_list * arguments)
{
  const std::lock_guard<std::recursive_mutex> lock(get_global_logging_mutex());
  rcl_logging_multiple_output_handler(location, severity, name, timestamp, format, arguments);
}

}  // namespace

std::recursive_mutex & get_global_logging_mutex()
{
  // Never destroyed: the default context is a static object, too, and lets go of logging when it is.
  static auto * const mutex = new std::recursive_mutex();
  return *mutex;
}

void acquire_logging(const rcl_arguments_t & arguments, const rcl_allocator_t & allocator)
{
  const std::lock_guard<std::recursive_mutex> lock(get_global_logging_mutex());
  if (logging_users == 0 && !exiting) {
    const rcl_ret_t ret = rcl_logging_configure_with_output_handler(&arguments, &allocator, output_handler);
    if (ret != RCL_RET_OK) {
      exceptions::throw_from_rcl_error(ret, "failed to configure logging");
    }
    static const int registered = std::atexit(finish_logging_at_exit);
    static_cast<void>(registered);
  }
  ++logging_users;
}

void release_logging()
{
  const std::lock_guard<std::recursive_mutex> lock(get_global_logging_mutex());
  if (--logging_users == 0 && !exiting) {
    finish_logging();
  }
}

}  // namespace detail

Logger get_logger(const std::string & name)
{
  return Logger(name);
}

Logger get_node_logger(const rcl_node_t * node)
{
  const char * name = rcl_node_get_logger_name(node);
  if (!name) {
    rcl_reset_error();
    return get_logger("");
  }
  return get_logger(name);
}

Logger Logger::get_child(const std::string & suffix)
{
  if (!name_ || name_->empty()) {
    return Logger(suffix);
  }
  Logger child(*name_ + RCUTILS_LOGGING_SEPARATOR_STRING + suffix);
  const std::lock_guard<std::recursive_mutex> lock(detail::get_global_logging_mutex());
  const rcl_ret_t ret = rcl_logging_rosout_add_sublogger(name_->c_str(), suffix.c_str());
  if (ret == RCL_RET_OK) {
    // Entry in /rosout's table of subloggers; goes with the last copy of the child.
    child.sublogger_ = std::shared_ptr<void>(nullptr, [parent = name_, suffix](void *) {
      const std::lock_guard<std::recursive_mutex> remove_lock(detail::get_global_logging_mutex());
      if (rcl_logging_rosout_remove_sublogger(parent->c_str(), suffix.c_str()) != RCL_RET_OK) {
        rcl_reset_error();
      }
    });
  } else {
    rcl_reset_error();  // not the logger of a node with /rosout: console and file are all there is
  }
  return child;
}

void Logger::set_level(Level level)
{
  if (rcutils_logging_set_logger_level(get_name(), static_cast<int>(level)) != RCUTILS_RET_OK) {
    exceptions::throw_from_rcl_error(RCL_RET_INVALID_ARGUMENT, "couldn't set logger level",
                                     rcutils_get_error_state(), rcutils_reset_error);
  }
}

Logger::Level Logger::get_effective_level() const
{
  const int level = rcutils_logging_get_logger_effective_level(get_name());
  if (level < 0) {
    exceptions::throw_from_rcl_error(RCL_RET_ERROR, "couldn't get logger level", rcutils_get_error_state(),
                                     rcutils_reset_error);
  }
  return static_cast<Level>(level);
}

}  // namespace rclcpp
