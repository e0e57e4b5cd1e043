// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/world_topics.hpp"

#include <cmath>
#include <nav_msgs/msg/odometry.hpp>
#include <rosgraph_msgs/msg/clock.hpp>

#include "carla_drl_msgs/msg/frame_layout.hpp"
#include "carla_drl_msgs/msg/road_object_array.hpp"
#include "carla_drl_msgs/msg/simulation_status.hpp"
#include "carla_gateway/marker_topic.hpp"
#include "carla_gateway/ros_time.hpp"
#include "carla_gateway/sensor_messages.hpp"
#include "carla_gateway/sensor_topics.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FrameLayout;
using carla_drl_msgs::msg::RoadObject;
using carla_drl_msgs::msg::RoadObjectArray;
using carla_drl_msgs::msg::SimulationStatus;
using geometry_msgs::msg::TransformStamped;
using nav_msgs::msg::Odometry;
using rosgraph_msgs::msg::Clock;
using tf2_msgs::msg::TFMessage;

/// One topic with one message per frame, which `fill` makes.
template <typename Message>
class FrameTopic : public Topic
{
 public:
  FrameTopic(rclcpp::Node & node, const std::string & topic)
      : publisher_(node.create_publisher<Message>(topic, newest_only()))
  {
  }

  bool wanted() const override { return has_subscribers(*publisher_); }

  Outcome publish(const FrameRing & ring, const FrameView & view) override
  {
    fill(view, message_);
    if (!ring.unchanged(view)) {
      return Outcome::kTorn;
    }
    publisher_->publish(message_);
    return Outcome::kPublished;
  }

 protected:
  virtual void fill(const FrameView & view, Message & message) = 0;
  Message message_;

 private:
  typename rclcpp::Publisher<Message>::SharedPtr publisher_;
};

/// One row of the array "ego".
class Ego
{
 public:
  Ego(const FrameView & view, std::uint32_t agent)
      : row_(view.ego + agent * std::size_t{FrameLayout::NUM_EGO})
  {
  }
  double operator[](std::size_t column) const { return static_cast<double>(row_[column]); }
  geometry_msgs::msg::Quaternion orientation() const
  {
    return quaternion_of((*this)[FrameLayout::EGO_ROLL_RAD], (*this)[FrameLayout::EGO_PITCH_RAD],
                         (*this)[FrameLayout::EGO_YAW_RAD]);
  }

 private:
  const float * row_;
};

/// A vector of the outer frame as seen in a frame that is turned by `q`: v + 2 u x (u x v - w v), u the
/// vector part.
geometry_msgs::msg::Vector3 turned_back(const geometry_msgs::msg::Quaternion & q, double x, double y,
                                        double z)
{
  const double cx = q.y * z - q.z * y - q.w * x;
  const double cy = q.z * x - q.x * z - q.w * y;
  const double cz = q.x * y - q.y * x - q.w * z;
  geometry_msgs::msg::Vector3 v;
  v.x = x + 2.0 * (q.y * cz - q.z * cy);
  v.y = y + 2.0 * (q.z * cx - q.x * cz);
  v.z = z + 2.0 * (q.x * cy - q.y * cx);
  return v;
}

class ClockTopic : public FrameTopic<Clock>
{
 public:
  explicit ClockTopic(rclcpp::Node & node) : FrameTopic(node, "/clock") {}

 private:
  void fill(const FrameView & view, Clock & message) override { message.clock = stamp_of(view.sim_time_s); }
};

class StatusTopic : public FrameTopic<SimulationStatus>
{
 public:
  StatusTopic(rclcpp::Node & node, const std::string & simulator, const RingInfo & info,
              const TopicNames & names)
      : FrameTopic(node, names.prefix + "/status")
  {
    message_.simulator = simulator;
    message_.session = info.session;
    message_.fixed_delta_seconds = static_cast<float>(info.step_s);
    message_.synchronous_mode = true;
  }

 private:
  void fill(const FrameView & view, SimulationStatus & message) override
  {
    message.header.stamp = stamp_of(view.sim_time_s);
    message.frame = view.frame;
  }
};

