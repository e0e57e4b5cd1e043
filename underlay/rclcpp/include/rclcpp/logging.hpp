// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__LOGGING_HPP_
#define RCLCPP__LOGGING_HPP_

#include <atomic>
#include <limits>
#include <sstream>
#include <type_traits>

#include "rclcpp/logger.hpp"
#include "rcutils/logging_macros.h"

// Messages below this severity are compiled out.
#define RCLCPP_LOG_MIN_SEVERITY_DEBUG 0
#define RCLCPP_LOG_MIN_SEVERITY_INFO 1
#define RCLCPP_LOG_MIN_SEVERITY_WARN 2
#define RCLCPP_LOG_MIN_SEVERITY_ERROR 3
#define RCLCPP_LOG_MIN_SEVERITY_FATAL 4
#define RCLCPP_LOG_MIN_SEVERITY_NONE 5
#ifndef RCLCPP_LOG_MIN_SEVERITY
#define RCLCPP_LOG_MIN_SEVERITY RCLCPP_LOG_MIN_SEVERITY_DEBUG
#endif

namespace rclcpp::detail
{

/// Lets the first call after each period pass, on the caller's clock.
class LogThrottle
{
 public:
  template <class ClockT>
  bool operator()(ClockT && clock, double period_ms)
  {
    const int64_t now = clock.now().nanoseconds();
    int64_t last = last_.load(std::memory_order_relaxed);
    // A clock that was set back must not silence the message for good.
    const bool due = last == never || now < last || static_cast<double>(now - last) >= period_ms * 1e6;
    return due && last_.compare_exchange_strong(last, now, std::memory_order_relaxed);
  }

 private:
  static constexpr int64_t never = std::numeric_limits<int64_t>::min();
  std::atomic<int64_t> last_{never};
};

}  // namespace rclcpp::detail

// The one place that logs: severity, logger, what must hold besides the level, then printf arguments.
#define RCLCPP_LOG_IF_(severity, logger, condition, ...)                                                     \
  do {                                                                                                       \
    static_assert(                                                                                           \
        ::std::is_same_v<::std::remove_cv_t<::std::remove_reference_t<decltype(logger)>>, ::rclcpp::Logger>, \
        "First argument to logging macros must be an rclcpp::Logger");                                       \
    RCUTILS_LOGGING_AUTOINIT;                                                                                \
    static const rcutils_log_location_t rclcpp_log_location_ = {__func__, __FILE__, __LINE__};               \
    const auto rclcpp_logger_ = (logger);                                                                    \
    if (rcutils_logging_logger_is_enabled_for(rclcpp_logger_.get_name(), severity) && (condition)) {         \
      rcutils_log_internal(&rclcpp_log_location_, severity, rclcpp_logger_.get_name(), __VA_ARGS__);         \
    }                                                                                                        \
  } while (0)

// Streams are written only if the message is.
#define RCLCPP_LOG_STREAM_IF_(severity, logger, condition, stream_arg)                                       \
  do {                                                                                                       \
    static_assert(                                                                                           \
        ::std::is_same_v<::std::remove_cv_t<::std::remove_reference_t<decltype(logger)>>, ::rclcpp::Logger>, \
        "First argument to logging macros must be an rclcpp::Logger");                                       \
    RCUTILS_LOGGING_AUTOINIT;                                                                                \
    static const rcutils_log_location_t rclcpp_log_location_ = {__func__, __FILE__, __LINE__};               \
    const auto rclcpp_logger_ = (logger);                                                                    \
    if (rcutils_logging_logger_is_enabled_for(rclcpp_logger_.get_name(), severity) && (condition)) {         \
      ::std::stringstream rclcpp_stream_ss_;                                                                 \
      rclcpp_stream_ss_ << stream_arg;                                                                       \
      rcutils_log_internal(&rclcpp_log_location_, severity, rclcpp_logger_.get_name(), "%s",                 \
                           rclcpp_stream_ss_.str().c_str());                                                 \
    }                                                                                                        \
  } while (0)

// Conditions with a state of their own per place in the code.
#define RCLCPP_LOG_ONCE_                  \
  ([]() {                                 \
    static std::atomic<bool> done{false}; \
    return !done.exchange(true);          \
  }())
#define RCLCPP_LOG_SKIPFIRST_             \
  ([]() {                                 \
    static std::atomic<bool> seen{false}; \
    return seen.exchange(true);           \
  }())
