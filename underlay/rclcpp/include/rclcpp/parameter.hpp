// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__PARAMETER_HPP_
#define RCLCPP__PARAMETER_HPP_

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "rcl_interfaces/msg/parameter.hpp"
#include "rclcpp/exceptions/exceptions.hpp"
#include "rclcpp/parameter_value.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

/// A parameter: name and value.
class RCLCPP_PUBLIC Parameter
{
 public:
  Parameter() = default;
  explicit Parameter(const std::string & name) : name_(name) {}
  Parameter(const std::string & name, const ParameterValue & value) : name_(name), value_(value) {}
  template <typename ValueT>
  Parameter(const std::string & name, ValueT value) : Parameter(name, ParameterValue(value))
  {
  }

  bool operator==(const Parameter & other) const { return name_ == other.name_ && value_ == other.value_; }
  bool operator!=(const Parameter & other) const { return !(*this == other); }

  ParameterType get_type() const { return value_.get_type(); }
  std::string get_type_name() const { return to_string(get_type()); }
  const std::string & get_name() const { return name_; }
  const rcl_interfaces::msg::ParameterValue & get_value_message() const { return value_.to_value_msg(); }
  const ParameterValue & get_parameter_value() const { return value_; }

  template <ParameterType type>
  decltype(auto) get_value() const
  {
    return value_.get<type>();
  }
  /// \throws InvalidParameterTypeException (names the parameter) if the value is of another type
  template <typename T>
  decltype(auto) get_value() const
  {
    try {
      if constexpr (std::is_same_v<T, ParameterValue>) {
        return static_cast<const ParameterValue &>(value_);
      } else if constexpr (std::is_same_v<T, rcl_interfaces::msg::ParameterValue>) {
        return static_cast<const rcl_interfaces::msg::ParameterValue &>(value_.to_value_msg());
      } else if constexpr (std::is_same_v<T, Parameter>) {
        return static_cast<const Parameter &>(*this);
      } else {
        return value_.get<T>();
      }
    } catch (const ParameterTypeException & error) {
      throw exceptions::InvalidParameterTypeException(name_, error.what());
    }
  }

  bool as_bool() const { return get_value<bool>(); }
  int64_t as_int() const { return get_value<int64_t>(); }
  double as_double() const { return get_value<double>(); }
  const std::string & as_string() const { return get_value<std::string>(); }
  const std::vector<uint8_t> & as_byte_array() const { return get_value<std::vector<uint8_t>>(); }
  const std::vector<bool> & as_bool_array() const { return get_value<std::vector<bool>>(); }
  const std::vector<int64_t> & as_integer_array() const { return get_value<std::vector<int64_t>>(); }
  const std::vector<double> & as_double_array() const { return get_value<std::vector<double>>(); }
  const std::vector<std::string> & as_string_array() const { return get_value<std::vector<std::string>>(); }

  static Parameter from_parameter_msg(const rcl_interfaces::msg::Parameter & message);
  rcl_interfaces::msg::Parameter to_parameter_msg() const;
  std::string value_to_string() const { return to_string(value_); }

 private:
  std::string name_;
  ParameterValue value_;
};

RCLCPP_PUBLIC std::ostream & operator<<(std::ostream & os, const Parameter & parameter);
RCLCPP_PUBLIC std::ostream & operator<<(std::ostream & os, const std::vector<Parameter> & parameters);

}  // namespace rclcpp

#endif  // RCLCPP__PARAMETER_HPP_
