// SPDX-License-Identifier: Apache-2.0
#include <sysexits.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <rclcpp/rclcpp.hpp>
#include <stdexcept>

#include "carla_gateway/gateway_node.hpp"

namespace
{

int run()
{
  const auto logger = rclcpp::get_logger("gateway");
  try {
    const auto node = std::make_shared<carla_gateway::GatewayNode>(rclcpp::NodeOptions());
    rclcpp::spin(node);
    return node->failed() ? EXIT_FAILURE : EXIT_SUCCESS;
  } catch (const carla_gateway::NameTaken & error) {
    RCLCPP_FATAL(logger, "%s", error.what());
    return EX_CONFIG;
  } catch (const std::invalid_argument & error) {
    RCLCPP_FATAL(logger, "%s", error.what());
    return EX_CONFIG;
  } catch (const std::exception & error) {
    RCLCPP_FATAL(logger, "%s", error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace

/// The component in a process of its own. The generated main of rclcpp_components would end in std::terminate
/// when the node cannot start; here launch files and people get a message and an exit code: EX_CONFIG (78)
/// when starting again cannot help.
int main(int argc, char ** argv)
{
  try {
    rclcpp::init(argc, argv);
  } catch (const std::exception & error) {
    std::fprintf(stderr, "gateway_node: %s\n", error.what());
    return EX_CONFIG;
  }
  const int code = run();
  rclcpp::shutdown();
  return code;
}