class OdometryTopic : public FrameTopic<Odometry>
{
 public:
  OdometryTopic(rclcpp::Node & node, std::uint32_t agent, const std::string & role, const TopicNames & names)
      : FrameTopic(node, names.prefix + "/" + role + "/odometry"), agent_(agent)
  {
    message_.header.frame_id = names.odom(role);
    message_.child_frame_id = names.base(role);
  }

 private:
  void fill(const FrameView & view, Odometry & message) override
  {
    const Ego ego(view, agent_);
    message.header.stamp = stamp_of(view.sim_time_s);
    auto & pose = message.pose.pose;
    pose.position.x = ego[FrameLayout::EGO_X_M];
    pose.position.y = ego[FrameLayout::EGO_Y_M];
    pose.position.z = ego[FrameLayout::EGO_Z_M];
    pose.orientation = ego.orientation();
    auto & twist = message.twist.twist;
    twist.linear = turned_back(pose.orientation, ego[FrameLayout::EGO_VX_MPS], ego[FrameLayout::EGO_VY_MPS],
                               ego[FrameLayout::EGO_VZ_MPS]);
    twist.angular.x = ego[FrameLayout::EGO_ROLL_RATE_RADPS];
    twist.angular.y = ego[FrameLayout::EGO_PITCH_RATE_RADPS];
    twist.angular.z = ego[FrameLayout::EGO_YAW_RATE_RADPS];
  }

  const std::uint32_t agent_;
};

class TransformTopic : public FrameTopic<TFMessage>
{
 public:
  TransformTopic(rclcpp::Node & node, const RingInfo & info, const WorldSpec & world,
                 const TopicNames & names)
      : FrameTopic(node, "/tf")
  {
    message_.transforms.resize(info.num_agents);
    for (std::uint32_t agent = 0; agent < info.num_agents; ++agent) {
      message_.transforms[agent].header.frame_id = names.odom(world.role(agent));
      message_.transforms[agent].child_frame_id = names.base(world.role(agent));
    }
  }

 private:
  void fill(const FrameView & view, TFMessage & message) override
  {
    for (std::uint32_t agent = 0; agent < message.transforms.size(); ++agent) {
      const Ego ego(view, agent);
      TransformStamped & transform = message.transforms[agent];
      transform.header.stamp = stamp_of(view.sim_time_s);
      transform.transform.translation.x = ego[FrameLayout::EGO_X_M];
      transform.transform.translation.y = ego[FrameLayout::EGO_Y_M];
      transform.transform.translation.z = ego[FrameLayout::EGO_Z_M];
      transform.transform.rotation = ego.orientation();
    }
  }
};

class ObjectsTopic : public FrameTopic<RoadObjectArray>
{
 public:
  ObjectsTopic(rclcpp::Node & node, const RingInfo & info, const TopicNames & names)
      : FrameTopic(node, names.prefix + "/objects"), info_(info)
  {
    message_.header.frame_id = names.map();
  }

