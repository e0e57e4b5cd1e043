// SPDX-License-Identifier: Apache-2.0
#include "rclcpp_components/component_manager.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <functional>
#include <sstream>

#include "ament_index_cpp/get_resource.hpp"
#include "rclcpp_components/registry.hpp"

namespace rclcpp_components
{

using std::placeholders::_1;
using std::placeholders::_2;

ComponentManager::ComponentManager(std::weak_ptr<rclcpp::Executor> executor, std::string node_name,
                                   const rclcpp::NodeOptions & node_options)
    : rclcpp::Node(std::move(node_name), node_options), executor_(std::move(executor))
{
  load_service_ = create_service<LoadNode>("~/_container/load_node",
                                           std::bind(&ComponentManager::on_load_node, this, _1, _2));
  unload_service_ = create_service<UnloadNode>("~/_container/unload_node",
                                               std::bind(&ComponentManager::on_unload_node, this, _1, _2));
  list_service_ = create_service<ListNodes>("~/_container/list_nodes",
                                            std::bind(&ComponentManager::on_list_nodes, this, _1, _2));
}

ComponentManager::~ComponentManager()
{
  for (const auto & entry : node_wrappers_) {
    try {
      remove_node_from_executor(entry.first);
    } catch (const std::exception & error) {
      RCLCPP_ERROR(get_logger(), "could not remove a component from its executor: %s", error.what());
    }
  }
}

std::vector<ComponentManager::ComponentResource> ComponentManager::get_component_resources(
    const std::string & package_name, const std::string & resource_index) const
{
  std::string content;
  std::string prefix;
  if (!ament_index_cpp::get_resource(resource_index, package_name, content, &prefix)) {
    throw ComponentManagerException("Could not find requested resource in ament index: package '" +
                                    package_name + "' has no components (resource '" + resource_index + "')");
  }
  std::vector<ComponentResource> resources;
  std::istringstream lines(content);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) {
      continue;
    }
    const size_t separator = line.find(';');
    if (separator == std::string::npos || line.find(';', separator + 1) != std::string::npos) {
      throw ComponentManagerException("Invalid resource entry '" + line + "' of package '" + package_name +
                                      "'; allowed: <class>;<library>");
    }
    std::filesystem::path library(line.substr(separator + 1));
    if (!library.is_absolute()) {
      library = std::filesystem::path(prefix) / library;
    }
    resources.emplace_back(line.substr(0, separator), library.string());
  }
  return resources;
}

std::shared_ptr<NodeFactory> ComponentManager::create_component_factory(const ComponentResource & resource)
{
  const auto & [class_name, library] = resource;
  RCLCPP_INFO(get_logger(), "Load Library: %s", library.c_str());
  // Never unloaded: objects made by it may be destroyed as late as at exit.
  if (!dlopen(library.c_str(), RTLD_NOW)) {
    const char * reason = dlerror();
    throw ComponentManagerException("Failed to load library: " +
                                    std::string(reason ? reason : "unknown error"));
  }
  auto factory = detail::make_factory(class_name);
  if (!factory) {
    throw ComponentManagerException("library '" + library + "' does not register '" + class_name + "'");
  }
  return factory;
}

