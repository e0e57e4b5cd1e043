// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/topic_observer_node.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "carla_drl_msgs/msg/frame_layout.hpp"
#include "carla_drl_msgs/msg/road_object_array.hpp"
#include "carla_drl_msgs/msg/sensor_layout.hpp"
#include "carla_gateway/column_names.hpp"
#include "carla_gateway/monotonic_clock.hpp"
#include "carla_gateway/observation_message.hpp"
#include "carla_gateway/topic_samples.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FleetObservation;
using carla_drl_msgs::msg::FrameLayout;
using carla_drl_msgs::msg::ObservationLayout;
using carla_drl_msgs::msg::RoadObjectArray;
using carla_drl_msgs::msg::SensorLayout;
using diagnostic_msgs::msg::DiagnosticStatus;

constexpr std::chrono::milliseconds kTimerPeriod{20};
constexpr std::size_t kHistory = 10;   // messages per topic that wait for this node
constexpr std::size_t kCapacity = 32;  // frames
constexpr int kLogPeriodMs = 1000;
// Columns of the state that odometry carries: the first ones that ObservationBuilder makes. Neighbours are
// its last ones.
constexpr std::size_t kMotionColumns = 3;

/// Pictures and clouds are shared by all sources of one kind, role by role.
std::vector<std::string> shown_names(const SensorImageConfig & images)
{
  std::vector<std::string> names;
  if (images.camera.enabled) {
    names = images.camera.sensors;
  }
  if (images.lidar.enabled) {
    names.push_back(images.lidar.sensor);
  }
  return names;
}

std::size_t period_of(double rate_hz, double step_s)
{
  return rate_hz > 0.0 ? static_cast<std::size_t>(std::max(std::lround(1.0 / (rate_hz * step_s)), 1L)) : 1;
}

/// Of each role's odometry, then of the sensors in the order of SensorImages::sensors(), last of the objects.
std::vector<std::size_t> periods_of(const TopicObserverParameters & parameters)
{
  std::vector<std::size_t> periods(parameters.roles.size(), 1);
  const std::size_t names = shown_names(parameters.images).size();
  for (std::size_t name = 0; name < names; ++name) {
    const bool lidar = parameters.images.lidar.enabled && name + 1 == names;
    const double rate = lidar ? parameters.lidar_rate_hz : parameters.camera_rate_hz;
    periods.insert(periods.end(), parameters.roles.size(), period_of(rate, parameters.step_s));
  }
  if (parameters.builder.neighbour_count > 0) {
    periods.push_back(1);
  }
  return periods;
}

RingInfo info_of(const TopicObserverParameters & parameters, std::uint32_t session)
{
  RingInfo info;
  info.session = session;
  info.num_agents = static_cast<std::uint32_t>(parameters.roles.size());
  info.step_s = parameters.step_s;
  return info;
}

}  // namespace

TopicObserverNode::TopicObserverNode(const rclcpp::NodeOptions & options)
    : rclcpp::Node("topic_observer", options),
      parameters_(declare_topic_observer_parameters(*this)),
      names_(shown_names(parameters_.images)),
      buffer_(periods_of(parameters_), static_cast<std::int64_t>(parameters_.timeout_s * 1e9), kCapacity),
      builder_(parameters_.builder, parameters_.roles.size(), 0),
      first_(periods_of(parameters_).size()),
      ego_(parameters_.roles.size() * FrameLayout::NUM_EGO),
      state_(parameters_.roles.size() * builder_.state_dim()),
      topics_(first_.size()),
      updater_(this)
{
  const auto latched = rclcpp::QoS(rclcpp::KeepLast(1)).reliable().transient_local();
  const std::string prefix = "/carla_drl/" + parameters_.simulator + "/";
  observation_publisher_ = create_publisher<FleetObservation>(prefix + "observation", latched);
  layout_publisher_ = create_publisher<ObservationLayout>(prefix + "observation_layout", latched);
  const std::size_t agents = parameters_.roles.size();
  for (std::size_t agent = 0; agent < agents; ++agent) {
    const std::string role = parameters_.prefix + "/" + parameters_.roles[agent] + "/";
    listen<Odometry>(agent, role + "odometry");
    for (std::size_t name = 0; name < names_.size(); ++name) {
      const std::size_t source = agents * (1 + name) + agent;
      if (parameters_.images.lidar.enabled && name + 1 == names_.size()) {
        listen<PointCloud2>(source, role + names_[name]);
      } else {
        listen<Image>(source, role + names_[name] + "/image");
      }
    }
  }
  if (parameters_.builder.neighbour_count > 0) {
    listen<RoadObjectArray>(first_.size() - 1, parameters_.prefix + "/objects");
  }
  subscriptions_.push_back(create_subscription<tf2_msgs::msg::TFMessage>(
      "/tf_static", rclcpp::QoS(rclcpp::KeepLast(100)).reliable().transient_local(),
      [this](const tf2_msgs::msg::TFMessage::ConstSharedPtr message) {
        transforms_.transforms.insert(transforms_.transforms.end(), message->transforms.begin(),
                                      message->transforms.end());
      }));
  timer_ = create_wall_timer(kTimerPeriod, [this] { take(); });
  updater_.setHardwareID(parameters_.simulator);
  updater_.add("topics", [this](diagnostic_updater::DiagnosticStatusWrapper & status) { report(status); });
  updater_.add("observed",
               [this](diagnostic_updater::DiagnosticStatusWrapper & status) { sensors_.report(status); });
}

