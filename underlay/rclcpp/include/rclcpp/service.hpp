// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__SERVICE_HPP_
#define RCLCPP__SERVICE_HPP_

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>

#include "rcl/service.h"
#include "rclcpp/callback_group.hpp"
#include "rclcpp/macros.hpp"
#include "rclcpp/node_interfaces/node_base_interface.hpp"
#include "rclcpp/qos.hpp"
#include "rclcpp/visibility_control.hpp"
#include "rosidl_typesupport_cpp/service_type_support.hpp"

namespace rclcpp
{

namespace detail
{
class LateResponses;
}  // namespace detail

/// What a service does whatever its type.
class RCLCPP_PUBLIC ServiceBase : public detail::Executable
{
 public:
  ~ServiceBase() override;
  RCLCPP_SMART_PTR_ALIASES_ONLY(ServiceBase)
  RCLCPP_DISABLE_COPY(ServiceBase)

  /// \throws InvalidServiceNameError, RCLError
  ServiceBase(std::shared_ptr<rcl_node_t> node_handle, const std::string & name,
              const rosidl_service_type_support_t & type_support, const QoS & qos);

  const char * get_service_name() const;
  std::shared_ptr<rcl_service_t> get_service_handle() { return handle_; }
  std::shared_ptr<const rcl_service_t> get_service_handle() const { return handle_; }
  /// \return false if there is no request
  bool take_type_erased_request(void * request, rmw_request_id_t & id);

 protected:
  /// \return false if the client's reader is not known yet: try again later
  bool try_to_send(rmw_request_id_t & id, void * response);
  /// Go on trying from another thread.
  void send_later(const rmw_request_id_t & id, std::shared_ptr<void> response);

  std::shared_ptr<rcl_node_t> node_handle_;
  std::shared_ptr<rcl_service_t> handle_;

 private:
  std::mutex late_mutex_;
  std::unique_ptr<detail::LateResponses> late_;
};

/// Answers requests. The callback takes (request, response), (id, request, response), or, to answer later
/// with send_response(), (id, request) or (service, id, request).
template <typename ServiceT>
class Service : public ServiceBase, public std::enable_shared_from_this<Service<ServiceT>>
{
 public:
  using Request = typename ServiceT::Request;
  using Response = typename ServiceT::Response;
  RCLCPP_SMART_PTR_DEFINITIONS(Service)

  template <typename CallbackT>
  Service(std::shared_ptr<rcl_node_t> node_handle, const std::string & name, CallbackT && callback,
          const QoS & qos)
      : ServiceBase(std::move(node_handle), name,
                    *rosidl_typesupport_cpp::get_service_type_support_handle<ServiceT>(), qos),
        handler_(make_handler(std::forward<CallbackT>(callback)))
  {
  }

  /// Send the answer. Where the client is known in part only, it is sent as soon as all of it is.
  void send_response(rmw_request_id_t & id, Response & response)
  {
    if (!try_to_send(id, &response)) {
      send_later(id, std::make_shared<Response>(response));
    }
  }

  void execute(const detail::CallTimes & /*times*/) override
  {
    auto id = std::make_shared<rmw_request_id_t>();
    auto request = std::make_shared<Request>();
    if (take_type_erased_request(request.get(), *id)) {
      handler_(*this, std::move(id), std::move(request));
    }
  }

 private:
  using RequestPtr = std::shared_ptr<Request>;
  using ResponsePtr = std::shared_ptr<Response>;
  using IdPtr = std::shared_ptr<rmw_request_id_t>;
  using Handler = std::function<void(Service &, IdPtr, RequestPtr)>;

  template <typename CallbackT>
  static Handler make_handler(CallbackT && callback)
  {
    using F = std::decay_t<CallbackT>;
    if constexpr (std::is_invocable_v<F &, RequestPtr, ResponsePtr>) {
      return [f = F(std::forward<CallbackT>(callback))](Service & service, IdPtr id,
                                                        RequestPtr request) mutable {
        auto response = std::make_shared<Response>();
        f(std::move(request), response);
        service.send_response(*id, *response);
      };
    } else if constexpr (std::is_invocable_v<F &, IdPtr, RequestPtr, ResponsePtr>) {
      return [f = F(std::forward<CallbackT>(callback))](Service & service, IdPtr id,
                                                        RequestPtr request) mutable {
        auto response = std::make_shared<Response>();
        f(id, std::move(request), response);
        service.send_response(*id, *response);
      };
    } else if constexpr (std::is_invocable_v<F &, IdPtr, RequestPtr>) {
      return [f = F(std::forward<CallbackT>(callback))](Service &, IdPtr id, RequestPtr request) mutable {
        f(std::move(id), std::move(request));
      };
    } else {
      static_assert(
          std::is_invocable_v<F &, std::shared_ptr<Service>, IdPtr, RequestPtr>,
          "a service's callback takes (request, response), (id, request, response), (id, request) or "
          "(service, id, request), all as std::shared_ptr");
      return [f = F(std::forward<CallbackT>(callback))](Service & service, IdPtr id,
                                                        RequestPtr request) mutable {
        f(service.shared_from_this(), std::move(id), std::move(request));
      };
    }
  }

  Handler handler_;
};

}  // namespace rclcpp

#endif  // RCLCPP__SERVICE_HPP_
