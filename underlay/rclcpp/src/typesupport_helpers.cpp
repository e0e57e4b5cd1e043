// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/typesupport_helpers.hpp"

#include <array>
#include <stdexcept>

#include "ament_index_cpp/get_package_prefix.hpp"

namespace rclcpp
{

namespace
{

/// Package, kind (`msg`) and name of a type; the kind may be left out.
std::array<std::string, 3> parts_of(const std::string & type)
{
  const auto first = type.find('/');
  const auto last = type.rfind('/');
  if (first == std::string::npos || first == 0 || last + 1 == type.size()) {
    throw std::runtime_error("'" + type + "' is no message type; expected e.g. std_msgs/msg/String");
  }
  const std::string kind = first == last ? "msg" : type.substr(first + 1, last - first - 1);
  return {type.substr(0, first), kind, type.substr(last + 1)};
}

}  // namespace

std::shared_ptr<rcpputils::SharedLibrary> get_typesupport_library(const std::string & type,
                                                                  const std::string & typesupport_identifier)
{
  const auto [package, kind, name] = parts_of(type);
  std::string prefix;
  try {
    prefix = ament_index_cpp::get_package_prefix(package);
  } catch (const std::exception & error) {
    throw std::runtime_error("package '" + package + "' of type '" + type + "' not found: " + error.what());
  }
  const std::string path = prefix + "/lib/lib" + package + "__" + typesupport_identifier + ".so";
  try {
    return std::make_shared<rcpputils::SharedLibrary>(path);
  } catch (const std::exception & error) {
    throw std::runtime_error("type support library '" + path + "' cannot be loaded: " + error.what());
  }
}

const rosidl_message_type_support_t * get_message_typesupport_handle(
    const std::string & type, const std::string & typesupport_identifier, rcpputils::SharedLibrary & library)
{
  const auto [package, kind, name] = parts_of(type);
  const std::string symbol =
      typesupport_identifier + "__get_message_type_support_handle__" + package + "__" + kind + "__" + name;
  if (!library.has_symbol(symbol)) {
    throw std::runtime_error("type '" + type + "' is not in '" + library.get_library_path() + "'");
  }
  using Getter = const rosidl_message_type_support_t * (*)();
  return reinterpret_cast<Getter>(library.get_symbol(symbol))();
}

}  // namespace rclcpp