template <typename Message>
void TopicObserverNode::listen(std::size_t source, const std::string & topic)
{
  topics_[source] = topic;
  auto qos = rclcpp::QoS(rclcpp::KeepLast(kHistory)).durability_volatile();
  parameters_.reliable ? qos.reliable() : qos.best_effort();
  subscriptions_.push_back(create_subscription<Message>(
      topic, qos, [this, source](const typename Message::ConstSharedPtr message) {
        put(source, message->header.stamp, message);
      }));
}

void TopicObserverNode::put(std::size_t source, const builtin_interfaces::msg::Time & stamp,
                            std::shared_ptr<const void> message)
{
  const double time_s = static_cast<double>(stamp.sec) + 1e-9 * static_cast<double>(stamp.nanosec);
  // Stamps are whole steps apart, but the first one may be anything.
  if (!origin_s_) {
    origin_s_ = time_s;
  }
  const auto steps = [this](double seconds) { return std::llround(seconds / parameters_.step_s); };
  const auto frame =
      static_cast<std::uint64_t>(std::max(steps(*origin_s_) + steps(time_s - *origin_s_), 0LL));
  if (buffer_.last_taken() && frame + kCapacity < *buffer_.last_taken()) {
    RCLCPP_INFO(get_logger(), "time went back to %.3f s: a new session begins", time_s);
    buffer_.clear();
    images_.reset();
    origin_s_ = time_s;
  }
  if (!first_[source]) {
    first_[source] = message;
  }
  buffer_.put(source, frame, std::move(message), monotonic_ns());
  take();
}

void TopicObserverNode::take()
{
  while (const auto taken = buffer_.take(monotonic_ns())) {
    try {
      observe(*taken);
    } catch (const std::exception & error) {
      ++unusable_;
      fault_ = fault_.empty() ? error.what() : fault_;
      RCLCPP_ERROR_THROTTLE(get_logger(), *get_clock(), kLogPeriodMs, "frame %lu is not published: %s",
                            static_cast<unsigned long>(taken->frame), error.what());
    }
  }
}

void TopicObserverNode::place_lidars()
{
  if (!parameters_.images.lidar.enabled || parameters_.images.lidar.form != LidarForm::kGrid) {
    return;
  }
  for (std::size_t agent = 0; agent < parameters_.roles.size(); ++agent) {
    const std::size_t sensor = (names_.size() - 1) * parameters_.roles.size() + agent;
    const auto & cloud = *static_cast<const PointCloud2 *>(first_[parameters_.roles.size() + sensor].get());
    const auto found = std::find_if(transforms_.transforms.begin(), transforms_.transforms.end(),
                                    [&cloud](const geometry_msgs::msg::TransformStamped & one) {
                                      return one.child_frame_id == cloud.header.frame_id;
                                    });
    if (found == transforms_.transforms.end()) {
      throw std::runtime_error("/tf_static does not tell where frame '" + cloud.header.frame_id +
                               "' is on its ego, which a grid needs; use lidar_form: range");
    }
    const auto & at = found->transform;
    world_.sensors[sensor].position = {at.translation.x, at.translation.y, at.translation.z};
    world_.sensors[sensor].orientation = {at.rotation.x, at.rotation.y, at.rotation.z, at.rotation.w};
  }
}

