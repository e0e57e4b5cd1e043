// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sysexits.h>

#include <csignal>
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
  std::shared_ptr<carla_gateway::GatewayNode> node;
  try {
    // The executor first: it cannot be made any more once a signal has ended ROS.
    rclcpp::executors::SingleThreadedExecutor executor;
    node = std::make_shared<carla_gateway::GatewayNode>(rclcpp::NodeOptions());
    executor.add_node(node);
    executor.spin();
  } catch (const carla_gateway::NameTaken & error) {
    RCLCPP_FATAL(logger, "%s", error.what());
    return EX_CONFIG;
  } catch (const std::invalid_argument & error) {
    RCLCPP_FATAL(logger, "%s", error.what());
    return EX_CONFIG;
  } catch (const std::exception & error) {
    // A signal during the start makes whatever is under way fail; that is an end as asked for, not an error.
    if (rclcpp::ok()) {
      RCLCPP_FATAL(logger, "%s", error.what());
      return EXIT_FAILURE;
    }
  }
  return node && node->failed() ? EXIT_FAILURE : EXIT_SUCCESS;
}

}  // namespace

/// The component in a process of its own. The generated main of rclcpp_components would end in std::terminate
/// when the node cannot start; here launch files and people get a message and an exit code: EX_CONFIG (78)
/// when starting again cannot help.
int main(int argc, char ** argv)
{
  // rclcpp gives signals back while the node is being taken down; a second one must not cut that short.
  // Blocked until rclcpp has its handlers, so that none is lost either.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  sigprocmask(SIG_BLOCK, &ending, nullptr);
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  try {
    rclcpp::init(argc, argv);
    sigprocmask(SIG_UNBLOCK, &ending, nullptr);
  } catch (const std::exception & error) {
    std::fprintf(stderr, "gateway_node: %s\n", error.what());
    return EX_CONFIG;
  }
  const int code = run();
  rclcpp::shutdown();
  return code;
}
