// SPDX-License-Identifier: Apache-2.0
#ifndef SIGNAL_HANDLER_HPP_
#define SIGNAL_HANDLER_HPP_

#include <csignal>
#include <mutex>
#include <thread>

#include "rclcpp/utilities.hpp"

namespace rclcpp::detail
{

/// Turns SIGINT and SIGTERM into a shutdown of the contexts. The handler itself only raises a semaphore;
/// a thread does the rest, since next to nothing may be done inside of a handler.
class SignalHandler
{
 public:
  static SignalHandler & get();
  ~SignalHandler();

  bool install(SignalHandlerOptions options);
  bool uninstall();
  SignalHandlerOptions installed();

 private:
  SignalHandler();
  void wait_for_signals();

  std::mutex mutex_;
  SignalHandlerOptions installed_ = SignalHandlerOptions::None;
  std::thread thread_;
};

}  // namespace rclcpp::detail

#endif  // SIGNAL_HANDLER_HPP_
