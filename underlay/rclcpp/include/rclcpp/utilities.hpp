// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__UTILITIES_HPP_
#define RCLCPP__UTILITIES_HPP_

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "rclcpp/context.hpp"
#include "rclcpp/contexts/default_context.hpp"
#include "rclcpp/init_options.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

/// Which signals shut contexts down.
enum class SignalHandlerOptions
{
  All,
  SigInt,
  SigTerm,
  None,
};

/// Initialize the default context and install signal handlers.
RCLCPP_PUBLIC void init(int argc, char const * const * argv, const InitOptions & init_options = InitOptions(),
                        SignalHandlerOptions signal_handler_options = SignalHandlerOptions::All);

/// \return whether this call changed anything
RCLCPP_PUBLIC bool install_signal_handlers(
    SignalHandlerOptions signal_handler_options = SignalHandlerOptions::All);
RCLCPP_PUBLIC bool signal_handlers_installed();
RCLCPP_PUBLIC SignalHandlerOptions get_current_signal_handler_options();
RCLCPP_PUBLIC bool uninstall_signal_handlers();

/// As init(); returns the arguments that are not for ROS, the program's name first.
RCLCPP_PUBLIC std::vector<std::string> init_and_remove_ros_arguments(
    int argc, char const * const * argv, const InitOptions & init_options = InitOptions());
RCLCPP_PUBLIC std::vector<std::string> remove_ros_arguments(int argc, char const * const * argv);

RCLCPP_PUBLIC bool ok(Context::SharedPtr context = nullptr);
RCLCPP_PUBLIC bool shutdown(Context::SharedPtr context = nullptr,
                            const std::string & reason = "user called rclcpp::shutdown()");
RCLCPP_PUBLIC void on_shutdown(std::function<void()> callback, Context::SharedPtr context = nullptr);

/// \return whether the context is still valid after the sleep
RCLCPP_PUBLIC bool sleep_for(const std::chrono::nanoseconds & nanoseconds,
                             Context::SharedPtr context = nullptr);

inline const char * get_c_string(const char * string)
{
  return string;
}
inline const char * get_c_string(const std::string & string)
{
  return string.c_str();
}

}  // namespace rclcpp

#endif  // RCLCPP__UTILITIES_HPP_
