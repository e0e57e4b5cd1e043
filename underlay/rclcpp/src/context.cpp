// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/context.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "logging_mutex.hpp"
#include "rcl/domain_id.h"
#include "rcl/init.h"
#include "rcl_arguments.hpp"
#include "rclcpp/contexts/default_context.hpp"
#include "rclcpp/exceptions/exceptions.hpp"
#include "rcutils/logging_macros.h"

namespace rclcpp
{

namespace
{

// Contexts that are initialized. Leaked on purpose: a context may outlive any static object.
struct Registry
{
  std::mutex mutex;
  std::vector<std::weak_ptr<Context>> contexts;
};

Registry & registry()
{
  static Registry * const instance = new Registry();
  return *instance;
}

}  // namespace

InitOptions::InitOptions(rcl_allocator_t allocator) : options_(rcl_get_zero_initialized_init_options())
{
  const rcl_ret_t ret = rcl_init_options_init(&options_, allocator);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to initialize rcl init options");
  }
}

InitOptions::InitOptions(const InitOptions & other)
    : shutdown_on_signal(other.shutdown_on_signal),
      options_(rcl_get_zero_initialized_init_options()),
      initialize_logging_(other.initialize_logging_)
{
  const rcl_ret_t ret = rcl_init_options_copy(&other.options_, &options_);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to copy rcl init options");
  }
}

InitOptions & InitOptions::operator=(const InitOptions & other)
{
  if (this != &other) {
    InitOptions copy(other);
    std::swap(options_, copy.options_);
    shutdown_on_signal = other.shutdown_on_signal;
    initialize_logging_ = other.initialize_logging_;
  }
  return *this;
}

InitOptions::~InitOptions()
{
  if (options_.impl && rcl_init_options_fini(&options_) != RCL_RET_OK) {
    rcl_reset_error();
  }
}

InitOptions & InitOptions::auto_initialize_logging(bool initialize_logging)
{
  initialize_logging_ = initialize_logging;
  return *this;
}

void InitOptions::use_default_domain_id()
{
  size_t id = RCL_DEFAULT_DOMAIN_ID;
  const rcl_ret_t ret = rcl_get_default_domain_id(&id);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to get default domain id");
  }
  set_domain_id(id);
}

void InitOptions::set_domain_id(size_t domain_id)
{
  const rcl_ret_t ret = rcl_init_options_set_domain_id(&options_, domain_id);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to set domain id to rcl init options");
  }
}

size_t InitOptions::get_domain_id() const
{
  size_t id = 0;
  const rcl_ret_t ret = rcl_init_options_get_domain_id(&options_, &id);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to get domain id from rcl init options");
  }
  return id;
}

Context::Context() = default;

Context::~Context()
{
  try {
    shutdown("context destructor was called while still not shutdown");
  } catch (const std::exception & error) {
    RCUTILS_LOG_ERROR_NAMED("rclcpp", "shutdown in ~Context() failed: %s", error.what());
  }
}

void Context::init(int argc, char const * const * argv, const InitOptions & init_options)
{
  const std::lock_guard<std::recursive_mutex> lock(init_mutex_);
  if (is_valid()) {
    throw ContextAlreadyInitialized();
  }
  auto context = std::make_unique<rcl_context_t>(rcl_get_zero_initialized_context());
  const rcl_ret_t ret = rcl_init(argc, argv, init_options.get_rcl_init_options(), context.get());
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to initialize rcl");
  }
  auto logs = std::make_shared<bool>(false);
  // The handle goes with the last node, executor or context that holds it.
  std::shared_ptr<rcl_context_t> handle(context.release(), [logs](rcl_context_t * raw) {
    if (rcl_context_is_valid(raw) && rcl_shutdown(raw) != RCL_RET_OK) {
      rcl_reset_error();
    }
    if (*logs) {
      detail::release_logging();
    }
    if (rcl_context_fini(raw) != RCL_RET_OK) {
      rcl_reset_error();
    }
    delete raw;
  });
  if (init_options.auto_initialize_logging()) {
    detail::acquire_logging(handle->global_arguments, rcl_get_default_allocator());
    *logs = true;
  }
  auto unknown = detail::unparsed_ros_arguments(argc, argv, handle->global_arguments);
  if (!unknown.empty()) {
    throw exceptions::UnknownROSArgsError(std::move(unknown));
  }
  std::atomic_store(&rcl_context_, std::move(handle));
  init_options_ = init_options;
  shutdown_reason_.clear();
  if (const auto self = weak_from_this().lock()) {
    const std::lock_guard<std::mutex> registry_lock(registry().mutex);
    registry().contexts.push_back(self);
  }
}

bool Context::is_valid() const
{
  // Without the lock: executors ask once per callback, and shutdown may be holding it.
  const auto handle = std::atomic_load(&rcl_context_);
  return handle && rcl_context_is_valid(handle.get());
}

