// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/sensor_topics.hpp"

#include <utility>

#include "carla_drl_msgs/msg/collision_event.hpp"
#include "carla_drl_msgs/msg/lane_invasion_event.hpp"
#include "carla_drl_msgs/msg/obstacle_event.hpp"
#include "carla_drl_msgs/msg/sensor_layout.hpp"
#include "carla_gateway/ros_time.hpp"
#include "carla_gateway/sensor_messages.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::CollisionEvent;
using carla_drl_msgs::msg::LaneInvasionEvent;
using carla_drl_msgs::msg::ObstacleEvent;
using carla_drl_msgs::msg::SensorLayout;
using sensor_msgs::msg::CameraInfo;
using sensor_msgs::msg::Image;
using sensor_msgs::msg::Imu;
using sensor_msgs::msg::NavSatFix;
using sensor_msgs::msg::PointCloud2;

// Events are few, and none should be lost by a subscriber that is a bit slow.
constexpr std::size_t kEventDepth = 100;

class CameraTopic : public Topic
{
 public:
  CameraTopic(rclcpp::Node & node, const SensorSpec & sensor, const std::string & topic,
              const std::string & frame)
      : sensor_(sensor),
        info_(camera_info_of(sensor)),
        images_(node.create_publisher<Image>(topic + "/image", newest_only())),
        infos_(node.create_publisher<CameraInfo>(topic + "/camera_info", newest_only()))
  {
    if (sensor.kind == SensorLayout::KIND_SEMANTIC) {
      labels_ = node.create_publisher<Image>(topic + "/labels", newest_only());
    }
    image_.header.frame_id = info_.header.frame_id = label_image_.header.frame_id = frame;
  }

  bool wanted() const override
  {
    return has_subscribers(*images_) || has_subscribers(*infos_) || (labels_ && has_subscribers(*labels_));
  }

  Outcome publish(const FrameRing & ring, const FrameView & view) override
  {
    const Payload payload = payload_of(sensor_, view);
    if (payload.data == nullptr) {
      return Outcome::kNothing;
    }
    const bool image = has_subscribers(*images_);
    const bool labels = labels_ && has_subscribers(*labels_);
    if (image) {
      fill_image(sensor_, payload, image_);
    }
    if (labels) {
      fill_labels(sensor_, payload, label_image_);
    }
    if (!ring.unchanged(view)) {
      return Outcome::kTorn;
    }
    info_.header.stamp = image_.header.stamp = label_image_.header.stamp = stamp_of(view.sim_time_s);
    infos_->publish(info_);
    if (image) {
      images_->publish(image_);
    }
    if (labels) {
      labels_->publish(label_image_);
    }
    return Outcome::kPublished;
  }

 private:
  const SensorSpec sensor_;
  CameraInfo info_;
  Image image_;
  Image label_image_;
  rclcpp::Publisher<Image>::SharedPtr images_;
  rclcpp::Publisher<CameraInfo>::SharedPtr infos_;
  rclcpp::Publisher<Image>::SharedPtr labels_;
};

void fill(const SensorSpec & sensor, const Payload & payload, PointCloud2 & message)
{
  fill_points(sensor, payload, message);
}

void fill(const SensorSpec &, const Payload & payload, Imu & message)
{
  fill_imu(payload, message);
}

void fill(const SensorSpec &, const Payload & payload, NavSatFix & message)
{
  fill_fix(payload, message);
}

/// A sensor with one message per measurement.
template <typename Message>
class MeasurementTopic : public Topic
{
 public:
  MeasurementTopic(rclcpp::Node & node, const SensorSpec & sensor, const std::string & topic,
                   const std::string & frame)
      : sensor_(sensor), publisher_(node.create_publisher<Message>(topic, newest_only()))
  {
    message_.header.frame_id = frame;
  }

  bool wanted() const override { return has_subscribers(*publisher_); }

  Outcome publish(const FrameRing & ring, const FrameView & view) override
  {
    const Payload payload = payload_of(sensor_, view);
    if (payload.data == nullptr) {
      return Outcome::kNothing;
    }
    fill(sensor_, payload, message_);
    if (!ring.unchanged(view)) {
      return Outcome::kTorn;
    }
    message_.header.stamp = stamp_of(view.sim_time_s);
    publisher_->publish(message_);
    return Outcome::kPublished;
  }

 private:
  const SensorSpec sensor_;
  Message message_;
  typename rclcpp::Publisher<Message>::SharedPtr publisher_;
};

void fill(const wire::SensorEvent & event, CollisionEvent & message)
{
  message.other_actor_id = event.actor;
  message.other_actor_type = event.type;
  message.normal_impulse.x = static_cast<double>(event.values[0]);
  message.normal_impulse.y = static_cast<double>(event.values[1]);
  message.normal_impulse.z = static_cast<double>(event.values[2]);
}

