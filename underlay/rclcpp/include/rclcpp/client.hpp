// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__CLIENT_HPP_
#define RCLCPP__CLIENT_HPP_

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "rcl/client.h"
#include "rclcpp/callback_group.hpp"
#include "rclcpp/context.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/node_interfaces/node_base_interface.hpp"
#include "rclcpp/qos.hpp"
#include "rclcpp/visibility_control.hpp"
#include "rosidl_typesupport_cpp/service_type_support.hpp"

namespace rclcpp
{

namespace detail
{

/// A future and the number of the request that it belongs to.
template <typename FutureT>
struct FutureAndRequestId
{
  FutureT future;
  int64_t request_id;

  FutureAndRequestId(FutureT future_arg, int64_t id) : future(std::move(future_arg)), request_id(id) {}
  FutureAndRequestId(FutureAndRequestId &&) noexcept = default;
  FutureAndRequestId & operator=(FutureAndRequestId &&) noexcept = default;
  FutureAndRequestId(const FutureAndRequestId &) = delete;
  FutureAndRequestId & operator=(const FutureAndRequestId &) = delete;
  ~FutureAndRequestId() = default;

  operator FutureT &() { return future; }  // NOLINT(runtime/explicit)
  auto get() { return future.get(); }
  bool valid() const noexcept { return future.valid(); }
  void wait() const { future.wait(); }
  template <class Rep, class Period>
  std::future_status wait_for(const std::chrono::duration<Rep, Period> & time) const
  {
    return future.wait_for(time);
  }
  template <class ClockT, class DurationT>
  std::future_status wait_until(const std::chrono::time_point<ClockT, DurationT> & time) const
  {
    return future.wait_until(time);
  }
};

}  // namespace detail

/// What a client does whatever its service's type.
class RCLCPP_PUBLIC ClientBase : public detail::Executable
{
 public:
  RCLCPP_SMART_PTR_ALIASES_ONLY(ClientBase)
  RCLCPP_DISABLE_COPY(ClientBase)

  /// \throws InvalidServiceNameError, RCLError
  ClientBase(node_interfaces::NodeBaseInterface * node_base, const std::string & name,
             const rosidl_service_type_support_t & type_support, const QoS & qos);

  const char * get_service_name() const;
  std::shared_ptr<rcl_client_t> get_client_handle() { return handle_; }
  std::shared_ptr<const rcl_client_t> get_client_handle() const { return handle_; }
  bool service_is_ready() const;
  /// \return whether a server is there before the time (negative: none) is over or ROS is shut down
  template <typename RepT = int64_t, typename RatioT = std::milli>
  bool wait_for_service(std::chrono::duration<RepT, RatioT> timeout = std::chrono::duration<RepT, RatioT>(-1))
  {
    return wait_for_service_ns(std::chrono::duration_cast<std::chrono::nanoseconds>(timeout));
  }
  /// \return false if there is no response
  bool take_type_erased_response(void * response, rmw_request_id_t & id);

 protected:
  bool wait_for_service_ns(std::chrono::nanoseconds timeout);
  int64_t send(const void * request);

  Context::SharedPtr context_;
  std::shared_ptr<rcl_node_t> node_handle_;
  std::shared_ptr<rcl_client_t> handle_;
};

/// Sends requests; an executor that spins the client's node makes the futures ready.
template <typename ServiceT>
class Client : public ClientBase
{
 public:
  using Request = typename ServiceT::Request;
  using Response = typename ServiceT::Response;
  using SharedRequest = std::shared_ptr<Request>;
  using SharedResponse = std::shared_ptr<Response>;
  using Promise = std::promise<SharedResponse>;
  using PromiseWithRequest = std::promise<std::pair<SharedRequest, SharedResponse>>;
  using SharedPromise = std::shared_ptr<Promise>;
  using SharedPromiseWithRequest = std::shared_ptr<PromiseWithRequest>;
  using Future = std::future<SharedResponse>;
  using SharedFuture = std::shared_future<SharedResponse>;
  using SharedFutureWithRequest = std::shared_future<std::pair<SharedRequest, SharedResponse>>;
  using CallbackType = std::function<void(SharedFuture)>;
  using CallbackWithRequestType = std::function<void(SharedFutureWithRequest)>;
  RCLCPP_SMART_PTR_DEFINITIONS(Client)

  struct FutureAndRequestId : detail::FutureAndRequestId<Future>
  {
    using detail::FutureAndRequestId<Future>::FutureAndRequestId;
    SharedFuture share() { return this->future.share(); }
  };
  struct SharedFutureAndRequestId : detail::FutureAndRequestId<SharedFuture>
  {
    using detail::FutureAndRequestId<SharedFuture>::FutureAndRequestId;
  };
  struct SharedFutureWithRequestAndRequestId : detail::FutureAndRequestId<SharedFutureWithRequest>
  {
    using detail::FutureAndRequestId<SharedFutureWithRequest>::FutureAndRequestId;
  };

