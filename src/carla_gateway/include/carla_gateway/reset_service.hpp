// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__RESET_SERVICE_HPP_
#define CARLA_GATEWAY__RESET_SERVICE_HPP_

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <rclcpp/rclcpp.hpp>
#include <string>

#include "carla_drl_msgs/srv/reset_fleet.hpp"
#include "carla_gateway/bridge_socket.hpp"

namespace carla_gateway
{

/// The ResetFleet service: hands requests to the bridge and answers them when the bridge did, so that nothing
/// waits in between. Every request is answered: by the bridge, when the bridge is lost, or after kDeadline.
class ResetService
{
 public:
  static constexpr std::chrono::seconds kDeadline{5};

  ResetService(rclcpp::Node & node, const std::string & simulator, BridgeSocket & socket);

  /// A bridge with N agents was welcomed.
  void bridge_connected(std::uint32_t num_agents);
  /// The bridge is gone: answers all that is pending with failure.
  void bridge_gone(const std::string & reason);
  /// The bridge carried a request out. @return whether the request was pending.
  bool done(std::uint64_t request, std::uint64_t frame);
  /// Answers what is pending for longer than kDeadline with failure; to be called now and then.
  void expire();

 private:
  using ResetFleet = carla_drl_msgs::srv::ResetFleet;
  using Clock = std::chrono::steady_clock;

  struct Pending
  {
    std::shared_ptr<rmw_request_id_t> id;
    Clock::time_point deadline;
  };

  void take(const std::shared_ptr<rmw_request_id_t> & id, const ResetFleet::Request & request);
  std::string no_bridge() const;
  std::string find_fault(const ResetFleet::Request & request) const;
  void answer(const Pending & pending, bool success, const std::string & message, std::uint64_t frame = 0);

  const rclcpp::Logger logger_;
  const std::string simulator_;
  BridgeSocket & socket_;

  std::mutex mutex_;
  std::uint32_t num_agents_ = 0;  // 0: no bridge
  std::uint64_t last_request_ = 0;
  std::map<std::uint64_t, Pending> pending_;
  rclcpp::Service<ResetFleet>::SharedPtr service_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__RESET_SERVICE_HPP_
