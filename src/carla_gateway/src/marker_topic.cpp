// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/marker_topic.hpp"

#include <cmath>

#include "carla_drl_msgs/msg/frame_layout.hpp"
#include "carla_gateway/ros_time.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FrameLayout;
using visualization_msgs::msg::Marker;

constexpr std::chrono::milliseconds kPeriod{50};
constexpr double kVehicleHeightM = 1.6;
constexpr double kWalkerHeightM = 1.8;
constexpr double kRouteWidthM = 0.4;

struct Color
{
  float r, g, b;
};
constexpr Color kEgo{0.2F, 0.6F, 1.0F};
constexpr Color kRoute{0.2F, 0.9F, 0.4F};
constexpr Color kVehicle{0.9F, 0.6F, 0.2F};
constexpr Color kWalker{0.95F, 0.3F, 0.4F};

void paint(Marker & marker, const Color & color)
{
  marker.color.r = color.r;
  marker.color.g = color.g;
  marker.color.b = color.b;
  marker.color.a = 1.0F;
}

/// A box on the ground with its centre at x, y.
void place_box(Marker & marker, double x, double y, double z, double yaw, double length, double width,
               double height)
{
  marker.pose.position.x = x;
  marker.pose.position.y = y;
  marker.pose.position.z = z + 0.5 * height;
  marker.pose.orientation.z = std::sin(0.5 * yaw);
  marker.pose.orientation.w = std::cos(0.5 * yaw);
  marker.scale.x = length;
  marker.scale.y = width;
  marker.scale.z = height;
}

Marker make_marker(const std::string & frame, const char * space, std::uint32_t id, std::int32_t type)
{
  Marker marker;
  marker.header.frame_id = frame;
  marker.ns = space;
  marker.id = static_cast<std::int32_t>(id);
  marker.type = type;
  marker.action = Marker::ADD;
  marker.pose.orientation.w = 1.0;
  return marker;
}

}  // namespace

MarkerTopic::MarkerTopic(rclcpp::Node & node, const std::string & simulator, const RingInfo & info,
                         const TopicNames & names)
    : info_(info),
      publisher_(node.create_publisher<visualization_msgs::msg::MarkerArray>(
          "/carla_drl/" + simulator + "/markers", newest_only()))
{
  const std::string frame = names.map();
  for (std::uint32_t agent = 0; agent < info.num_agents; ++agent) {
    markers_.markers.push_back(make_marker(frame, "egos", agent, Marker::CUBE));
    paint(markers_.markers.back(), kEgo);
  }
  for (std::uint32_t agent = 0; agent < info.num_agents; ++agent) {
    Marker line = make_marker(frame, "routes", agent, Marker::LINE_STRIP);
    paint(line, kRoute);
    line.scale.x = kRouteWidthM;
    line.points.resize(info.num_route_points);
    markers_.markers.push_back(std::move(line));
  }
  for (std::uint32_t i = 0; i < info.num_objects; ++i) {
    markers_.markers.push_back(make_marker(frame, "road users", i, Marker::CUBE));
  }
}

Outcome MarkerTopic::publish(const FrameRing & ring, const FrameView & view)
{
  const auto now = std::chrono::steady_clock::now();
  if (now < due_) {
    return Outcome::kNothing;
  }
  due_ = now + kPeriod;
  fill_egos(view);
  fill_routes(view);
  fill_objects(view);
  if (!ring.unchanged(view)) {
    return Outcome::kTorn;
  }
  const auto stamp = stamp_of(view.sim_time_s);
  for (Marker & marker : markers_.markers) {
    marker.header.stamp = stamp;
  }
  publisher_->publish(markers_);
  return Outcome::kPublished;
}

void MarkerTopic::fill_egos(const FrameView & view)
{
  for (std::uint32_t agent = 0; agent < info_.num_agents; ++agent) {
    const float * row = view.ego + agent * std::size_t{FrameLayout::NUM_EGO};
    const auto value = [row](std::size_t column) { return static_cast<double>(row[column]); };
    place_box(markers_.markers[agent], value(FrameLayout::EGO_X_M), value(FrameLayout::EGO_Y_M),
              value(FrameLayout::EGO_Z_M), value(FrameLayout::EGO_YAW_RAD), value(FrameLayout::EGO_LENGTH_M),
              value(FrameLayout::EGO_WIDTH_M), kVehicleHeightM);
  }
}

void MarkerTopic::fill_routes(const FrameView & view)
{
  for (std::uint32_t agent = 0; agent < info_.num_agents; ++agent) {
    const double z =
        static_cast<double>(view.ego[agent * std::size_t{FrameLayout::NUM_EGO} + FrameLayout::EGO_Z_M]);
    auto & points = markers_.markers[info_.num_agents + agent].points;
    const float * rows = view.route + agent * points.size() * FrameLayout::NUM_ROUTE;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const float * row = rows + i * FrameLayout::NUM_ROUTE;
      points[i].x = static_cast<double>(row[FrameLayout::ROUTE_X_M]);
      points[i].y = static_cast<double>(row[FrameLayout::ROUTE_Y_M]);
      points[i].z = z + 0.1;
    }
  }
}

void MarkerTopic::fill_objects(const FrameView & view)
{
  for (std::uint32_t i = 0; i < info_.num_objects; ++i) {
    const float * row = view.objects + i * std::size_t{FrameLayout::NUM_OBJECT};
    const auto value = [row](std::size_t column) { return static_cast<double>(row[column]); };
    Marker & marker = markers_.markers[2 * info_.num_agents + i];
    const auto kind = static_cast<int>(row[FrameLayout::OBJECT_KIND]);
    const bool walker = kind == FrameLayout::OBJECT_WALKER;
    marker.action = walker || kind == FrameLayout::OBJECT_VEHICLE ? Marker::ADD : Marker::DELETE;
    paint(marker, walker ? kWalker : kVehicle);
    place_box(marker, value(FrameLayout::OBJECT_X_M), value(FrameLayout::OBJECT_Y_M),
              value(FrameLayout::OBJECT_Z_M), value(FrameLayout::OBJECT_YAW_RAD),
              value(FrameLayout::OBJECT_LENGTH_M), value(FrameLayout::OBJECT_WIDTH_M),
              walker ? kWalkerHeightM : kVehicleHeightM);
  }
}

}  // namespace carla_gateway
