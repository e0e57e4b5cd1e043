// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__FRAME_RECORDER_HPP_
#define CARLA_GATEWAY__FRAME_RECORDER_HPP_

#include <rclcpp/rclcpp.hpp>
#include <string>

#include "carla_drl_msgs/msg/frame_record.hpp"
#include "carla_drl_msgs/msg/frame_record_layout.hpp"
#include "carla_gateway/frame_ring.hpp"

namespace carla_gateway
{

/// Publishes the ring's frames for bags while somebody subscribes; used by the socket's thread alone.
class FrameRecorder
{
 public:
  /// @param with_sensors whether the sensors' payloads are part of a record.
  FrameRecorder(rclcpp::Node & node, const std::string & simulator, bool with_sensors);

  /// A bridge with this ring was welcomed: publishes the layout.
  void begin_session(const FrameRing & ring);

  /// Publishes a frame. A slot that is overwritten meanwhile is not published: the observation that was built
  /// from it before is not affected.
  void record(const FrameRing & ring, const FrameView & view);

 private:
  const std::string simulator_;
  const bool with_sensors_;
  carla_drl_msgs::msg::FrameRecord record_;  // reused: sized with the first frame of a session
  rclcpp::Publisher<carla_drl_msgs::msg::FrameRecordLayout>::SharedPtr layout_publisher_;
  rclcpp::Publisher<carla_drl_msgs::msg::FrameRecord>::SharedPtr publisher_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__FRAME_RECORDER_HPP_