#define RCLCPP_LOG_THROTTLE_(clock, duration)                            \
  ([](auto && rclcpp_clock_, auto rclcpp_period_) {                      \
    static ::rclcpp::detail::LogThrottle throttle;                       \
    return throttle(rclcpp_clock_, static_cast<double>(rclcpp_period_)); \
  }((clock), (duration)))

#if RCLCPP_LOG_MIN_SEVERITY > RCLCPP_LOG_MIN_SEVERITY_DEBUG
#define RCLCPP_DEBUG(...)
#define RCLCPP_DEBUG_ONCE(...)
#define RCLCPP_DEBUG_EXPRESSION(...)
#define RCLCPP_DEBUG_FUNCTION(...)
#define RCLCPP_DEBUG_SKIPFIRST(...)
#define RCLCPP_DEBUG_THROTTLE(...)
#define RCLCPP_DEBUG_SKIPFIRST_THROTTLE(...)
#define RCLCPP_DEBUG_STREAM(...)
#define RCLCPP_DEBUG_STREAM_ONCE(...)
#define RCLCPP_DEBUG_STREAM_EXPRESSION(...)
#define RCLCPP_DEBUG_STREAM_FUNCTION(...)
#define RCLCPP_DEBUG_STREAM_SKIPFIRST(...)
#define RCLCPP_DEBUG_STREAM_THROTTLE(...)
#define RCLCPP_DEBUG_STREAM_SKIPFIRST_THROTTLE(...)
#else
#define RCLCPP_DEBUG(logger, ...) RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_DEBUG, logger, true, __VA_ARGS__)
#define RCLCPP_DEBUG_ONCE(logger, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_DEBUG, logger, RCLCPP_LOG_ONCE_, __VA_ARGS__)
#define RCLCPP_DEBUG_EXPRESSION(logger, expression, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_DEBUG, logger, (expression), __VA_ARGS__)
#define RCLCPP_DEBUG_FUNCTION(logger, function, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_DEBUG, logger, (*(function))(), __VA_ARGS__)
#define RCLCPP_DEBUG_SKIPFIRST(logger, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_DEBUG, logger, RCLCPP_LOG_SKIPFIRST_, __VA_ARGS__)
#define RCLCPP_DEBUG_THROTTLE(logger, clock, duration, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_DEBUG, logger, RCLCPP_LOG_THROTTLE_(clock, duration), __VA_ARGS__)
#define RCLCPP_DEBUG_SKIPFIRST_THROTTLE(logger, clock, duration, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_DEBUG, logger,                  \
                 RCLCPP_LOG_SKIPFIRST_ && RCLCPP_LOG_THROTTLE_(clock, duration), __VA_ARGS__)
#define RCLCPP_DEBUG_STREAM(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_DEBUG, logger, true, stream_arg)
#define RCLCPP_DEBUG_STREAM_ONCE(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_DEBUG, logger, RCLCPP_LOG_ONCE_, stream_arg)
#define RCLCPP_DEBUG_STREAM_EXPRESSION(logger, expression, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_DEBUG, logger, (expression), stream_arg)
#define RCLCPP_DEBUG_STREAM_FUNCTION(logger, function, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_DEBUG, logger, (*(function))(), stream_arg)
#define RCLCPP_DEBUG_STREAM_SKIPFIRST(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_DEBUG, logger, RCLCPP_LOG_SKIPFIRST_, stream_arg)
#define RCLCPP_DEBUG_STREAM_THROTTLE(logger, clock, duration, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_DEBUG, logger, RCLCPP_LOG_THROTTLE_(clock, duration), stream_arg)
#define RCLCPP_DEBUG_STREAM_SKIPFIRST_THROTTLE(logger, clock, duration, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_DEBUG, logger,                         \
                        RCLCPP_LOG_SKIPFIRST_ && RCLCPP_LOG_THROTTLE_(clock, duration), stream_arg)
#endif

