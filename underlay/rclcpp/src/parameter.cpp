// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/parameter.hpp"

#include <iomanip>
#include <sstream>

namespace rclcpp
{

std::string to_string(ParameterType type)
{
  switch (type) {
    case PARAMETER_NOT_SET:
      return "not set";
    case PARAMETER_BOOL:
      return "bool";
    case PARAMETER_INTEGER:
      return "integer";
    case PARAMETER_DOUBLE:
      return "double";
    case PARAMETER_STRING:
      return "string";
    case PARAMETER_BYTE_ARRAY:
      return "byte_array";
    case PARAMETER_BOOL_ARRAY:
      return "bool_array";
    case PARAMETER_INTEGER_ARRAY:
      return "integer_array";
    case PARAMETER_DOUBLE_ARRAY:
      return "double_array";
    case PARAMETER_STRING_ARRAY:
      return "string_array";
  }
  return "unknown type";
}

std::ostream & operator<<(std::ostream & os, ParameterType type)
{
  return os << to_string(type);
}

ParameterTypeException::ParameterTypeException(ParameterType expected, ParameterType actual)
    : std::runtime_error("expected [" + to_string(expected) + "] got [" + to_string(actual) + "]")
{
}

ParameterValue::ParameterValue()
{
  value_.type = PARAMETER_NOT_SET;
}

ParameterValue::ParameterValue(const rcl_interfaces::msg::ParameterValue & value) : value_(value)
{
  if (value.type > PARAMETER_STRING_ARRAY) {
    throw std::runtime_error("unknown parameter type " + std::to_string(value.type));
  }
}

// One line per type: they differ in the tag and the member alone.
#define RCLCPP_PARAMETER_VALUE_(Type, tag, member, expression) \
  ParameterValue::ParameterValue(Type value)                   \
  {                                                            \
    value_.type = tag;                                         \
    value_.member = expression;                                \
  }
RCLCPP_PARAMETER_VALUE_(bool, PARAMETER_BOOL, bool_value, value)
RCLCPP_PARAMETER_VALUE_(int, PARAMETER_INTEGER, integer_value, value)
RCLCPP_PARAMETER_VALUE_(int64_t, PARAMETER_INTEGER, integer_value, value)
RCLCPP_PARAMETER_VALUE_(float, PARAMETER_DOUBLE, double_value, static_cast<double>(value))
RCLCPP_PARAMETER_VALUE_(double, PARAMETER_DOUBLE, double_value, value)
RCLCPP_PARAMETER_VALUE_(const std::string &, PARAMETER_STRING, string_value, value)
RCLCPP_PARAMETER_VALUE_(const char *, PARAMETER_STRING, string_value, value)
RCLCPP_PARAMETER_VALUE_(const std::vector<uint8_t> &, PARAMETER_BYTE_ARRAY, byte_array_value, value)
RCLCPP_PARAMETER_VALUE_(const std::vector<bool> &, PARAMETER_BOOL_ARRAY, bool_array_value, value)
RCLCPP_PARAMETER_VALUE_(const std::vector<int> &, PARAMETER_INTEGER_ARRAY, integer_array_value,
                        std::vector<int64_t>(value.begin(), value.end()))
RCLCPP_PARAMETER_VALUE_(const std::vector<int64_t> &, PARAMETER_INTEGER_ARRAY, integer_array_value, value)
RCLCPP_PARAMETER_VALUE_(const std::vector<float> &, PARAMETER_DOUBLE_ARRAY, double_array_value,
                        std::vector<double>(value.begin(), value.end()))
RCLCPP_PARAMETER_VALUE_(const std::vector<double> &, PARAMETER_DOUBLE_ARRAY, double_array_value, value)
RCLCPP_PARAMETER_VALUE_(const std::vector<std::string> &, PARAMETER_STRING_ARRAY, string_array_value, value)
#undef RCLCPP_PARAMETER_VALUE_

namespace
{

template <class Values, class Print>
std::string list(const Values & values, Print print)
{
  std::ostringstream text;
  text << "[";
  bool first = true;
  for (const auto & value : values) {
    text << (first ? "" : ", ");
    first = false;
    print(text, value);
  }
  text << "]";
  return text.str();
}

const auto as_is = [](std::ostream & os, const auto & value) { os << value; };

}  // namespace

std::string to_string(const ParameterValue & value)
{
  const auto & message = value.to_value_msg();
  switch (value.get_type()) {
    case PARAMETER_NOT_SET:
      return "not set";
    case PARAMETER_BOOL:
      return message.bool_value ? "true" : "false";
    case PARAMETER_INTEGER:
      return std::to_string(message.integer_value);
    case PARAMETER_DOUBLE: {
      std::ostringstream text;
      text << message.double_value;
      return text.str();
    }
    case PARAMETER_STRING:
      return message.string_value;
    case PARAMETER_BYTE_ARRAY:
      return list(message.byte_array_value, [](std::ostream & os, uint8_t byte) {
        os << "0x" << std::hex << std::setw(2) << std::setfill('0') << static_cast<int>(byte);
      });
    case PARAMETER_BOOL_ARRAY:
      return list(message.bool_array_value,
                  [](std::ostream & os, bool flag) { os << (flag ? "true" : "false"); });
    case PARAMETER_INTEGER_ARRAY:
      return list(message.integer_array_value, as_is);
    case PARAMETER_DOUBLE_ARRAY:
      return list(message.double_array_value, as_is);
    case PARAMETER_STRING_ARRAY:
      return list(message.string_array_value,
                  [](std::ostream & os, const std::string & text) { os << '"' << text << '"'; });
  }
  return "unknown type";
}

Parameter Parameter::from_parameter_msg(const rcl_interfaces::msg::Parameter & message)
{
  return Parameter(message.name, ParameterValue(message.value));
}

rcl_interfaces::msg::Parameter Parameter::to_parameter_msg() const
{
  rcl_interfaces::msg::Parameter message;
  message.name = name_;
  message.value = value_.to_value_msg();
  return message;
}

std::ostream & operator<<(std::ostream & os, const Parameter & parameter)
{
  return os << "{\"name\": \"" << parameter.get_name() << "\", \"type\": \"" << parameter.get_type_name()
            << "\", \"value\": \"" << parameter.value_to_string() << "\"}";
}

std::ostream & operator<<(std::ostream & os, const std::vector<Parameter> & parameters)
{
  return os << list(parameters, as_is);
}

}  // namespace rclcpp
