// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/frame_recorder.hpp"

#include "carla_gateway/ros_time.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FrameRecord;
using carla_drl_msgs::msg::FrameRecordLayout;

// What a recorder may fall behind before frames are lost to it.
constexpr std::size_t kHistory = 100;

}  // namespace

FrameRecorder::FrameRecorder(rclcpp::Node & node, const std::string & simulator, bool with_sensors)
    : simulator_(simulator), with_sensors_(with_sensors)
{
  const std::string topic = "/carla_drl/" + simulator + "/frame_record";
  layout_publisher_ = node.create_publisher<FrameRecordLayout>(
      topic + "_layout", rclcpp::QoS(rclcpp::KeepLast(1)).reliable().transient_local());
  publisher_ = node.create_publisher<FrameRecord>(topic, rclcpp::QoS(rclcpp::KeepLast(kHistory)).reliable());
}

void FrameRecorder::begin_session(const FrameRing & ring)
{
  FrameRecordLayout layout;
  const ByteSpan bytes = ring.prologue();
  layout.simulator = simulator_;
  layout.session = ring.info().session;
  layout.data.assign(bytes.data, bytes.data + bytes.size);
  layout_publisher_->publish(layout);
  record_.session = layout.session;
}

void FrameRecorder::record(const FrameRing & ring, const FrameView & view)
{
  if (publisher_->get_subscription_count() == 0) {
    return;
  }
  const ByteSpan bytes = ring.slot_bytes(view, with_sensors_);
  record_.data.assign(bytes.data, bytes.data + bytes.size);
  if (!ring.unchanged(view)) {
    return;
  }
  record_.stamp = stamp_of(view.sim_time_s);
  record_.frame = view.frame;
  publisher_->publish(record_);
}

}  // namespace carla_gateway