bool TopicObserverNode::begin(const BufferedFrame & taken)
{
  if (std::any_of(first_.begin(), first_.end(), [](const auto & message) { return !message; })) {
    return false;
  }
  const std::size_t agents = parameters_.roles.size();
  world_.roles = parameters_.roles;
  world_.sensors.clear();
  for (std::size_t name = 0; name < names_.size(); ++name) {
    const bool lidar = parameters_.images.lidar.enabled && name + 1 == names_.size();
    for (std::size_t agent = 0; agent < agents; ++agent) {
      SensorSpec sensor;
      sensor.agent = static_cast<std::uint32_t>(agent);
      sensor.kind = lidar ? SensorLayout::KIND_LIDAR : SensorLayout::KIND_COLOR;
      sensor.name = names_[name];
      const double rate = lidar ? parameters_.lidar_rate_hz : parameters_.camera_rate_hz;
      sensor.rate_hz = rate > 0.0 ? rate : 1.0 / parameters_.step_s;
      sensor.orientation = {0.0, 0.0, 0.0, 1.0};
      if (!lidar) {
        const auto & image = *static_cast<const Image *>(first_[agents * (1 + name) + agent].get());
        sensor.width = image.width;
        sensor.height = image.height;
      }
      world_.sensors.push_back(std::move(sensor));
    }
  }
  place_lidars();
  images_ = std::make_unique<SensorImages>(parameters_.images, world_, agents, parameters_.step_s);
  const RingInfo info = info_of(parameters_, ++session_);
  begin_session(observation_, info, builder_, nullptr, images_.get());
  const std::size_t columns = state_columns();
  observation_.state_dim = static_cast<std::uint32_t>(columns);
  observation_.state.resize(agents * columns);
  std::fill(observation_.metrics.begin(), observation_.metrics.end(), 0.0F);
  std::fill(observation_.status.begin(), observation_.status.end(), FleetObservation::STATUS_RESET);
  samples_.resize(images_->sensors().size());
  outputs_.clear();
  for (auto & image : observation_.images) {
    outputs_.push_back({image.data.data(), image.age.data()});
  }
  sensors_.begin(samples_.size());
  ObservationLayout layout = layout_of(parameters_.simulator, info, builder_, nullptr, images_.get());
  layout.state_names.erase(layout.state_names.begin() + kMotionColumns,
                           layout.state_names.begin() + ObservationBuilder::kEgoColumnCount);
  layout_publisher_->publish(layout);
  RCLCPP_INFO(get_logger(), "session %u begins with frame %lu: %zu egos, %zu sensors shown", session_,
              static_cast<unsigned long>(taken.frame), agents, samples_.size());
  return true;
}

std::size_t TopicObserverNode::state_columns() const
{
  return kMotionColumns + ObservationBuilder::kNeighbourColumnCount * parameters_.builder.neighbour_count;
}

void TopicObserverNode::read_objects(const BufferedFrame & taken)
{
  if (parameters_.builder.neighbour_count == 0) {
    return;
  }
  const auto & message = taken.messages.back();
  if (!message) {
    throw std::runtime_error(topics_.back() + " is missing");
  }
  std::vector<float> rows = objects_of(*static_cast<const RoadObjectArray *>(message.get()), ego_);
  if (rows.size() > objects_.size()) {
    builder_ = ObservationBuilder(parameters_.builder, parameters_.roles.size(), 0,
                                  rows.size() / FrameLayout::NUM_OBJECT);
    objects_.resize(rows.size());
  }
  static_assert(FrameLayout::OBJECT_NONE == 0, "rows that are not used are zeros");
  std::fill(std::copy(rows.begin(), rows.end(), objects_.begin()), objects_.end(), 0.0F);
}