 private:
  void fill(const FrameView & view, RoadObjectArray & message) override
  {
    message.header.stamp = stamp_of(view.sim_time_s);
    message.objects.clear();
    for (std::uint32_t agent = 0; agent < info_.num_agents; ++agent) {
      const Ego ego(view, agent);
      RoadObject object;
      object.kind = RoadObject::KIND_EGO;
      object.index = agent;
      object.pose.position.x = ego[FrameLayout::EGO_X_M];
      object.pose.position.y = ego[FrameLayout::EGO_Y_M];
      object.pose.position.z = ego[FrameLayout::EGO_Z_M];
      object.pose.orientation = ego.orientation();
      object.velocity.x = ego[FrameLayout::EGO_VX_MPS];
      object.velocity.y = ego[FrameLayout::EGO_VY_MPS];
      object.velocity.z = ego[FrameLayout::EGO_VZ_MPS];
      object.length = static_cast<float>(ego[FrameLayout::EGO_LENGTH_M]);
      object.width = static_cast<float>(ego[FrameLayout::EGO_WIDTH_M]);
      message.objects.push_back(object);
    }
    for (std::uint32_t i = 0; i < info_.num_objects; ++i) {
      const float * row = view.objects + i * std::size_t{FrameLayout::NUM_OBJECT};
      const auto value = [row](std::size_t column) { return static_cast<double>(row[column]); };
      const auto kind = static_cast<int>(row[FrameLayout::OBJECT_KIND]);
      if (kind != FrameLayout::OBJECT_VEHICLE && kind != FrameLayout::OBJECT_WALKER) {
        continue;
      }
      RoadObject object;
      object.kind = kind == FrameLayout::OBJECT_VEHICLE ? RoadObject::KIND_VEHICLE : RoadObject::KIND_WALKER;
      object.index = i;
      object.pose.position.x = value(FrameLayout::OBJECT_X_M);
      object.pose.position.y = value(FrameLayout::OBJECT_Y_M);
      object.pose.position.z = value(FrameLayout::OBJECT_Z_M);
      object.pose.orientation = quaternion_of(0.0, 0.0, value(FrameLayout::OBJECT_YAW_RAD));
      object.velocity.x = value(FrameLayout::OBJECT_VX_MPS);
      object.velocity.y = value(FrameLayout::OBJECT_VY_MPS);
      object.length = row[FrameLayout::OBJECT_LENGTH_M];
      object.width = row[FrameLayout::OBJECT_WIDTH_M];
      message.objects.push_back(object);
    }
  }

  const RingInfo info_;
};

TransformStamped between(const std::string & parent, const std::string & child)
{
  TransformStamped transform;
  transform.header.frame_id = parent;
  transform.child_frame_id = child;
  transform.transform.rotation.w = 1.0;
  return transform;
}

}  // namespace

std::vector<std::unique_ptr<Topic>> make_world_topics(rclcpp::Node & node, const std::string & simulator,
                                                      const RingInfo & info, const WorldSpec & world,
                                                      const TopicNames & names, bool clock)
{
  std::vector<std::unique_ptr<Topic>> topics;
  if (clock) {
    topics.push_back(std::make_unique<ClockTopic>(node));
  }
  topics.push_back(std::make_unique<TransformTopic>(node, info, world, names));
  topics.push_back(std::make_unique<StatusTopic>(node, simulator, info, names));
  topics.push_back(std::make_unique<ObjectsTopic>(node, info, names));
  topics.push_back(std::make_unique<MarkerTopic>(node, simulator, info, names));
  for (std::uint32_t agent = 0; agent < info.num_agents; ++agent) {
    topics.push_back(std::make_unique<OdometryTopic>(node, agent, world.role(agent), names));
  }
  return topics;
}

TFMessage static_transforms(const RingInfo & info, const WorldSpec & world, const TopicNames & names)
{
  TFMessage message;
  for (std::uint32_t agent = 0; agent < info.num_agents; ++agent) {
    message.transforms.push_back(between(names.map(), names.odom(world.role(agent))));
  }
  for (const SensorSpec & sensor : world.sensors) {
    const std::string role = world.role(sensor.agent);
    const std::string mounted = names.sensor(role, sensor.name);
    TransformStamped transform = between(names.base(role), mounted);
    transform.transform.translation.x = sensor.position[0];
    transform.transform.translation.y = sensor.position[1];
    transform.transform.translation.z = sensor.position[2];
    transform.transform.rotation.x = sensor.orientation[0];
    transform.transform.rotation.y = sensor.orientation[1];
    transform.transform.rotation.z = sensor.orientation[2];
    transform.transform.rotation.w = sensor.orientation[3];
    message.transforms.push_back(transform);
    const std::string frame = frame_of(sensor, role, names);
    if (frame != mounted) {
      TransformStamped optical = between(mounted, frame);
      optical.transform.rotation = quaternion_of(-M_PI / 2.0, 0.0, -M_PI / 2.0);
      message.transforms.push_back(optical);
    }
  }
  return message;
}

}  // namespace carla_gateway
