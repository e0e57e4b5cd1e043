// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/service.hpp"

#include <utility>

#include "late_responses.hpp"
#include "rclcpp/exceptions/exceptions.hpp"
#include "topic_error.hpp"

namespace rclcpp
{

ServiceBase::ServiceBase(std::shared_ptr<rcl_node_t> node_handle, const std::string & name,
                         const rosidl_service_type_support_t & type_support, const QoS & qos)
    : node_handle_(std::move(node_handle))
{
  auto service = std::make_unique<rcl_service_t>(rcl_get_zero_initialized_service());
  rcl_service_options_t options = rcl_service_get_default_options();
  options.qos = qos.get_rmw_qos_profile();
  const rcl_ret_t ret =
      rcl_service_init(service.get(), node_handle_.get(), &type_support, name.c_str(), &options);
  if (ret != RCL_RET_OK) {
    detail::throw_creation_error(ret, "service", name, node_handle_.get(), true);
  }
  handle_ = std::shared_ptr<rcl_service_t>(service.release(), [node = node_handle_](rcl_service_t * raw) {
    if (rcl_service_fini(raw, node.get()) != RCL_RET_OK) {
      rcl_reset_error();
    }
    delete raw;
  });
}

ServiceBase::~ServiceBase() = default;

const char * ServiceBase::get_service_name() const
{
  return rcl_service_get_service_name(handle_.get());
}

bool ServiceBase::take_type_erased_request(void * request, rmw_request_id_t & id)
{
  const rcl_ret_t ret = rcl_take_request(handle_.get(), &id, request);
  if (ret == RCL_RET_SERVICE_TAKE_FAILED) {
    return false;
  }
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to take request");
  }
  return true;
}

bool ServiceBase::try_to_send(rmw_request_id_t & id, void * response)
{
  const rcl_ret_t ret = rcl_send_response(handle_.get(), &id, response);
  if (ret == RCL_RET_TIMEOUT) {
    rcl_reset_error();
    return false;
  }
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to send response");
  }
  return true;
}

void ServiceBase::send_later(const rmw_request_id_t & id, std::shared_ptr<void> response)
{
  const std::lock_guard<std::mutex> lock(late_mutex_);
  if (!late_) {
    late_ = std::make_unique<detail::LateResponses>(handle_);
  }
  late_->add(id, std::move(response));
}

}  // namespace rclcpp