void fill(const wire::SensorEvent & event, ObstacleEvent & message)
{
  message.other_actor_id = event.actor;
  message.other_actor_type = event.type;
  message.distance = event.values[0];
}

void fill(const wire::SensorEvent & event, LaneInvasionEvent & message)
{
  message.crossed_lane_markings.push_back(static_cast<std::uint8_t>(event.marking));
}

/// A sensor that speaks only when something happens. The markings that are crossed at one time are one event.
///
/// Events are not replaced by newer ones: those of frames that were passed over are taken from the ring as
/// long as it has them.
template <typename Message>
class EventTopic : public Topic
{
 public:
  EventTopic(rclcpp::Node & node, const SensorSpec & sensor, const std::string & topic, std::string frame)
      : sensor_(sensor),
        frame_(std::move(frame)),
        publisher_(
            node.create_publisher<Message>(topic, rclcpp::QoS(rclcpp::KeepLast(kEventDepth)).reliable()))
  {
  }

  bool wanted() const override { return has_subscribers(*publisher_); }

  Outcome publish(const FrameRing & ring, const FrameView & view) override
  {
    if (view.frame <= last_frame_ + ring.info().slot_count) {
      for (std::uint64_t frame = last_frame_ + 1; frame < view.frame; ++frame) {
        if (const auto passed = ring.find(frame)) {
          publish_frame(ring, *passed);
        }
      }
    }
    last_frame_ = view.frame;
    return publish_frame(ring, view);
  }

 private:
  Outcome publish_frame(const FrameRing & ring, const FrameView & view)
  {
    const Payload payload = payload_of(sensor_, view);
    if (payload.data == nullptr) {
      return Outcome::kNothing;
    }
    const auto events = events_of(payload);
    if (!ring.unchanged(view)) {
      return Outcome::kTorn;
    }
    Message message;
    message.header.frame_id = frame_;
    for (std::size_t i = 0; i < events.size(); ++i) {
      message.header.stamp = stamp_of(events[i].sim_time_s);
      fill(events[i], message);
      const bool together = sensor_.kind == SensorLayout::KIND_LANE_INVASION && i + 1 < events.size() &&
                            events[i + 1].sim_time_s <= events[i].sim_time_s;
      if (!together) {
        publisher_->publish(message);
        message = Message();
        message.header.frame_id = frame_;
      }
    }
    return Outcome::kPublished;
  }

  const SensorSpec sensor_;
  const std::string frame_;
  typename rclcpp::Publisher<Message>::SharedPtr publisher_;
  std::uint64_t last_frame_ = 0;
};

}  // namespace

std::string frame_of(const SensorSpec & sensor, const std::string & role, const TopicNames & names)
{
  const bool optical = sensor.is_camera() || sensor.kind == SensorLayout::KIND_EVENTS;
  return names.sensor(role, sensor.name) + (optical ? "_optical" : "");
}

std::unique_ptr<Topic> make_sensor_topic(rclcpp::Node & node, const SensorSpec & sensor,
                                         const std::string & role, const TopicNames & names)
{
  const std::string topic = names.prefix + "/" + role + "/" + sensor.name;
  const std::string frame = frame_of(sensor, role, names);
  switch (sensor.kind) {
    case SensorLayout::KIND_EVENTS:
      return std::make_unique<MeasurementTopic<PointCloud2>>(node, sensor, topic + "/events", frame);
    case SensorLayout::KIND_LIDAR:
    case SensorLayout::KIND_SEMANTIC_LIDAR:
    case SensorLayout::KIND_RADAR:
      return std::make_unique<MeasurementTopic<PointCloud2>>(node, sensor, topic, frame);
    case SensorLayout::KIND_IMU:
      return std::make_unique<MeasurementTopic<Imu>>(node, sensor, topic, frame);
    case SensorLayout::KIND_GNSS:
      return std::make_unique<MeasurementTopic<NavSatFix>>(node, sensor, topic, frame);
    case SensorLayout::KIND_COLLISION:
      return std::make_unique<EventTopic<CollisionEvent>>(node, sensor, topic, frame);
    case SensorLayout::KIND_LANE_INVASION:
      return std::make_unique<EventTopic<LaneInvasionEvent>>(node, sensor, topic, frame);
    case SensorLayout::KIND_OBSTACLE:
      return std::make_unique<EventTopic<ObstacleEvent>>(node, sensor, topic, frame);
    default:
      return std::make_unique<CameraTopic>(node, sensor, topic, frame);
  }
}

}  // namespace carla_gateway
