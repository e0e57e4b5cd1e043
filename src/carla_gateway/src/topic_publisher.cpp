// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/topic_publisher.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "carla_gateway/image_block_topic.hpp"
#include "carla_gateway/sensor_topics.hpp"
#include "carla_gateway/world_topics.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::WorldInfo;
using diagnostic_msgs::msg::DiagnosticStatus;
using tf2_msgs::msg::TFMessage;

// Publishing pictures must not take the processor from the loop.
constexpr int kNiceness = 5;
constexpr int kLogPeriodMs = 1000;

}  // namespace

TopicPublisher::TopicPublisher(rclcpp::Node & node, std::string simulator, const TopicOptions & options)
    : node_(node), simulator_(std::move(simulator)), options_(options)
{
  const auto latched = rclcpp::QoS(rclcpp::KeepLast(1)).reliable().transient_local();
  world_info_publisher_ = node.create_publisher<WorldInfo>(options_.names.prefix + "/world_info", latched);
  static_publisher_ = node.create_publisher<TFMessage>("/tf_static", latched);
  for (std::size_t i = 0; i < options_.threads; ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

TopicPublisher::~TopicPublisher()
{
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread & thread : threads_) {
    thread.join();
  }
}

void TopicPublisher::begin(std::shared_ptr<const FrameRing> ring, const WorldSpec & world)
{
  end();
  const RingInfo & info = ring->info();
  const TopicNames & names = options_.names;
  Entries entries;
  const auto add = [&entries](std::unique_ptr<Topic> topic) {
    entries.push_back(std::make_shared<Entry>());
    entries.back()->topic = std::move(topic);
  };
  for (auto & topic : make_world_topics(node_, simulator_, info, world, names, options_.clock)) {
    add(std::move(topic));
  }
  for (const SensorSpec & sensor : world.sensors) {
    const std::string role = world.role(sensor.agent);
    add(make_sensor_topic(node_, sensor, role, names));
    if (sensor.is_camera()) {
      const std::string topic = names.prefix + "/" + role + "/" + sensor.name + "/image_block";
      if (auto blocks = make_image_block_topic(node_, sensor, info.session, topic)) {
        add(std::move(blocks));
      }
    }
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ring_ = std::move(ring);
    entries_ = std::move(entries);
    announced_ = 0;
    cursor_ = 0;
    sensors_ = world.sensors.size();
  }
  refresh();
  WorldInfo message;
  message.map_name = world.map_name;
  message.opendrive = world.opendrive;
  world_info_publisher_->publish(message);
  static_publisher_->publish(static_transforms(info, world, names));
}

void TopicPublisher::announce(const FrameView & view)
{
  if (!any_wanted_.load(std::memory_order_relaxed)) {
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    view_ = view;
    ++announced_;
  }
  changed_.notify_one();
}

void TopicPublisher::end()
{
  Entries gone;
  std::unique_lock<std::mutex> lock(mutex_);
  any_wanted_ = false;
  gone.swap(entries_);
  ring_.reset();
  sensors_ = 0;
}

void TopicPublisher::refresh()
{
  Entries entries;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    entries = entries_;
  }
  bool any = false;
  for (const auto & entry : entries) {
    const bool wanted = entry->topic->wanted();
    entry->wanted = wanted;
    any = any || wanted;
  }
  any_wanted_ = any;
}

std::shared_ptr<TopicPublisher::Entry> TopicPublisher::next()
{
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    cursor_ = (cursor_ + 1) % entries_.size();
    const auto & entry = entries_[cursor_];
    if (!entry->wanted) {
      entry->seen = 0;
    } else if (!entry->busy && entry->seen < announced_) {
      return entry;
    }
  }
  return nullptr;
}

void TopicPublisher::work()
{
  // A thread's own priority on Linux; it may be refused, and is no loss then.
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), kNiceness));
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    const std::shared_ptr<Entry> entry = next();
    if (!entry) {
      changed_.wait(lock);
      continue;
    }
    if (entry->seen != 0) {
      dropped_ += announced_ - entry->seen - 1;
    }
    entry->seen = announced_;
    entry->busy = true;
    const FrameView view = view_;
    const std::shared_ptr<const FrameRing> ring = ring_;
    lock.unlock();
    changed_.notify_one();  // others may help with the other topics
    Outcome outcome = Outcome::kNothing;
    try {
      outcome = entry->topic->publish(*ring, view);
    } catch (const std::exception & error) {
      RCLCPP_ERROR_THROTTLE(node_.get_logger(), *node_.get_clock(), kLogPeriodMs, "cannot publish: %s",
                            error.what());
    }
    published_ += outcome == Outcome::kPublished ? 1 : 0;
    torn_ += outcome == Outcome::kTorn ? 1 : 0;
    lock.lock();
    entry->busy = false;
  }
}

void TopicPublisher::report(diagnostic_updater::DiagnosticStatusWrapper & status)
{
  std::size_t wanted = 0;
  std::size_t topics = 0;
  std::size_t sensors = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    topics = entries_.size();
    sensors = sensors_;
    for (const auto & entry : entries_) {
      wanted += entry->wanted ? 1 : 0;
    }
  }
  const std::uint64_t torn = torn_;
  if (torn != reported_torn_) {
    status.summary(DiagnosticStatus::WARN,
                   std::to_string(torn - reported_torn_) + " frames were overwritten while they were read");
  } else {
    status.summary(DiagnosticStatus::OK,
                   std::to_string(wanted) + " of " + std::to_string(topics) + " topics");
  }
  reported_torn_ = torn;
  status.add("topics", topics);
  status.add("topics_with_subscribers", wanted);
  status.add("sensors", sensors);
  status.add("topic_messages", published_.load());
  status.add("topic_frames_dropped", dropped_.load());
  status.add("topic_frames_torn", torn);
}

}  // namespace carla_gateway
