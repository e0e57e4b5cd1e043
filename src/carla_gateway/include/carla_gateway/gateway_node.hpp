// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__GATEWAY_NODE_HPP_
#define CARLA_GATEWAY__GATEWAY_NODE_HPP_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <diagnostic_updater/diagnostic_updater.hpp>
#include <memory>
#include <mutex>
#include <rclcpp/rclcpp.hpp>
#include <std_srvs/srv/set_bool.hpp>
#include <string>
#include <thread>

#include "carla_drl_msgs/msg/fleet_action.hpp"
#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_drl_msgs/msg/heartbeat.hpp"
#include "carla_drl_msgs/msg/observation_layout.hpp"
#include "carla_drl_msgs/msg/safety_event.hpp"
#include "carla_gateway/action_listener.hpp"
#include "carla_gateway/bridge_socket.hpp"
#include "carla_gateway/control_gate.hpp"
#include "carla_gateway/frame_observer.hpp"
#include "carla_gateway/frame_recorder.hpp"
#include "carla_gateway/frame_ring.hpp"
#include "carla_gateway/gateway_parameters.hpp"
#include "carla_gateway/health_monitor.hpp"
#include "carla_gateway/peer_watch.hpp"
#include "carla_gateway/reset_service.hpp"
#include "carla_gateway/sensor_report.hpp"
#include "carla_gateway/topic_publisher.hpp"

namespace carla_gateway
{

/// Component between one simulator's bridge and ROS: frames out as FleetObservation, FleetAction back in.
///
/// A thread of its own serves the socket and publishes a frame as soon as it is announced; another one takes
/// actions, judges them and sends them on. The two meet in the control gate alone.
class GatewayNode : public rclcpp::Node, private BridgeHandler
{
 public:
  /// Listens for a bridge from here on.
  /// @throws NameTaken when another gateway serves the simulator; std::invalid_argument for a bad parameter.
  explicit GatewayNode(const rclcpp::NodeOptions & options);
  ~GatewayNode() override;

  /// Whether a thread ended with an error; the context is shut down then.
  bool failed() const noexcept { return failed_ || actions_->failed(); }

 private:
  void on_hello(std::uint32_t session, UniqueFd ring) override;
  void on_welcomed() override;
  void on_frame(std::uint64_t frame, std::uint32_t slot) override;
  void on_reset_done(std::uint64_t request, std::uint64_t frame) override;
  void on_bridge_gone(const BridgeEnd & end) override;
  void on_peer_refused(const std::string & reason) override;

  void serve_socket();
  /// Drive mode: sets when the frame that was just published is to be answered.
  void schedule_answer();
  /// Drive mode: answers the frame that is due with the newest action.
  void answer_due_frame();
  std::chrono::milliseconds time_to_answer() const;
  void publish_layout();
  /// Answers a frame that is left out with the last action.
  void leave_out(std::uint64_t frame, const std::string & fault);
  void report_sensors(const std::string & fault, bool unusable);
  void brake(std::uint64_t frame, std::int64_t received_ns, const std::string & why);
  void on_action(const carla_drl_msgs::msg::FleetAction & action);
  void log_judgement(const GateResult & result, std::uint64_t frame);
  void on_emergency_stop(bool on, std_srvs::srv::SetBool::Response & response);
  void publish_interventions();
  void on_heartbeat();
  void report(diagnostic_updater::DiagnosticStatusWrapper & status);

  const GatewayParameters parameters_;
  rclcpp::Clock wall_clock_{RCL_SYSTEM_TIME};
  rclcpp::Clock steady_clock_{RCL_STEADY_TIME};
  HealthMonitor health_;
  PeerWatch peers_;  // the executor's
  SensorReport sensors_;

  // The socket thread's own.
  std::shared_ptr<const FrameRing> ring_;  // shared with the threads of topics_
  FrameObserver observer_;
  WorldSpec world_;
  carla_drl_msgs::msg::ObservationLayout layout_;

  std::chrono::steady_clock::time_point answer_due_;
  bool answer_pending_ = false;

  std::mutex gate_mutex_;
  ControlGate gate_;
  std::int64_t frame_received_ns_ = 0;

  std::unique_ptr<BridgeSocket> socket_;
  std::unique_ptr<ResetService> resets_;
  std::unique_ptr<TopicPublisher> topics_;
  std::unique_ptr<FrameRecorder> recorder_;
  std::unique_ptr<ActionListener> actions_;
  rclcpp::Publisher<carla_drl_msgs::msg::FleetObservation>::SharedPtr observation_publisher_;
  rclcpp::Publisher<carla_drl_msgs::msg::ObservationLayout>::SharedPtr layout_publisher_;
  rclcpp::Publisher<carla_drl_msgs::msg::Heartbeat>::SharedPtr heartbeat_publisher_;
  rclcpp::Publisher<carla_drl_msgs::msg::SafetyEvent>::SharedPtr safety_publisher_;
  rclcpp::Service<std_srvs::srv::SetBool>::SharedPtr emergency_stop_service_;
  rclcpp::Subscription<carla_drl_msgs::msg::Heartbeat>::SharedPtr heartbeat_subscription_;
  rclcpp::TimerBase::SharedPtr heartbeat_timer_;
  std::uint16_t heartbeat_sequence_ = 0;
  diagnostic_updater::Updater updater_;

  std::atomic<bool> report_soon_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> failed_ = false;
  std::thread socket_thread_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__GATEWAY_NODE_HPP_
