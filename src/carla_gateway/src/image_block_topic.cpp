// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/image_block_topic.hpp"

#include <cstring>
#include <tuple>
#include <utility>

#include "carla_drl_msgs/msg/image_block1_m.hpp"
#include "carla_drl_msgs/msg/image_block256_k.hpp"
#include "carla_drl_msgs/msg/image_block4_m.hpp"
#include "carla_gateway/ros_time.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::ImageBlock1M;
using carla_drl_msgs::msg::ImageBlock256K;
using carla_drl_msgs::msg::ImageBlock4M;

template <typename Block>
constexpr std::size_t kCapacity = std::tuple_size<typename Block::_data_type>::value;

template <typename Block>
class ImageBlockTopic : public Topic
{
 public:
  ImageBlockTopic(rclcpp::Node & node, const SensorSpec & sensor, std::uint32_t session,
                  const std::string & topic)
      : sensor_(sensor), session_(session), publisher_(node.create_publisher<Block>(topic, newest_only()))
  {
  }

  bool wanted() const override { return has_subscribers(*publisher_); }

  Outcome publish(const FrameRing & ring, const FrameView & view) override
  {
    const Payload payload = payload_of(sensor_, view);
    if (payload.data == nullptr) {
      return Outcome::kNothing;
    }
    auto loan = publisher_->borrow_loaned_message();
    Block & block = loan.get();
    block.stamp = stamp_of(view.sim_time_s);
    block.frame = view.frame;
    block.session = session_;
    block.agent = sensor_.agent;
    block.kind = sensor_.kind;
    block.height = sensor_.height;
    block.width = sensor_.width;
    block.size = static_cast<std::uint32_t>(payload.block.bytes);
    std::memcpy(block.data.data(), payload.data, payload.block.bytes);
    if (!ring.unchanged(view)) {
      return Outcome::kTorn;
    }
    publisher_->publish(std::move(loan));
    return Outcome::kPublished;
  }

 private:
  const SensorSpec sensor_;
  const std::uint32_t session_;
  typename rclcpp::Publisher<Block>::SharedPtr publisher_;
};

}  // namespace

std::unique_ptr<Topic> make_image_block_topic(rclcpp::Node & node, const SensorSpec & sensor,
                                              std::uint32_t session, const std::string & topic)
{
  if (sensor.capacity <= kCapacity<ImageBlock256K>) {
    return std::make_unique<ImageBlockTopic<ImageBlock256K>>(node, sensor, session, topic);
  }
  if (sensor.capacity <= kCapacity<ImageBlock1M>) {
    return std::make_unique<ImageBlockTopic<ImageBlock1M>>(node, sensor, session, topic);
  }
  if (sensor.capacity <= kCapacity<ImageBlock4M>) {
    return std::make_unique<ImageBlockTopic<ImageBlock4M>>(node, sensor, session, topic);
  }
  return nullptr;
}

}  // namespace carla_gateway