  Client(node_interfaces::NodeBaseInterface * node_base, const std::string & name, const QoS & qos)
      : ClientBase(node_base, name, *rosidl_typesupport_cpp::get_service_type_support_handle<ServiceT>(), qos)
  {
  }

  FutureAndRequestId async_send_request(SharedRequest request)
  {
    Promise promise;
    Future future = promise.get_future();
    const int64_t id = send_and_remember(*request, std::move(promise));
    return FutureAndRequestId(std::move(future), id);
  }

  template <typename CallbackT,
            std::enable_if_t<std::is_invocable_v<std::decay_t<CallbackT> &, SharedFuture>, int> = 0>
  SharedFutureAndRequestId async_send_request(SharedRequest request, CallbackT && callback)
  {
    Promise promise;
    SharedFuture future = promise.get_future().share();
    const int64_t id = send_and_remember(
        *request, WithCallback{CallbackType(std::forward<CallbackT>(callback)), future, std::move(promise)});
    return SharedFutureAndRequestId(std::move(future), id);
  }

  template <typename CallbackT,
            std::enable_if_t<!std::is_invocable_v<std::decay_t<CallbackT> &, SharedFuture> &&
                                 std::is_invocable_v<std::decay_t<CallbackT> &, SharedFutureWithRequest>,
                             int> = 0>
  SharedFutureWithRequestAndRequestId async_send_request(SharedRequest request, CallbackT && callback)
  {
    PromiseWithRequest promise;
    SharedFutureWithRequest future = promise.get_future().share();
    const int64_t id =
        send_and_remember(*request, WithRequest{CallbackWithRequestType(std::forward<CallbackT>(callback)),
                                                request, future, std::move(promise)});
    return SharedFutureWithRequestAndRequestId(std::move(future), id);
  }

  /// Forget a request whose response is no longer wanted; its future stays unready.
  bool remove_pending_request(int64_t request_id)
  {
    std::lock_guard<std::mutex> lock(mutex_);
    return pending_.erase(request_id) != 0;
  }
  bool remove_pending_request(const FutureAndRequestId & future)
  {
    return remove_pending_request(future.request_id);
  }
  bool remove_pending_request(const SharedFutureAndRequestId & future)
  {
    return remove_pending_request(future.request_id);
  }
  bool remove_pending_request(const SharedFutureWithRequestAndRequestId & future)
  {
    return remove_pending_request(future.request_id);
  }
  size_t prune_pending_requests()
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const size_t count = pending_.size();
    pending_.clear();
    return count;
  }
  /// Forget the requests sent before a point in time.
  template <typename AllocatorT = std::allocator<int64_t>>
  size_t prune_requests_older_than(std::chrono::time_point<std::chrono::system_clock> time_point,
                                   std::vector<int64_t, AllocatorT> * pruned_requests = nullptr)
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const size_t before = pending_.size();
    for (auto it = pending_.begin(); it != pending_.end();) {
      if (it->second.first < time_point) {
        if (pruned_requests) {
          pruned_requests->push_back(it->first);
        }
        it = pending_.erase(it);
      } else {
        ++it;
      }
    }
    return before - pending_.size();
  }

  void execute(const detail::CallTimes & /*times*/) override
  {
    rmw_request_id_t id{};
    auto response = std::make_shared<Response>();
    if (!take_type_erased_response(response.get(), id)) {
      return;
    }
    std::unique_lock<std::mutex> lock(mutex_);
    const auto found = pending_.find(id.sequence_number);
    if (found == pending_.end()) {
      return;
    }
    auto pending = std::move(found->second.second);
    pending_.erase(found);
    lock.unlock();
    if (auto * promise = std::get_if<Promise>(&pending)) {
      promise->set_value(std::move(response));
    } else if (auto * with_callback = std::get_if<WithCallback>(&pending)) {
      with_callback->promise.set_value(std::move(response));
      with_callback->callback(with_callback->future);
    } else {
      auto & with_request = std::get<WithRequest>(pending);
      with_request.promise.set_value({std::move(with_request.request), std::move(response)});
      with_request.callback(with_request.future);
    }
  }

 private:
  struct WithCallback
  {
    CallbackType callback;
    SharedFuture future;
    Promise promise;
  };
  struct WithRequest
  {
    CallbackWithRequestType callback;
    SharedRequest request;
    SharedFutureWithRequest future;
    PromiseWithRequest promise;
  };
  using Pending = std::variant<Promise, WithCallback, WithRequest>;

  int64_t send_and_remember(const Request & request, Pending && pending)
  {
    // Held while sending, so that a response cannot overtake the note of its request.
    std::lock_guard<std::mutex> lock(mutex_);
    const int64_t id = send(&request);
    pending_.emplace(id, std::make_pair(std::chrono::system_clock::now(), std::move(pending)));
    return id;
  }

  std::mutex mutex_;
  std::unordered_map<int64_t, std::pair<std::chrono::system_clock::time_point, Pending>> pending_;
};

}  // namespace rclcpp

#endif  // RCLCPP__CLIENT_HPP_