#if RCLCPP_LOG_MIN_SEVERITY > RCLCPP_LOG_MIN_SEVERITY_INFO
#define RCLCPP_INFO(...)
#define RCLCPP_INFO_ONCE(...)
#define RCLCPP_INFO_EXPRESSION(...)
#define RCLCPP_INFO_FUNCTION(...)
#define RCLCPP_INFO_SKIPFIRST(...)
#define RCLCPP_INFO_THROTTLE(...)
#define RCLCPP_INFO_SKIPFIRST_THROTTLE(...)
#define RCLCPP_INFO_STREAM(...)
#define RCLCPP_INFO_STREAM_ONCE(...)
#define RCLCPP_INFO_STREAM_EXPRESSION(...)
#define RCLCPP_INFO_STREAM_FUNCTION(...)
#define RCLCPP_INFO_STREAM_SKIPFIRST(...)
#define RCLCPP_INFO_STREAM_THROTTLE(...)
#define RCLCPP_INFO_STREAM_SKIPFIRST_THROTTLE(...)
#else
#define RCLCPP_INFO(logger, ...) RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_INFO, logger, true, __VA_ARGS__)
#define RCLCPP_INFO_ONCE(logger, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_INFO, logger, RCLCPP_LOG_ONCE_, __VA_ARGS__)
#define RCLCPP_INFO_EXPRESSION(logger, expression, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_INFO, logger, (expression), __VA_ARGS__)
#define RCLCPP_INFO_FUNCTION(logger, function, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_INFO, logger, (*(function))(), __VA_ARGS__)
#define RCLCPP_INFO_SKIPFIRST(logger, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_INFO, logger, RCLCPP_LOG_SKIPFIRST_, __VA_ARGS__)
#define RCLCPP_INFO_THROTTLE(logger, clock, duration, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_INFO, logger, RCLCPP_LOG_THROTTLE_(clock, duration), __VA_ARGS__)
#define RCLCPP_INFO_SKIPFIRST_THROTTLE(logger, clock, duration, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_INFO, logger,                  \
                 RCLCPP_LOG_SKIPFIRST_ && RCLCPP_LOG_THROTTLE_(clock, duration), __VA_ARGS__)
#define RCLCPP_INFO_STREAM(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_INFO, logger, true, stream_arg)
#define RCLCPP_INFO_STREAM_ONCE(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_INFO, logger, RCLCPP_LOG_ONCE_, stream_arg)
#define RCLCPP_INFO_STREAM_EXPRESSION(logger, expression, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_INFO, logger, (expression), stream_arg)
#define RCLCPP_INFO_STREAM_FUNCTION(logger, function, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_INFO, logger, (*(function))(), stream_arg)
#define RCLCPP_INFO_STREAM_SKIPFIRST(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_INFO, logger, RCLCPP_LOG_SKIPFIRST_, stream_arg)
#define RCLCPP_INFO_STREAM_THROTTLE(logger, clock, duration, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_INFO, logger, RCLCPP_LOG_THROTTLE_(clock, duration), stream_arg)
#define RCLCPP_INFO_STREAM_SKIPFIRST_THROTTLE(logger, clock, duration, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_INFO, logger,                         \
                        RCLCPP_LOG_SKIPFIRST_ && RCLCPP_LOG_THROTTLE_(clock, duration), stream_arg)
#endif

#if RCLCPP_LOG_MIN_SEVERITY > RCLCPP_LOG_MIN_SEVERITY_WARN
#define RCLCPP_WARN(...)
#define RCLCPP_WARN_ONCE(...)
#define RCLCPP_WARN_EXPRESSION(...)
#define RCLCPP_WARN_FUNCTION(...)
#define RCLCPP_WARN_SKIPFIRST(...)
#define RCLCPP_WARN_THROTTLE(...)
#define RCLCPP_WARN_SKIPFIRST_THROTTLE(...)
#define RCLCPP_WARN_STREAM(...)
#define RCLCPP_WARN_STREAM_ONCE(...)
#define RCLCPP_WARN_STREAM_EXPRESSION(...)
#define RCLCPP_WARN_STREAM_FUNCTION(...)
#define RCLCPP_WARN_STREAM_SKIPFIRST(...)
#define RCLCPP_WARN_STREAM_THROTTLE(...)
#define RCLCPP_WARN_STREAM_SKIPFIRST_THROTTLE(...)
#else
#define RCLCPP_WARN(logger, ...) RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_WARN, logger, true, __VA_ARGS__)
#define RCLCPP_WARN_ONCE(logger, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_WARN, logger, RCLCPP_LOG_ONCE_, __VA_ARGS__)
#define RCLCPP_WARN_EXPRESSION(logger, expression, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_WARN, logger, (expression), __VA_ARGS__)
#define RCLCPP_WARN_FUNCTION(logger, function, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_WARN, logger, (*(function))(), __VA_ARGS__)
#define RCLCPP_WARN_SKIPFIRST(logger, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_WARN, logger, RCLCPP_LOG_SKIPFIRST_, __VA_ARGS__)
#define RCLCPP_WARN_THROTTLE(logger, clock, duration, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_WARN, logger, RCLCPP_LOG_THROTTLE_(clock, duration), __VA_ARGS__)
#define RCLCPP_WARN_SKIPFIRST_THROTTLE(logger, clock, duration, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_WARN, logger,                  \
                 RCLCPP_LOG_SKIPFIRST_ && RCLCPP_LOG_THROTTLE_(clock, duration), __VA_ARGS__)
