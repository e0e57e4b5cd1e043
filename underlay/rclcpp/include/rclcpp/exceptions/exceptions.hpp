// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__EXCEPTIONS__EXCEPTIONS_HPP_
#define RCLCPP__EXCEPTIONS__EXCEPTIONS_HPP_

#include <stdexcept>
#include <string>
#include <vector>

#include "rcl/error_handling.h"
#include "rcl/types.h"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp::exceptions
{

class InvalidNodeError : public std::runtime_error
{
 public:
  InvalidNodeError() : std::runtime_error("node is invalid") {}
};

/// A node, namespace, topic or service name that the naming rules refuse.
class NameValidationError : public std::invalid_argument
{
 public:
  NameValidationError(const char * type, const char * name, const char * message, size_t index);
  const std::string name_type;
  const std::string name;
  const std::string error_msg;
  const size_t invalid_index;
};

class InvalidNodeNameError : public NameValidationError
{
 public:
  InvalidNodeNameError(const char * name_arg, const char * message, size_t index)
      : NameValidationError("node name", name_arg, message, index)
  {
  }
};

class InvalidNamespaceError : public NameValidationError
{
 public:
  InvalidNamespaceError(const char * name_arg, const char * message, size_t index)
      : NameValidationError("namespace", name_arg, message, index)
  {
  }
};

class InvalidTopicNameError : public NameValidationError
{
 public:
  InvalidTopicNameError(const char * name_arg, const char * message, size_t index)
      : NameValidationError("topic name", name_arg, message, index)
  {
  }
};

class InvalidServiceNameError : public NameValidationError
{
 public:
  InvalidServiceNameError(const char * name_arg, const char * message, size_t index)
      : NameValidationError("service name", name_arg, message, index)
  {
  }
};

/// What every exception that stands for a failed rcl call carries.
class RCLErrorBase
{
 public:
  RCLErrorBase(rcl_ret_t code, const rcl_error_state_t * state);
  virtual ~RCLErrorBase() = default;
  rcl_ret_t ret;
  std::string message;
  std::string file;
  size_t line;
  std::string formatted_message;
};

class RCLError : public RCLErrorBase, public std::runtime_error
{
 public:
  RCLError(rcl_ret_t code, const rcl_error_state_t * state, const std::string & prefix);
};

class RCLBadAlloc : public RCLErrorBase, public std::bad_alloc
{
 public:
  RCLBadAlloc(rcl_ret_t code, const rcl_error_state_t * state);
};

class RCLInvalidArgument : public RCLErrorBase, public std::invalid_argument
{
 public:
  RCLInvalidArgument(rcl_ret_t code, const rcl_error_state_t * state, const std::string & prefix);
};

class RCLInvalidROSArgsError : public RCLErrorBase, public std::runtime_error
{
 public:
  RCLInvalidROSArgsError(rcl_ret_t code, const rcl_error_state_t * state, const std::string & prefix);
};

/// Arguments after --ros-args that rcl does not know.
class UnknownROSArgsError : public std::runtime_error
{
 public:
  explicit UnknownROSArgsError(std::vector<std::string> && arguments);
  const std::vector<std::string> unknown_ros_args;
};

class EventNotRegisteredError : public std::runtime_error
{
 public:
  EventNotRegisteredError() : std::runtime_error("event already registered") {}
};

class InvalidParametersException : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

/// A value that a range, a read-only flag or a set-callback refuses.
class InvalidParameterValueException : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

class InvalidParameterTypeException : public std::runtime_error
{
 public:
  InvalidParameterTypeException(const std::string & name, const std::string & message)
      : std::runtime_error("parameter '" + name + "' has invalid type: " + message)
  {
  }
};

class UninitializedStaticallyTypedParameterException : public std::runtime_error
{
 public:
  explicit UninitializedStaticallyTypedParameterException(const std::string & name)
      : std::runtime_error("Statically typed parameter '" + name + "' must be initialized.")
  {
  }
};

class ParameterAlreadyDeclaredException : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

class ParameterNotDeclaredException : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

class ParameterImmutableException : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

class ParameterModifiedInCallbackException : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

class NoParameterOverrideProvided : public std::runtime_error
{
 public:
  explicit NoParameterOverrideProvided(const std::string & name)
      : std::runtime_error("parameter '" + name + "' requires an override value, but none was provided")
  {
  }
};

class ParameterUninitializedException : public std::runtime_error
{
 public:
  explicit ParameterUninitializedException(const std::string & name)
      : std::runtime_error("parameter '" + name + "' is not initialized")
  {
  }
};

class ServiceNotReadyError : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

/// Throw the exception that stands for a failed rcl call and clear rcl's error state.
/// \param prefix what was attempted; stands in front of rcl's own message
/// \throws std::bad_alloc, std::invalid_argument or std::runtime_error (the RCL* classes above)
[[noreturn]] RCLCPP_PUBLIC void throw_from_rcl_error(rcl_ret_t ret, const std::string & prefix = "",
                                                     const rcl_error_state_t * error_state = nullptr,
                                                     void (*reset_error)() = rcl_reset_error);

}  // namespace rclcpp::exceptions

#endif  // RCLCPP__EXCEPTIONS__EXCEPTIONS_HPP_
