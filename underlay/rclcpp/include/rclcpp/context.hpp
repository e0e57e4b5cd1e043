// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__CONTEXT_HPP_
#define RCLCPP__CONTEXT_HPP_

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <typeindex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rcl/context.h"
#include "rclcpp/init_options.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/visibility_control.hpp"

namespace rclcpp
{

class ContextAlreadyInitialized : public std::runtime_error
{
 public:
  ContextAlreadyInitialized() : std::runtime_error("context is already initialized") {}
};

using OnShutdownCallback = std::function<void()>;
using PreShutdownCallback = std::function<void()>;

/// Names a callback, for its removal.
class ShutdownCallbackHandle
{
 public:
  using ShutdownCallbackType = std::function<void()>;

 private:
  friend class Context;
  std::weak_ptr<ShutdownCallbackType> callback;
};
using OnShutdownCallbackHandle = ShutdownCallbackHandle;
using PreShutdownCallbackHandle = ShutdownCallbackHandle;

/// One life of ROS in a process, from init to shutdown. Nodes and executors keep its rcl handle alive,
/// so the order in which they and the context are destroyed is free.
class RCLCPP_PUBLIC Context : public std::enable_shared_from_this<Context>
{
 public:
  RCLCPP_SMART_PTR_DEFINITIONS_NOT_COPYABLE(Context)

  Context();
  /// Shuts down if that was not done yet; never throws.
  virtual ~Context();

  /// \throws ContextAlreadyInitialized if it is valid; RCLInvalidROSArgsError, UnknownROSArgsError
  virtual void init(int argc, char const * const * argv, const InitOptions & init_options = InitOptions());
  bool is_valid() const;
  const InitOptions & get_init_options() const { return init_options_; }
  size_t get_domain_id() const;
  std::string shutdown_reason() const;

  /// Run the callbacks, end ROS, wake executors and sleepers; then throw what a callback threw.
  /// \return false if it was shut down before
  virtual bool shutdown(const std::string & reason);

  virtual OnShutdownCallback on_shutdown(OnShutdownCallback callback);
  virtual OnShutdownCallbackHandle add_on_shutdown_callback(OnShutdownCallback callback);
  virtual bool remove_on_shutdown_callback(const OnShutdownCallbackHandle & handle);
  virtual PreShutdownCallbackHandle add_pre_shutdown_callback(PreShutdownCallback callback);
  virtual bool remove_pre_shutdown_callback(const PreShutdownCallbackHandle & handle);

  /// What exists once per context, made when it is asked for first.
  template <typename SubContext, typename... Args>
  std::shared_ptr<SubContext> get_sub_context(Args &&... args)
  {
    const std::lock_guard<std::mutex> lock(sub_contexts_mutex_);
    auto & found = sub_contexts_[std::type_index(typeid(SubContext))];
    if (!found) {
      found = std::make_shared<SubContext>(std::forward<Args>(args)...);
    }
    return std::static_pointer_cast<SubContext>(found);
  }

  std::shared_ptr<rcl_context_t> get_rcl_context() { return rcl_context_; }

  /// Sleep for the time or until shutdown.
  /// \return whether the context is still valid
  bool sleep_for(const std::chrono::nanoseconds & nanoseconds);
  virtual void interrupt_all_sleep_for();

 private:
  using Callbacks = std::list<std::shared_ptr<std::function<void()>>>;
  /// \return the first exception that came out of a callback, after all of them ran
  static std::exception_ptr run(const Callbacks & callbacks);

  mutable std::recursive_mutex init_mutex_;
  std::shared_ptr<rcl_context_t> rcl_context_;
  InitOptions init_options_;
  std::string shutdown_reason_;

  std::mutex callbacks_mutex_;
  Callbacks on_shutdown_callbacks_;
  Callbacks pre_shutdown_callbacks_;

  std::mutex sub_contexts_mutex_;
  std::unordered_map<std::type_index, std::shared_ptr<void>> sub_contexts_;

  std::mutex sleep_mutex_;
  std::condition_variable sleep_condition_;
};

/// The contexts that are initialized now.
RCLCPP_PUBLIC std::vector<Context::SharedPtr> get_contexts();

}  // namespace rclcpp

#endif  // RCLCPP__CONTEXT_HPP_
