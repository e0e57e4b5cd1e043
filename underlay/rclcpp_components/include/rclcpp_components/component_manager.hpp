// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP_COMPONENTS__COMPONENT_MANAGER_HPP_
#define RCLCPP_COMPONENTS__COMPONENT_MANAGER_HPP_

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "composition_interfaces/srv/list_nodes.hpp"
#include "composition_interfaces/srv/load_node.hpp"
#include "composition_interfaces/srv/unload_node.hpp"
#include "rclcpp/rclcpp.hpp"
#include "rclcpp_components/node_factory.hpp"
#include "rclcpp_components/node_instance_wrapper.hpp"

namespace rclcpp_components
{

class ComponentManagerException : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

/// The node of a container: loads, unloads and lists components on request and adds them to an executor.
class RCLCPP_PUBLIC ComponentManager : public rclcpp::Node
{
 public:
  using LoadNode = composition_interfaces::srv::LoadNode;
  using UnloadNode = composition_interfaces::srv::UnloadNode;
  using ListNodes = composition_interfaces::srv::ListNodes;
  /// Class and the path of its library.
  using ComponentResource = std::pair<std::string, std::string>;

  ComponentManager(std::weak_ptr<rclcpp::Executor> executor = std::weak_ptr<rclcpp::Executor>(),
                   std::string node_name = "ComponentManager",
                   const rclcpp::NodeOptions & node_options = rclcpp::NodeOptions()
                                                                  .start_parameter_services(false)
                                                                  .start_parameter_event_publisher(false));
  ~ComponentManager() override;

  void set_executor(const std::weak_ptr<rclcpp::Executor> executor) { executor_ = executor; }

  /// What a package registered in the ament index.
  /// \throws ComponentManagerException if it registered nothing or an entry is malformed
  virtual std::vector<ComponentResource> get_component_resources(
      const std::string & package_name, const std::string & resource_index = "rclcpp_components") const;
  /// Load the library and find the class in it.
  /// \throws ComponentManagerException
  virtual std::shared_ptr<NodeFactory> create_component_factory(const ComponentResource & resource);

 protected:
  virtual rclcpp::NodeOptions create_node_options(const std::shared_ptr<LoadNode::Request> request);
  virtual void add_node_to_executor(uint64_t node_id);
  virtual void remove_node_from_executor(uint64_t node_id);
  virtual void on_load_node(const std::shared_ptr<LoadNode::Request> request,
                            std::shared_ptr<LoadNode::Response> response);
  virtual void on_unload_node(const std::shared_ptr<UnloadNode::Request> request,
                              std::shared_ptr<UnloadNode::Response> response);
  virtual void on_list_nodes(const std::shared_ptr<ListNodes::Request> request,
                             std::shared_ptr<ListNodes::Response> response);

  std::weak_ptr<rclcpp::Executor> executor_;
  uint64_t unique_id_ = 1;
  std::map<uint64_t, NodeInstanceWrapper> node_wrappers_;

 private:
  rclcpp::Service<LoadNode>::SharedPtr load_service_;
  rclcpp::Service<UnloadNode>::SharedPtr unload_service_;
  rclcpp::Service<ListNodes>::SharedPtr list_service_;
};

}  // namespace rclcpp_components

#endif  // RCLCPP_COMPONENTS__COMPONENT_MANAGER_HPP_
