// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/exceptions/exceptions.hpp"

#include <utility>

namespace rclcpp::exceptions
{

namespace
{

std::string join(const std::vector<std::string> & words)
{
  std::string text;
  for (const auto & word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

}  // namespace

NameValidationError::NameValidationError(const char * type, const char * name_arg, const char * message,
                                         size_t index)
    : std::invalid_argument(std::string("Invalid ") + type + ": " + message + ":\n  '" + name_arg + "'\n   " +
                            std::string(index, ' ') + "^\n"),
      name_type(type),
      name(name_arg),
      error_msg(message),
      invalid_index(index)
{
}

RCLErrorBase::RCLErrorBase(rcl_ret_t code, const rcl_error_state_t * state)
    : ret(code),
      message(state ? state->message : "unknown error"),
      file(state ? state->file : ""),
      line(state ? static_cast<size_t>(state->line_number) : 0),
      formatted_message(message + (file.empty() ? "" : ", at " + file + ":" + std::to_string(line)))
{
}

RCLError::RCLError(rcl_ret_t code, const rcl_error_state_t * state, const std::string & prefix)
    : RCLErrorBase(code, state), std::runtime_error(prefix + formatted_message)
{
}

RCLBadAlloc::RCLBadAlloc(rcl_ret_t code, const rcl_error_state_t * state) : RCLErrorBase(code, state)
{
}

RCLInvalidArgument::RCLInvalidArgument(rcl_ret_t code, const rcl_error_state_t * state,
                                       const std::string & prefix)
    : RCLErrorBase(code, state), std::invalid_argument(prefix + formatted_message)
{
}

RCLInvalidROSArgsError::RCLInvalidROSArgsError(rcl_ret_t code, const rcl_error_state_t * state,
                                               const std::string & prefix)
    : RCLErrorBase(code, state), std::runtime_error(prefix + formatted_message)
{
}

UnknownROSArgsError::UnknownROSArgsError(std::vector<std::string> && arguments)
    : std::runtime_error("found unknown ROS arguments: '" + join(arguments) + "'"),
      unknown_ros_args(std::move(arguments))
{
}

void throw_from_rcl_error(rcl_ret_t ret, const std::string & prefix, const rcl_error_state_t * error_state,
                          void (*reset_error)())
{
  rcl_error_state_t state{};
  const rcl_error_state_t * current = error_state ? error_state : rcl_get_error_state();
  const bool known = current != nullptr;
  if (known) {
    state = *current;
  }
  if (reset_error) {
    reset_error();
  }
  const rcl_error_state_t * saved = known ? &state : nullptr;
  const std::string text = prefix.empty() ? prefix : prefix + ": ";
  switch (ret) {
    case RCL_RET_BAD_ALLOC:
      throw RCLBadAlloc(ret, saved);
    case RCL_RET_INVALID_ARGUMENT:
      throw RCLInvalidArgument(ret, saved, text);
    case RCL_RET_INVALID_ROS_ARGS:
      throw RCLInvalidROSArgsError(ret, saved, text);
    default:
      throw RCLError(ret, saved, text);
  }
}

}  // namespace rclcpp::exceptions
