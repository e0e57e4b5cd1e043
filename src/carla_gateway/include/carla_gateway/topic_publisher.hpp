// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__TOPIC_PUBLISHER_HPP_
#define CARLA_GATEWAY__TOPIC_PUBLISHER_HPP_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <diagnostic_updater/diagnostic_updater.hpp>
#include <memory>
#include <mutex>
#include <rclcpp/rclcpp.hpp>
#include <string>
#include <tf2_msgs/msg/tf_message.hpp>
#include <thread>
#include <vector>

#include "carla_drl_msgs/msg/world_info.hpp"
#include "carla_gateway/topic.hpp"

namespace carla_gateway
{

/// How to publish sensors and world.
struct TopicOptions
{
  TopicNames names;
  bool clock = true;
  std::size_t threads = 2;
};

/// Publishes sensors and world from frames of the ring with threads of its own.
///
/// The thread that announces frames is never held up: whatever topic is not done when a newer frame comes
/// goes on with that one, and the frames between are counted as dropped. A subscriber that holds up a topic
/// holds up one thread. Topics without subscribers cost nothing.
class TopicPublisher
{
 public:
  TopicPublisher(rclcpp::Node & node, std::string simulator, const TopicOptions & options);
  ~TopicPublisher();
  TopicPublisher(const TopicPublisher &) = delete;
  TopicPublisher & operator=(const TopicPublisher &) = delete;

  /// A bridge has connected: makes the topics of its world.
  void begin(std::shared_ptr<const FrameRing> ring, const WorldSpec & world);

  /// A frame is there. Costs a comparison while nobody subscribes, else waking a thread.
  void announce(const FrameView & view);

  /// The bridge is gone: takes the topics down.
  void end();

  /// Looks which topics have subscribers. To be called some times per second.
  void refresh();

  void report(diagnostic_updater::DiagnosticStatusWrapper & status);

 private:
  struct Entry
  {
    std::unique_ptr<Topic> topic;
    std::atomic<bool> wanted = false;
    bool busy = false;
    std::uint64_t seen = 0;  ///< number of the announcement that was published last; 0: none
  };
  using Entries = std::vector<std::shared_ptr<Entry>>;

  void work();
  /// The next entry with something new to publish, null when there is none. The mutex is held.
  std::shared_ptr<Entry> next();

  rclcpp::Node & node_;
  const std::string simulator_;
  const TopicOptions options_;
  rclcpp::Publisher<carla_drl_msgs::msg::WorldInfo>::SharedPtr world_info_publisher_;
  rclcpp::Publisher<tf2_msgs::msg::TFMessage>::SharedPtr static_publisher_;

  std::atomic<bool> any_wanted_ = false;
  std::atomic<std::uint64_t> published_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  std::atomic<std::uint64_t> torn_ = 0;
  std::uint64_t reported_torn_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::shared_ptr<const FrameRing> ring_;
  FrameView view_;
  std::uint64_t announced_ = 0;
  std::size_t cursor_ = 0;
  Entries entries_;
  std::size_t sensors_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__TOPIC_PUBLISHER_HPP_