#define RCLCPP_WARN_STREAM(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_WARN, logger, true, stream_arg)
#define RCLCPP_WARN_STREAM_ONCE(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_WARN, logger, RCLCPP_LOG_ONCE_, stream_arg)
#define RCLCPP_WARN_STREAM_EXPRESSION(logger, expression, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_WARN, logger, (expression), stream_arg)
#define RCLCPP_WARN_STREAM_FUNCTION(logger, function, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_WARN, logger, (*(function))(), stream_arg)
#define RCLCPP_WARN_STREAM_SKIPFIRST(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_WARN, logger, RCLCPP_LOG_SKIPFIRST_, stream_arg)
#define RCLCPP_WARN_STREAM_THROTTLE(logger, clock, duration, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_WARN, logger, RCLCPP_LOG_THROTTLE_(clock, duration), stream_arg)
#define RCLCPP_WARN_STREAM_SKIPFIRST_THROTTLE(logger, clock, duration, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_WARN, logger,                         \
                        RCLCPP_LOG_SKIPFIRST_ && RCLCPP_LOG_THROTTLE_(clock, duration), stream_arg)
#endif

#if RCLCPP_LOG_MIN_SEVERITY > RCLCPP_LOG_MIN_SEVERITY_ERROR
#define RCLCPP_ERROR(...)
#define RCLCPP_ERROR_ONCE(...)
#define RCLCPP_ERROR_EXPRESSION(...)
#define RCLCPP_ERROR_FUNCTION(...)
#define RCLCPP_ERROR_SKIPFIRST(...)
#define RCLCPP_ERROR_THROTTLE(...)
#define RCLCPP_ERROR_SKIPFIRST_THROTTLE(...)
#define RCLCPP_ERROR_STREAM(...)
#define RCLCPP_ERROR_STREAM_ONCE(...)
#define RCLCPP_ERROR_STREAM_EXPRESSION(...)
#define RCLCPP_ERROR_STREAM_FUNCTION(...)
#define RCLCPP_ERROR_STREAM_SKIPFIRST(...)
#define RCLCPP_ERROR_STREAM_THROTTLE(...)
#define RCLCPP_ERROR_STREAM_SKIPFIRST_THROTTLE(...)
#else
#define RCLCPP_ERROR(logger, ...) RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_ERROR, logger, true, __VA_ARGS__)
#define RCLCPP_ERROR_ONCE(logger, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_ERROR, logger, RCLCPP_LOG_ONCE_, __VA_ARGS__)
#define RCLCPP_ERROR_EXPRESSION(logger, expression, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_ERROR, logger, (expression), __VA_ARGS__)
#define RCLCPP_ERROR_FUNCTION(logger, function, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_ERROR, logger, (*(function))(), __VA_ARGS__)
#define RCLCPP_ERROR_SKIPFIRST(logger, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_ERROR, logger, RCLCPP_LOG_SKIPFIRST_, __VA_ARGS__)
#define RCLCPP_ERROR_THROTTLE(logger, clock, duration, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_ERROR, logger, RCLCPP_LOG_THROTTLE_(clock, duration), __VA_ARGS__)
#define RCLCPP_ERROR_SKIPFIRST_THROTTLE(logger, clock, duration, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_ERROR, logger,                  \
                 RCLCPP_LOG_SKIPFIRST_ && RCLCPP_LOG_THROTTLE_(clock, duration), __VA_ARGS__)
