// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__TOPIC_HPP_
#define CARLA_GATEWAY__TOPIC_HPP_

#include <memory>
#include <rclcpp/rclcpp.hpp>
#include <string>

#include "carla_gateway/frame_ring.hpp"
#include "carla_gateway/sensor_table.hpp"

namespace carla_gateway
{

/// What became of one frame on one topic.
enum class Outcome
{
  kPublished,
  kNothing,  ///< the frame has nothing for this topic
  kTorn,     ///< the bridge overwrote the slot meanwhile
};

/// One topic, or some that go together, made from frames of the ring. Used by one thread at a time.
class Topic
{
 public:
  virtual ~Topic() = default;
  /// Whether somebody subscribes. Any thread.
  virtual bool wanted() const = 0;
  virtual Outcome publish(const FrameRing & ring, const FrameView & view) = 0;
};

/// Where the topics and frames of the egos are.
struct TopicNames
{
  std::string prefix = "/carla";  ///< before /<role>/..., /status, ...
  std::string frame_prefix;       ///< before the names of frames, "map" included

  std::string map() const { return frame_prefix + "map"; }
  std::string odom(const std::string & role) const { return frame_prefix + role + "/odom"; }
  std::string base(const std::string & role) const { return frame_prefix + role + "/base_link"; }
  std::string sensor(const std::string & role, const std::string & name) const
  {
    return frame_prefix + role + "/" + name;
  }
};

template <typename Message>
bool has_subscribers(const rclcpp::Publisher<Message> & publisher)
{
  return publisher.get_subscription_count() > 0;
}

/// QoS of what comes with every frame: reliable, so that both kinds of subscribers fit, but only the newest
/// counts.
inline rclcpp::QoS newest_only()
{
  return rclcpp::QoS(rclcpp::KeepLast(1)).reliable().durability_volatile();
}

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__TOPIC_HPP_
