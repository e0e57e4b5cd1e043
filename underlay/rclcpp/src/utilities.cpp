// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/utilities.hpp"

#include <memory>
#include <utility>

#include "rcl_arguments.hpp"
#include "rclcpp/exceptions/exceptions.hpp"
#include "signal_handler.hpp"

namespace rclcpp
{

namespace
{

Context::SharedPtr or_default(Context::SharedPtr context)
{
  return context ? std::move(context) : contexts::get_global_default_context();
}

}  // namespace

namespace detail
{

std::vector<std::string> unparsed_ros_arguments(int argc, char const * const * argv,
                                                const rcl_arguments_t & arguments)
{
  const int count = rcl_arguments_get_count_unparsed_ros(&arguments);
  std::vector<std::string> result;
  if (count <= 0) {
    return result;
  }
  int * indices = nullptr;
  const rcl_allocator_t allocator = rcl_get_default_allocator();
  const rcl_ret_t ret = rcl_arguments_get_unparsed_ros(&arguments, allocator, &indices);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to get unparsed ROS arguments");
  }
  for (int i = 0; i < count && indices[i] < argc; ++i) {
    result.emplace_back(argv[indices[i]]);
  }
  allocator.deallocate(indices, allocator.state);
  return result;
}

}  // namespace detail

void init(int argc, char const * const * argv, const InitOptions & init_options,
          SignalHandlerOptions signal_handler_options)
{
  contexts::get_global_default_context()->init(argc, argv, init_options);
  install_signal_handlers(signal_handler_options);
}

bool install_signal_handlers(SignalHandlerOptions signal_handler_options)
{
  return detail::SignalHandler::get().install(signal_handler_options);
}

bool signal_handlers_installed()
{
  return detail::SignalHandler::get().installed() != SignalHandlerOptions::None;
}

SignalHandlerOptions get_current_signal_handler_options()
{
  return detail::SignalHandler::get().installed();
}

bool uninstall_signal_handlers()
{
  return detail::SignalHandler::get().uninstall();
}

std::vector<std::string> init_and_remove_ros_arguments(int argc, char const * const * argv,
                                                       const InitOptions & init_options)
{
  init(argc, argv, init_options);
  return remove_ros_arguments(argc, argv);
}

std::vector<std::string> remove_ros_arguments(int argc, char const * const * argv)
{
  const rcl_allocator_t allocator = rcl_get_default_allocator();
  rcl_arguments_t parsed = rcl_get_zero_initialized_arguments();
  rcl_ret_t ret = rcl_parse_arguments(argc, argv, allocator, &parsed);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to parse arguments");
  }
  int count = 0;
  const char ** rest = nullptr;
  ret = rcl_remove_ros_arguments(argv, &parsed, allocator, &count, &rest);
  if (rcl_arguments_fini(&parsed) != RCL_RET_OK) {
    rcl_reset_error();
  }
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to remove ROS arguments");
  }
  std::vector<std::string> result(rest, rest + count);
  if (rest) {
    allocator.deallocate(rest, allocator.state);
  }
  return result;
}

bool ok(Context::SharedPtr context)
{
  return or_default(std::move(context))->is_valid();
}

bool shutdown(Context::SharedPtr context, const std::string & reason)
{
  const auto default_context = contexts::get_global_default_context();
  const auto chosen = context ? context : std::static_pointer_cast<Context>(default_context);
  const bool done = chosen->shutdown(reason);
  if (chosen == default_context) {
    uninstall_signal_handlers();
  }
  return done;
}

void on_shutdown(std::function<void()> callback, Context::SharedPtr context)
{
  or_default(std::move(context))->on_shutdown(std::move(callback));
}

bool sleep_for(const std::chrono::nanoseconds & nanoseconds, Context::SharedPtr context)
{
  return or_default(std::move(context))->sleep_for(nanoseconds);
}

}  // namespace rclcpp