void TopicObserverNode::observe(const BufferedFrame & taken)
{
  const std::size_t agents = parameters_.roles.size();
  if (!images_ && !begin(taken)) {
    return;
  }
  for (std::size_t agent = 0; agent < agents; ++agent) {
    if (!taken.messages[agent]) {
      throw std::runtime_error("odometry of " + parameters_.roles[agent] + " is missing");
    }
    fill_ego(*static_cast<const Odometry *>(taken.messages[agent].get()),
             ego_.data() + agent * FrameLayout::NUM_EGO);
  }
  read_objects(taken);
  const FrameArrays arrays = {ego_.data(), nullptr, observation_.metrics.data(), objects_.data()};
  if (const auto bad = builder_.find_bad_value(arrays)) {
    throw std::runtime_error(bad->text());
  }
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    const auto & message = taken.messages[agents + i];
    samples_[i] = {};
    samples_[i].missing = taken.due[agents + i] && !message;
    if (!message) {
      continue;
    }
    if (images_->sensors()[i].kind == SensorLayout::KIND_LIDAR) {
      samples_[i].scan = view_of(*static_cast<const PointCloud2 *>(message.get()));
    } else {
      const auto & image = *static_cast<const Image *>(message.get());
      if (image.width != images_->sensors()[i].width || image.height != images_->sensors()[i].height) {
        throw std::runtime_error("the size of pictures of '" + images_->sensors()[i].name + "' has changed");
      }
      samples_[i].picture = view_of(image);
    }
  }
  const std::int64_t begun_ns = monotonic_ns();
  const FrameVerdict verdict =
      images_->build(taken.frame, samples_.data(), ego_.data(), observation_.status.data(), outputs_.data());
  images_->keep();
  const bool unusable = verdict.fate == FrameFate::kUnusable;
  if (sensors_.judged(images_->counters(), verdict.fault, unusable, monotonic_ns() - begun_ns)) {
    updater_.force_update();
  }
  if (unusable) {
    throw std::runtime_error(verdict.fault);
  }
  if (verdict.fate == FrameFate::kUse) {
    publish(taken);
  }
  std::fill(observation_.status.begin(), observation_.status.end(), std::uint8_t{0});
}

void TopicObserverNode::publish(const BufferedFrame & taken)
{
  const std::size_t agents = parameters_.roles.size();
  builder_.build({ego_.data(), nullptr, observation_.metrics.data(), objects_.data()}, state_.data());
  const std::size_t columns = state_columns();
  for (std::size_t agent = 0; agent < agents; ++agent) {
    const float * row = state_.data() + agent * builder_.state_dim();
    float * out = std::copy_n(row, kMotionColumns, observation_.state.data() + agent * columns);
    std::copy_n(row + ObservationBuilder::kEgoColumnCount, columns - kMotionColumns, out);
    observation_.metrics[agent * FleetObservation::NUM_METRICS + FleetObservation::METRIC_SPEED_MPS] =
        observation_.state[agent * columns];
  }
  observation_.frame = taken.frame;
  observation_.header.stamp = static_cast<const Odometry *>(taken.messages[0].get())->header.stamp;
  observation_publisher_->publish(observation_);
  ++published_;
}

void TopicObserverNode::report(diagnostic_updater::DiagnosticStatusWrapper & status)
{
  const auto silent = std::find(first_.begin(), first_.end(), nullptr) - first_.begin();
  if (!fault_.empty()) {
    status.summary(DiagnosticStatus::ERROR, fault_);
  } else if (static_cast<std::size_t>(silent) < first_.size()) {
    status.summary(DiagnosticStatus::WARN,
                   "nothing has come on " + topics_[static_cast<std::size_t>(silent)]);
  } else {
    status.summary(DiagnosticStatus::OK, "frames flow");
  }
  const BufferCounters & counters = buffer_.counters();
  status.add("frames", counters.frames);
  status.add("published", published_);
  status.add("unusable_frames", unusable_);
  status.add("incomplete_frames", counters.incomplete);
  status.add("late_messages", counters.late);
  status.add("duplicate_messages", counters.duplicate);
  fault_.clear();
}

}  // namespace carla_gateway

#include <rclcpp_components/register_node_macro.hpp>

RCLCPP_COMPONENTS_REGISTER_NODE(carla_gateway::TopicObserverNode)
