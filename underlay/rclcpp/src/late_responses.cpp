// SPDX-License-Identifier: Apache-2.0
#include "late_responses.hpp"

#include <utility>

#include "rcl/error_handling.h"
#include "rclcpp/logging.hpp"

namespace rclcpp::detail
{

namespace
{

constexpr std::chrono::seconds patience{10};
// Between two tries of the same response; the middleware itself waits 100 ms in each.
constexpr std::chrono::milliseconds pause{10};

}  // namespace

LateResponses::LateResponses(std::shared_ptr<rcl_service_t> service)
    : service_(std::move(service)), thread_(&LateResponses::run, this)
{
}

LateResponses::~LateResponses()
{
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LateResponses::add(const rmw_request_id_t & id, std::shared_ptr<void> response)
{
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_.push_back({id, std::move(response), std::chrono::steady_clock::now() + patience});
  }
  changed_.notify_one();
}

void LateResponses::run()
{
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stop_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    Late late = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const bool done = try_to_send(late);
    lock.lock();
    if (!done) {
      waiting_.push_back(std::move(late));
      changed_.wait_for(lock, pause, [this]() { return stop_; });
    }
  }
}

bool LateResponses::try_to_send(Late & late)
{
  const rcl_ret_t ret = rcl_send_response(service_.get(), &late.id, late.response.get());
  if (ret == RCL_RET_OK) {
    return true;
  }
  if (ret == RCL_RET_TIMEOUT && std::chrono::steady_clock::now() < late.deadline) {
    rcl_reset_error();
    return false;
  }
  RCLCPP_WARN(get_logger("rclcpp"), "failed to send response to %s: %s",
              rcl_service_get_service_name(service_.get()), rcl_get_error_string().str);
  rcl_reset_error();
  return true;
}

}  // namespace rclcpp::detail
