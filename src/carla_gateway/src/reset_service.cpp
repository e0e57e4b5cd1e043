// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/reset_service.hpp"

#include <algorithm>
#include <vector>

namespace carla_gateway
{

ResetService::ResetService(rclcpp::Node & node, const std::string & simulator, BridgeSocket & socket)
    : logger_(node.get_logger()), simulator_(simulator), socket_(socket)
{
  service_ = node.create_service<ResetFleet>(
      "/carla_drl/" + simulator + "/reset",
      [this](const std::shared_ptr<rmw_request_id_t> id, const std::shared_ptr<ResetFleet::Request> request) {
        take(id, *request);
      });
}

void ResetService::bridge_connected(std::uint32_t num_agents)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  num_agents_ = num_agents;
}

void ResetService::bridge_gone(const std::string & reason)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  num_agents_ = 0;
  for (const auto & entry : pending_) {
    answer(entry.second, false, "the bridge was lost before it had reset the fleet: " + reason);
  }
  pending_.clear();
}

bool ResetService::done(std::uint64_t request, std::uint64_t frame)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = pending_.find(request);
  if (found == pending_.end()) {
    return false;
  }
  answer(found->second, true, "", frame);
  pending_.erase(found);
  return true;
}

void ResetService::expire()
{
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto now = Clock::now();
  for (auto entry = pending_.begin(); entry != pending_.end();) {
    if (entry->second.deadline <= now) {
      answer(entry->second, false,
             "the bridge did not answer within " + std::to_string(kDeadline.count()) + " s");
      entry = pending_.erase(entry);
    } else {
      ++entry;
    }
  }
}

void ResetService::take(const std::shared_ptr<rmw_request_id_t> & id, const ResetFleet::Request & request)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  const Pending pending = {id, Clock::now() + kDeadline};
  const std::string fault = find_fault(request);
  if (!fault.empty()) {
    answer(pending, false, fault);
    return;
  }
  std::vector<std::uint32_t> agents(request.agents.begin(), request.agents.end());
  std::sort(agents.begin(), agents.end());
  agents.erase(std::unique(agents.begin(), agents.end()), agents.end());
  const std::uint64_t number = ++last_request_;
  // Kept before it is sent: the bridge may answer at once.
  pending_.emplace(number, pending);
  if (!socket_.send_reset(number, request.set_seed ? request.seed : -1, agents)) {
    // It has just gone; the I/O thread is about to notice.
    answer(pending, false, no_bridge());
    pending_.erase(number);
  }
}

std::string ResetService::no_bridge() const
{
  return "no bridge is connected for simulator '" + simulator_ + "'";
}

std::string ResetService::find_fault(const ResetFleet::Request & request) const
{
  if (num_agents_ == 0) {
    return no_bridge();
  }
  if (request.set_seed && request.seed < 0) {
    return "seed is " + std::to_string(request.seed) + ", 0 or greater is allowed";
  }
  std::string unknown;
  for (const std::uint32_t agent : request.agents) {
    if (agent >= num_agents_) {
      unknown += (unknown.empty() ? "" : ", ") + std::to_string(agent);
    }
  }
  if (!unknown.empty()) {
    return "agents " + unknown + " do not exist, 0 to " + std::to_string(num_agents_ - 1) + " are allowed";
  }
  return "";
}

void ResetService::answer(const Pending & pending, bool success, const std::string & message,
                          std::uint64_t frame)
{
  ResetFleet::Response response;
  response.success = success;
  response.message = message;
  response.frame = frame;
  try {
    service_->send_response(*pending.id, response);
  } catch (const rclcpp::exceptions::RCLError & error) {
    // The caller is gone or ROS is shutting down: nobody to tell, and no reason to stop serving the bridge.
    RCLCPP_WARN(logger_, "cannot answer a reset request: %s", error.what());
  }
}

}  // namespace carla_gateway
