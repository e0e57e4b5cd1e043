// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP_COMPONENTS__RUN_COMPONENT_HPP_
#define RCLCPP_COMPONENTS__RUN_COMPONENT_HPP_

#include <dlfcn.h>

#include <exception>
#include <string>

#include "rclcpp/rclcpp.hpp"
#include "rclcpp_components/registry.hpp"

namespace rclcpp_components
{

/// Body of the executables that rclcpp_components_register_node() makes: load the library, make the
/// component, spin until shutdown. In a header, so that the library is searched along the executable's own
/// run path.
/// \return the exit code: 0 after a shutdown, 1 if the component could not be made or threw
template <typename ExecutorT>
int run_component(int argc, char ** argv, const std::string & class_name, const std::string & library,
                  const std::string & executable)
{
  const auto arguments = rclcpp::init_and_remove_ros_arguments(argc, argv);
  const auto logger = rclcpp::get_logger(executable);
  int code = 0;
  // Never unloaded: objects made by it may be destroyed as late as at exit.
  if (!dlopen(library.c_str(), RTLD_NOW)) {
    RCLCPP_FATAL(logger, "could not load library '%s': %s", library.c_str(), dlerror());
    code = 1;
  } else if (const auto factory = detail::make_factory(class_name)) {
    try {
      ExecutorT executor;
      auto component = factory->create_node_instance(rclcpp::NodeOptions().arguments(arguments));
      executor.add_node(component.get_node_base_interface());
      executor.spin();
      executor.remove_node(component.get_node_base_interface());
    } catch (const std::exception & error) {
      RCLCPP_FATAL(logger, "component '%s': %s", class_name.c_str(), error.what());
      code = 1;
    }
  } else {
    RCLCPP_FATAL(logger, "library '%s' does not register '%s'; is RCLCPP_COMPONENTS_REGISTER_NODE missing?",
                 library.c_str(), class_name.c_str());
    code = 1;
  }
  rclcpp::shutdown();
  return code;
}

}  // namespace rclcpp_components

#endif  // RCLCPP_COMPONENTS__RUN_COMPONENT_HPP_
