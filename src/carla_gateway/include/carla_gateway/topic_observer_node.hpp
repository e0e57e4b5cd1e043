// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__TOPIC_OBSERVER_NODE_HPP_
#define CARLA_GATEWAY__TOPIC_OBSERVER_NODE_HPP_

#include <cstdint>
#include <diagnostic_updater/diagnostic_updater.hpp>
#include <memory>
#include <nav_msgs/msg/odometry.hpp>
#include <optional>
#include <rclcpp/rclcpp.hpp>
#include <sensor_msgs/msg/image.hpp>
#include <sensor_msgs/msg/point_cloud2.hpp>
#include <string>
#include <tf2_msgs/msg/tf_message.hpp>
#include <vector>

#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_drl_msgs/msg/observation_layout.hpp"
#include "carla_gateway/message_buffer.hpp"
#include "carla_gateway/observation_builder.hpp"
#include "carla_gateway/sensor_images.hpp"
#include "carla_gateway/sensor_report.hpp"
#include "carla_gateway/topic_observer_parameters.hpp"

namespace carla_gateway
{

/// Component that makes observations of standard topics, as carla-ros-bridge and bags have them: odometry,
/// pictures and clouds of each role below /carla/<role>/, put together by their stamps.
///
/// What such topics do not carry is not in the observation: its state is speed, lateral speed and yaw rate,
/// and neighbours where there is /carla/objects; there are no rasters, and of the metrics the speed alone.
/// Nothing is answered: this node listens.
class TopicObserverNode : public rclcpp::Node
{
 public:
  /// @throws std::invalid_argument for a bad parameter.
  explicit TopicObserverNode(const rclcpp::NodeOptions & options);

 private:
  using Odometry = nav_msgs::msg::Odometry;
  using Image = sensor_msgs::msg::Image;
  using PointCloud2 = sensor_msgs::msg::PointCloud2;

  template <typename Message>
  void listen(std::size_t source, const std::string & topic);
  void put(std::size_t source, const builtin_interfaces::msg::Time & stamp,
           std::shared_ptr<const void> message);
  void take();
  void observe(const BufferedFrame & taken);
  /// Takes the other road users of a frame, where neighbours are asked for.
  void read_objects(const BufferedFrame & taken);
  std::size_t state_columns() const;
  /// Begins a session once every sensor has been heard of; false while one has not.
  bool begin(const BufferedFrame & taken);
  /// Finds out where the lidars are on their egos, where a grid needs that.
  void place_lidars();
  void publish(const BufferedFrame & taken);
  void report(diagnostic_updater::DiagnosticStatusWrapper & status);

  const TopicObserverParameters parameters_;
  std::vector<std::string> names_;  // of the shown sensors
  MessageBuffer buffer_;
  tf2_msgs::msg::TFMessage transforms_;  // static ones, as far as they have come

  WorldSpec world_;
  std::unique_ptr<SensorImages> images_;  // null before a session
  ObservationBuilder builder_;
  carla_drl_msgs::msg::FleetObservation observation_;
  std::vector<std::shared_ptr<const void>> first_;  // the first message of each source
  std::vector<float> ego_;
  std::vector<float> objects_;
  std::vector<float> state_;
  std::vector<SensorSample> samples_;
  std::vector<ImageOutput> outputs_;
  std::uint32_t session_ = 0;
  std::optional<double> origin_s_;  // stamp of the first message

  SensorReport sensors_;
  std::uint64_t published_ = 0;
  std::uint64_t unusable_ = 0;
  std::string fault_;  // the first one since the last report

  std::vector<std::string> topics_;  // by source
  std::vector<rclcpp::SubscriptionBase::SharedPtr> subscriptions_;
  rclcpp::Publisher<carla_drl_msgs::msg::FleetObservation>::SharedPtr observation_publisher_;
  rclcpp::Publisher<carla_drl_msgs::msg::ObservationLayout>::SharedPtr layout_publisher_;
  rclcpp::TimerBase::SharedPtr timer_;
  diagnostic_updater::Updater updater_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__TOPIC_OBSERVER_NODE_HPP_