size_t Context::get_domain_id() const
{
  size_t id = 0;
  const rcl_ret_t ret = rcl_context_get_domain_id(rcl_context_.get(), &id);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to get domain id from context");
  }
  return id;
}

std::string Context::shutdown_reason() const
{
  const std::lock_guard<std::recursive_mutex> lock(init_mutex_);
  return shutdown_reason_;
}

std::exception_ptr Context::run(const Callbacks & callbacks)
{
  // A callback that throws must not keep executors from being woken by theirs.
  std::exception_ptr first;
  for (const auto & callback : callbacks) {
    try {
      (*callback)();
    } catch (...) {
      first = first ? first : std::current_exception();
    }
  }
  return first;
}

bool Context::shutdown(const std::string & reason)
{
  const std::lock_guard<std::recursive_mutex> lock(init_mutex_);
  if (!is_valid()) {
    return false;
  }
  Callbacks callbacks;
  {
    const std::lock_guard<std::mutex> callbacks_lock(callbacks_mutex_);
    callbacks = pre_shutdown_callbacks_;
  }
  std::exception_ptr thrown = run(callbacks);
  if (!is_valid()) {
    return false;  // one of them did it
  }
  const rcl_ret_t ret = rcl_shutdown(rcl_context_.get());
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to shut down");
  }
  shutdown_reason_ = reason;
  {
    const std::lock_guard<std::mutex> registry_lock(registry().mutex);
    auto & contexts = registry().contexts;
    contexts.erase(std::remove_if(contexts.begin(), contexts.end(),
                                  [this](const std::weak_ptr<Context> & weak) {
                                    const auto context = weak.lock();
                                    return !context || context.get() == this;
                                  }),
                   contexts.end());
  }
  {
    const std::lock_guard<std::mutex> callbacks_lock(callbacks_mutex_);
    callbacks = on_shutdown_callbacks_;
  }
  const std::exception_ptr thrown_later = run(callbacks);
  interrupt_all_sleep_for();
  thrown = thrown ? thrown : thrown_later;
  if (thrown) {
    std::rethrow_exception(thrown);
  }
  return true;
}

OnShutdownCallback Context::on_shutdown(OnShutdownCallback callback)
{
  add_on_shutdown_callback(callback);
  return callback;
}

OnShutdownCallbackHandle Context::add_on_shutdown_callback(OnShutdownCallback callback)
{
  auto held = std::make_shared<OnShutdownCallback>(std::move(callback));
  OnShutdownCallbackHandle handle;
  handle.callback = held;
  const std::lock_guard<std::mutex> lock(callbacks_mutex_);
  on_shutdown_callbacks_.push_back(std::move(held));
  return handle;
}

bool Context::remove_on_shutdown_callback(const OnShutdownCallbackHandle & handle)
{
  const auto callback = handle.callback.lock();
  const std::lock_guard<std::mutex> lock(callbacks_mutex_);
  const size_t before = on_shutdown_callbacks_.size();
  on_shutdown_callbacks_.remove(callback);
  return on_shutdown_callbacks_.size() != before;
}

PreShutdownCallbackHandle Context::add_pre_shutdown_callback(PreShutdownCallback callback)
{
  auto held = std::make_shared<PreShutdownCallback>(std::move(callback));
  PreShutdownCallbackHandle handle;
  handle.callback = held;
  const std::lock_guard<std::mutex> lock(callbacks_mutex_);
  pre_shutdown_callbacks_.push_back(std::move(held));
  return handle;
}

bool Context::remove_pre_shutdown_callback(const PreShutdownCallbackHandle & handle)
{
  const auto callback = handle.callback.lock();
  const std::lock_guard<std::mutex> lock(callbacks_mutex_);
  const size_t before = pre_shutdown_callbacks_.size();
  pre_shutdown_callbacks_.remove(callback);
  return pre_shutdown_callbacks_.size() != before;
}

bool Context::sleep_for(const std::chrono::nanoseconds & nanoseconds)
{
  std::unique_lock<std::mutex> lock(sleep_mutex_);
  sleep_condition_.wait_for(lock, nanoseconds, [this]() { return !is_valid(); });
  return is_valid();
}

void Context::interrupt_all_sleep_for()
{
  {
    const std::lock_guard<std::mutex> lock(sleep_mutex_);
  }
  sleep_condition_.notify_all();
}

std::vector<Context::SharedPtr> get_contexts()
{
  const std::lock_guard<std::mutex> lock(registry().mutex);
  std::vector<Context::SharedPtr> result;
  for (const auto & weak : registry().contexts) {
    if (auto context = weak.lock()) {
      result.push_back(std::move(context));
    }
  }
  return result;
}

namespace contexts
{

DefaultContext::SharedPtr get_global_default_context()
{
  static const auto context = std::make_shared<DefaultContext>();
  return context;
}

}  // namespace contexts
}  // namespace rclcpp
