// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__NODE_MAIN_HPP_
#define CARLA_GATEWAY__NODE_MAIN_HPP_

#include <signal.h>
#include <sysexits.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <rclcpp/rclcpp.hpp>
#include <stdexcept>
#include <string>

namespace carla_gateway
{

/// Runs a component in a process of its own; returns the exit code. The generated main of rclcpp_components
/// would end in std::terminate when the node cannot start; here launch files and people get a message and an
/// exit code: EX_CONFIG (78) when starting again cannot help.
/// @param failed whether a node that has ended did so with an error
template <typename Node, typename... ConfigurationErrors>
int run_node(const std::string & name, const std::function<bool(const Node &)> & failed)
{
  const auto logger = rclcpp::get_logger(name);
  std::shared_ptr<Node> node;
  try {
    // The executor first: it cannot be made any more once a signal has ended ROS.
    rclcpp::executors::SingleThreadedExecutor executor;
    node = std::make_shared<Node>(rclcpp::NodeOptions());
    executor.add_node(node);
    executor.spin();
  } catch (const std::invalid_argument & error) {
    RCLCPP_FATAL(logger, "%s", error.what());
    return EX_CONFIG;
  } catch (const std::exception & error) {
    if ((... || (dynamic_cast<const ConfigurationErrors *>(&error) != nullptr))) {
      RCLCPP_FATAL(logger, "%s", error.what());
      return EX_CONFIG;
    }
    // A signal during the start makes whatever is under way fail; that is an end as asked for, not an error.
    if (rclcpp::ok()) {
      RCLCPP_FATAL(logger, "%s", error.what());
      return EXIT_FAILURE;
    }
  }
  return node && failed(*node) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/// The main function of such a process: starts ROS, and leaves signals to it.
inline int main_of(int argc, char ** argv, const char * name, const std::function<int()> & run)
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
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return EX_CONFIG;
  }
  const int code = run();
  rclcpp::shutdown();
  return code;
}

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__NODE_MAIN_HPP_
