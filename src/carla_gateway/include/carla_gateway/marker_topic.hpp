// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__MARKER_TOPIC_HPP_
#define CARLA_GATEWAY__MARKER_TOPIC_HPP_

#include <chrono>
#include <memory>
#include <string>
#include <visualization_msgs/msg/marker_array.hpp>

#include "carla_gateway/topic.hpp"

namespace carla_gateway
{

/// Egos, their routes' next points and the other road users as markers for RViz and Foxglove, at most 20
/// times per second of wall time.
class MarkerTopic : public Topic
{
 public:
  MarkerTopic(rclcpp::Node & node, const std::string & simulator, const RingInfo & info,
              const TopicNames & names);

  bool wanted() const override { return has_subscribers(*publisher_); }
  Outcome publish(const FrameRing & ring, const FrameView & view) override;

 private:
  void fill_egos(const FrameView & view);
  void fill_routes(const FrameView & view);
  void fill_objects(const FrameView & view);

  const RingInfo info_;
  visualization_msgs::msg::MarkerArray markers_;  // N boxes, N lines, M boxes; reused
  std::chrono::steady_clock::time_point due_;
  rclcpp::Publisher<visualization_msgs::msg::MarkerArray>::SharedPtr publisher_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__MARKER_TOPIC_HPP_
