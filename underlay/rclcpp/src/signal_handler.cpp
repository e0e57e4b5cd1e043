// SPDX-License-Identifier: Apache-2.0
#include "signal_handler.hpp"

#include <pthread.h>
#include <semaphore.h>

#include <atomic>
#include <cerrno>
#include <exception>

#include "rclcpp/logging.hpp"

namespace rclcpp::detail
{

namespace
{

// What the handler touches: plain objects that live as long as the process.
sem_t signals;
std::atomic_bool stop{false};
std::atomic_int last_signal{0};
struct sigaction old_sigint;
struct sigaction old_sigterm;

void handler(int number, siginfo_t * info, void * context)
{
  const int saved = errno;
  const auto & old = number == SIGINT ? old_sigint : old_sigterm;
  if (old.sa_flags & SA_SIGINFO) {
    if (old.sa_sigaction) {
      old.sa_sigaction(number, info, context);
    }
  } else if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN) {
    old.sa_handler(number);
  }
  last_signal.store(number);
  sem_post(&signals);
  errno = saved;
}

void replace(int number, struct sigaction & old)
{
  struct sigaction action{};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, &old);
}

}  // namespace

SignalHandler::SignalHandler()
{
  sem_init(&signals, 0, 0);
  // A static that this object uses while it is destroyed must be made before it.
  contexts::get_global_default_context();
}

SignalHandler & SignalHandler::get()
{
  static SignalHandler instance;
  return instance;
}

SignalHandler::~SignalHandler()
{
  uninstall();
  if (thread_.joinable()) {
    thread_.join();
  }
}

bool SignalHandler::install(SignalHandlerOptions options)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  if (options == SignalHandlerOptions::None || installed_ != SignalHandlerOptions::None) {
    return false;
  }
  if (thread_.joinable()) {
    thread_.join();  // of an uninstall that was called from that thread
  }
  stop = false;
  // A signal that came when the handlers went is not for the contexts of today.
  last_signal = 0;
  while (sem_trywait(&signals) == 0) {
  }
  // The thread takes no signals itself, so that they interrupt the program's own calls.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread(&SignalHandler::wait_for_signals, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (options != SignalHandlerOptions::SigTerm) {
    replace(SIGINT, old_sigint);
  }
  if (options != SignalHandlerOptions::SigInt) {
    replace(SIGTERM, old_sigterm);
  }
  installed_ = options;
  return true;
}

bool SignalHandler::uninstall()
{
  const std::lock_guard<std::mutex> lock(mutex_);
  if (installed_ == SignalHandlerOptions::None) {
    return false;
  }
  if (installed_ != SignalHandlerOptions::SigTerm) {
    sigaction(SIGINT, &old_sigint, nullptr);
  }
  if (installed_ != SignalHandlerOptions::SigInt) {
    sigaction(SIGTERM, &old_sigterm, nullptr);
  }
  installed_ = SignalHandlerOptions::None;
  stop = true;
  sem_post(&signals);
  if (std::this_thread::get_id() != thread_.get_id()) {
    thread_.join();
  }
  return true;
}

SignalHandlerOptions SignalHandler::installed()
{
  const std::lock_guard<std::mutex> lock(mutex_);
  return installed_;
}

void SignalHandler::wait_for_signals()
{
  while (!stop) {
    if (sem_wait(&signals) != 0 || stop) {
      continue;
    }
    const int number = last_signal.exchange(0);
    if (number == 0) {
      continue;
    }
    RCLCPP_INFO(get_logger("rclcpp"), "signal_handler(signum=%d)", number);
    for (const auto & context : get_contexts()) {
      if (context->get_init_options().shutdown_on_signal) {
        try {
          context->shutdown("signal handler");
        } catch (const std::exception & error) {
          RCLCPP_ERROR(get_logger("rclcpp"), "shutdown on signal failed: %s", error.what());
        }
      }
    }
  }
}

}  // namespace rclcpp::detail