#define RCLCPP_ERROR_STREAM(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_ERROR, logger, true, stream_arg)
#define RCLCPP_ERROR_STREAM_ONCE(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_ERROR, logger, RCLCPP_LOG_ONCE_, stream_arg)
#define RCLCPP_ERROR_STREAM_EXPRESSION(logger, expression, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_ERROR, logger, (expression), stream_arg)
#define RCLCPP_ERROR_STREAM_FUNCTION(logger, function, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_ERROR, logger, (*(function))(), stream_arg)
#define RCLCPP_ERROR_STREAM_SKIPFIRST(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_ERROR, logger, RCLCPP_LOG_SKIPFIRST_, stream_arg)
#define RCLCPP_ERROR_STREAM_THROTTLE(logger, clock, duration, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_ERROR, logger, RCLCPP_LOG_THROTTLE_(clock, duration), stream_arg)
#define RCLCPP_ERROR_STREAM_SKIPFIRST_THROTTLE(logger, clock, duration, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_ERROR, logger,                         \
                        RCLCPP_LOG_SKIPFIRST_ && RCLCPP_LOG_THROTTLE_(clock, duration), stream_arg)
#endif

#if RCLCPP_LOG_MIN_SEVERITY > RCLCPP_LOG_MIN_SEVERITY_FATAL
#define RCLCPP_FATAL(...)
#define RCLCPP_FATAL_ONCE(...)
#define RCLCPP_FATAL_EXPRESSION(...)
#define RCLCPP_FATAL_FUNCTION(...)
#define RCLCPP_FATAL_SKIPFIRST(...)
#define RCLCPP_FATAL_THROTTLE(...)
#define RCLCPP_FATAL_SKIPFIRST_THROTTLE(...)
#define RCLCPP_FATAL_STREAM(...)
#define RCLCPP_FATAL_STREAM_ONCE(...)
#define RCLCPP_FATAL_STREAM_EXPRESSION(...)
#define RCLCPP_FATAL_STREAM_FUNCTION(...)
#define RCLCPP_FATAL_STREAM_SKIPFIRST(...)
#define RCLCPP_FATAL_STREAM_THROTTLE(...)
#define RCLCPP_FATAL_STREAM_SKIPFIRST_THROTTLE(...)
#else
#define RCLCPP_FATAL(logger, ...) RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_FATAL, logger, true, __VA_ARGS__)
#define RCLCPP_FATAL_ONCE(logger, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_FATAL, logger, RCLCPP_LOG_ONCE_, __VA_ARGS__)
#define RCLCPP_FATAL_EXPRESSION(logger, expression, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_FATAL, logger, (expression), __VA_ARGS__)
#define RCLCPP_FATAL_FUNCTION(logger, function, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_FATAL, logger, (*(function))(), __VA_ARGS__)
#define RCLCPP_FATAL_SKIPFIRST(logger, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_FATAL, logger, RCLCPP_LOG_SKIPFIRST_, __VA_ARGS__)
#define RCLCPP_FATAL_THROTTLE(logger, clock, duration, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_FATAL, logger, RCLCPP_LOG_THROTTLE_(clock, duration), __VA_ARGS__)
#define RCLCPP_FATAL_SKIPFIRST_THROTTLE(logger, clock, duration, ...) \
  RCLCPP_LOG_IF_(RCUTILS_LOG_SEVERITY_FATAL, logger,                  \
                 RCLCPP_LOG_SKIPFIRST_ && RCLCPP_LOG_THROTTLE_(clock, duration), __VA_ARGS__)
#define RCLCPP_FATAL_STREAM(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_FATAL, logger, true, stream_arg)
#define RCLCPP_FATAL_STREAM_ONCE(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_FATAL, logger, RCLCPP_LOG_ONCE_, stream_arg)
#define RCLCPP_FATAL_STREAM_EXPRESSION(logger, expression, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_FATAL, logger, (expression), stream_arg)
#define RCLCPP_FATAL_STREAM_FUNCTION(logger, function, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_FATAL, logger, (*(function))(), stream_arg)
#define RCLCPP_FATAL_STREAM_SKIPFIRST(logger, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_FATAL, logger, RCLCPP_LOG_SKIPFIRST_, stream_arg)
#define RCLCPP_FATAL_STREAM_THROTTLE(logger, clock, duration, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_FATAL, logger, RCLCPP_LOG_THROTTLE_(clock, duration), stream_arg)
#define RCLCPP_FATAL_STREAM_SKIPFIRST_THROTTLE(logger, clock, duration, stream_arg) \
  RCLCPP_LOG_STREAM_IF_(RCUTILS_LOG_SEVERITY_FATAL, logger,                         \
                        RCLCPP_LOG_SKIPFIRST_ && RCLCPP_LOG_THROTTLE_(clock, duration), stream_arg)
#endif

#endif  // RCLCPP__LOGGING_HPP_
