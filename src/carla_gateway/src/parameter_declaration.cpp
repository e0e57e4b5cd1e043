// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/parameter_declaration.hpp"

#include <algorithm>

namespace carla_gateway
{
namespace
{

// The name is part of topics and of a socket name, which has 107 bytes in all.
constexpr std::size_t kMaxNameLength = 32;

bool is_name(const std::string & text)
{
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && text.size() <= kMaxNameLength && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

using rcl_interfaces::msg::ParameterDescriptor;

ParameterDescriptor described(const std::string & description, const std::string & allowed)
{
  ParameterDescriptor descriptor;
  descriptor.description = description;
  descriptor.additional_constraints = allowed;
  descriptor.read_only = true;
  return descriptor;
}

double declare_number(rclcpp::Node & node, const std::string & name, double fallback, double least,
                      double most, const std::string & description)
{
  auto descriptor = described(description, rclcpp::to_string(rclcpp::ParameterValue(least)) + " to " +
                                               rclcpp::to_string(rclcpp::ParameterValue(most)));
  descriptor.floating_point_range.resize(1);
  descriptor.floating_point_range[0].from_value = least;
  descriptor.floating_point_range[0].to_value = most;
  return declare<double>(node, name, fallback, descriptor);
}

std::size_t declare_count(rclcpp::Node & node, const std::string & name, std::size_t fallback,
                          std::size_t least, std::size_t most, const std::string & description)
{
  auto descriptor = described(description, std::to_string(least) + " to " + std::to_string(most));
  descriptor.integer_range.resize(1);
  descriptor.integer_range[0].from_value = static_cast<std::int64_t>(least);
  descriptor.integer_range[0].to_value = static_cast<std::int64_t>(most);
  descriptor.integer_range[0].step = 1;
  return static_cast<std::size_t>(
      declare<std::int64_t>(node, name, static_cast<std::int64_t>(fallback), descriptor));
}

std::size_t declare_choice(rclcpp::Node & node, const std::string & name,
                           const std::vector<std::string> & words, const std::string & description)
{
  std::string allowed;
  for (const std::string & word : words) {
    allowed += (allowed.empty() ? "'" : " or '") + word + "'";
  }
  const auto value = declare<std::string>(node, name, words.front(), described(description, allowed));
  const auto found = std::find(words.begin(), words.end(), value);
  if (found == words.end()) {
    throw std::invalid_argument("parameter '" + name + "' is '" + value + "', " + allowed + " is allowed");
  }
  return static_cast<std::size_t>(found - words.begin());
}

std::string declare_simulator(rclcpp::Node & node)
{
  const auto simulator =
      described("Lock-step group that this gateway serves: part of its topic names and of its socket's name.",
                "up to 32 letters, digits and underscores, not starting with a digit,");
  const auto name = declare<std::string>(node, "simulator", "sim0", simulator);
  if (!is_name(name)) {
    throw std::invalid_argument("parameter 'simulator' is '" + name + "', " +
                                simulator.additional_constraints + " is allowed");
  }
  return name;
}

std::string declare_topic_prefix(rclcpp::Node & node)
{
  const auto prefix = described("Before the topics of sensors, egos and world.", "an absolute topic name");
  const auto given = declare<std::string>(node, "topic_prefix", "/carla", prefix);
  if (given.size() < 2 || given.front() != '/' || given.back() == '/') {
    throw std::invalid_argument("parameter 'topic_prefix' is '" + given + "', " +
                                prefix.additional_constraints + " is allowed");
  }
  return given;
}

}  // namespace carla_gateway