rclcpp::NodeOptions ComponentManager::create_node_options(const std::shared_ptr<LoadNode::Request> request)
{
  std::vector<std::string> arguments;
  const auto remap = [&arguments](const std::string & rule) {
    arguments.insert(arguments.end(), {"-r", rule});
  };
  std::for_each(request->remap_rules.begin(), request->remap_rules.end(), remap);
  if (!request->node_name.empty()) {
    remap("__node:=" + request->node_name);
  }
  if (!request->node_namespace.empty()) {
    remap("__ns:=" + request->node_namespace);
  }
  if (!arguments.empty()) {
    arguments.insert(arguments.begin(), "--ros-args");
  }
  rclcpp::NodeOptions options;
  // The container's own command line (its name, above all) is not for its components.
  options.use_global_arguments(false).arguments(arguments);
  for (const auto & parameter : request->parameters) {
    options.parameter_overrides().push_back(rclcpp::Parameter::from_parameter_msg(parameter));
  }
  for (const auto & message : request->extra_arguments) {
    const auto argument = rclcpp::Parameter::from_parameter_msg(message);
    const auto flag = [&argument]() {
      if (argument.get_type() != rclcpp::PARAMETER_BOOL) {
        throw ComponentManagerException("Extra component argument '" + argument.get_name() +
                                        "' must be a boolean");
      }
      return argument.as_bool();
    };
    if (argument.get_name() == "use_intra_process_comms") {
      options.use_intra_process_comms(flag());
    } else if (argument.get_name() == "forward_global_arguments") {
      options.use_global_arguments(flag());
      if (flag()) {
        RCLCPP_WARN(get_logger(), "forward_global_arguments: the container's remap rules apply to '%s'",
                    request->plugin_name.c_str());
      }
    } else {
      throw ComponentManagerException(
          "Extra component argument '" + argument.get_name() +
          "' is not known; allowed: use_intra_process_comms, forward_global_arguments");
    }
  }
  return options;
}

void ComponentManager::add_node_to_executor(uint64_t node_id)
{
  if (const auto executor = executor_.lock()) {
    executor->add_node(node_wrappers_.at(node_id).get_node_base_interface(), true);
  }
}

void ComponentManager::remove_node_from_executor(uint64_t node_id)
{
  if (const auto executor = executor_.lock()) {
    executor->remove_node(node_wrappers_.at(node_id).get_node_base_interface());
  }
}

void ComponentManager::on_load_node(const std::shared_ptr<LoadNode::Request> request,
                                    std::shared_ptr<LoadNode::Response> response)
{
  try {
    for (const auto & resource : get_component_resources(request->package_name)) {
      if (resource.first != request->plugin_name) {
        continue;
      }
      const auto factory = create_component_factory(resource);
      const auto options = create_node_options(request);
      RCLCPP_INFO(get_logger(), "Instantiate class: %s", resource.first.c_str());
      const uint64_t id = unique_id_++;
      auto & wrapper = node_wrappers_.emplace(id, factory->create_node_instance(options)).first->second;
      const auto node = wrapper.get_node_base_interface();
      if (request->log_level != 0) {
        rclcpp::get_node_logger(node->get_rcl_node_handle())
            .set_level(static_cast<rclcpp::Logger::Level>(request->log_level));
      }
      add_node_to_executor(id);
      response->full_node_name = node->get_fully_qualified_name();
      response->unique_id = id;
      response->success = true;
      return;
    }
    throw ComponentManagerException("Failed to find class with the requested plugin name '" +
                                    request->plugin_name + "' in package '" + request->package_name + "'");
  } catch (const std::exception & error) {
    RCLCPP_ERROR(get_logger(), "%s", error.what());
    response->success = false;
    response->error_message = error.what();
  }
}

void ComponentManager::on_unload_node(const std::shared_ptr<UnloadNode::Request> request,
                                      std::shared_ptr<UnloadNode::Response> response)
{
  const auto found = node_wrappers_.find(request->unique_id);
  response->success = found != node_wrappers_.end();
  if (!response->success) {
    response->error_message = "No node found with unique_id: " + std::to_string(request->unique_id);
    RCLCPP_WARN(get_logger(), "%s", response->error_message.c_str());
    return;
  }
  remove_node_from_executor(found->first);
  node_wrappers_.erase(found);
}

void ComponentManager::on_list_nodes(const std::shared_ptr<ListNodes::Request> /*request*/,
                                     std::shared_ptr<ListNodes::Response> response)
{
  for (auto & [id, wrapper] : node_wrappers_) {
    response->unique_ids.push_back(id);
    response->full_node_names.emplace_back(wrapper.get_node_base_interface()->get_fully_qualified_name());
  }
}

}  // namespace rclcpp_components
