// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/client.hpp"

#include <algorithm>

#include "rcl/graph.h"
#include "rclcpp/exceptions/exceptions.hpp"
#include "topic_error.hpp"

namespace rclcpp
{

ClientBase::ClientBase(node_interfaces::NodeBaseInterface * node_base, const std::string & name,
                       const rosidl_service_type_support_t & type_support, const QoS & qos)
    : context_(node_base->get_context()), node_handle_(node_base->get_shared_rcl_node_handle())
{
  auto client = std::make_unique<rcl_client_t>(rcl_get_zero_initialized_client());
  rcl_client_options_t options = rcl_client_get_default_options();
  options.qos = qos.get_rmw_qos_profile();
  const rcl_ret_t ret =
      rcl_client_init(client.get(), node_handle_.get(), &type_support, name.c_str(), &options);
  if (ret != RCL_RET_OK) {
    detail::throw_creation_error(ret, "client", name, node_handle_.get(), true);
  }
  handle_ = std::shared_ptr<rcl_client_t>(client.release(), [node = node_handle_](rcl_client_t * raw) {
    if (rcl_client_fini(raw, node.get()) != RCL_RET_OK) {
      rcl_reset_error();
    }
    delete raw;
  });
}

const char * ClientBase::get_service_name() const
{
  return rcl_client_get_service_name(handle_.get());
}

bool ClientBase::service_is_ready() const
{
  bool ready = false;
  const rcl_ret_t ret = rcl_service_server_is_available(node_handle_.get(), handle_.get(), &ready);
  if (ret == RCL_RET_NODE_INVALID && !context_->is_valid()) {
    rcl_reset_error();
    return false;
  }
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "rcl_service_server_is_available failed");
  }
  return ready;
}

bool ClientBase::wait_for_service_ns(std::chrono::nanoseconds timeout)
{
  // Discovery is looked up in short steps: the middleware's graph event has one consumer only.
  constexpr std::chrono::nanoseconds step = std::chrono::milliseconds(5);
  const auto start = std::chrono::steady_clock::now();
  while (!service_is_ready()) {
    auto wait = step;
    if (timeout >= std::chrono::nanoseconds::zero()) {
      const auto rest = timeout - (std::chrono::steady_clock::now() - start);
      if (rest <= std::chrono::nanoseconds::zero()) {
        return false;
      }
      wait = std::min(wait, rest);
    }
    if (!context_->sleep_for(wait)) {
      return false;
    }
  }
  return true;
}

bool ClientBase::take_type_erased_response(void * response, rmw_request_id_t & id)
{
  const rcl_ret_t ret = rcl_take_response(handle_.get(), &id, response);
  if (ret == RCL_RET_CLIENT_TAKE_FAILED) {
    return false;
  }
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to take response");
  }
  return true;
}

int64_t ClientBase::send(const void * request)
{
  int64_t sequence_number = 0;
  const rcl_ret_t ret = rcl_send_request(handle_.get(), request, &sequence_number);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to send request");
  }
  return sequence_number;
}

}  // namespace rclcpp
