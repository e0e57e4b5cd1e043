// SPDX-License-Identifier: Apache-2.0
#include "rclcpp_components/registry.hpp"

#include <map>
#include <mutex>
#include <utility>

namespace rclcpp_components::detail
{

namespace
{

struct Table
{
  std::mutex mutex;
  std::map<std::string, MakeFactory> factories;
};

// Libraries register while they are loaded, which may be before static objects of this one exist.
Table & table()
{
  static Table instance;
  return instance;
}

}  // namespace

void register_factory(const std::string & class_name, MakeFactory make)
{
  const std::lock_guard<std::mutex> lock(table().mutex);
  table().factories[class_name] = std::move(make);
}

std::shared_ptr<NodeFactory> make_factory(const std::string & class_name)
{
  const std::lock_guard<std::mutex> lock(table().mutex);
  const auto found = table().factories.find(class_name);
  return found == table().factories.end() ? nullptr : found->second();
}

std::vector<std::string> registered_classes()
{
  const std::lock_guard<std::mutex> lock(table().mutex);
  std::vector<std::string> names;
  for (const auto & [name, make] : table().factories) {
    names.push_back(name);
  }
  return names;
}

}  // namespace rclcpp_components::detail
