// SPDX-License-Identifier: Apache-2.0
// The same round trip as round_trip.cpp on bare rcl: what rclcpp is measured against.
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "rcl/error_handling.h"
#include "rcl/rcl.h"
#include "rosidl_typesupport_cpp/message_type_support.hpp"
#include "round_trip.hpp"

namespace
{

void check(rcl_ret_t ret)
{
  if (ret != RCL_RET_OK) {
    std::fprintf(stderr, "rcl: %s\n", rcl_get_error_string().str);
    std::exit(1);
  }
}

/// A node with one publisher and one subscription, and a wait set for the latter.
class Peer
{
 public:
  Peer(int argc, char ** argv, const char * name, const char * to, const char * from)
  {
    const auto allocator = rcl_get_default_allocator();
    rcl_init_options_t options = rcl_get_zero_initialized_init_options();
    check(rcl_init_options_init(&options, allocator));
    check(rcl_init(argc, argv, &options, &context_));
    check(rcl_init_options_fini(&options));
    const auto node_options = rcl_node_get_default_options();
    check(rcl_node_init(&node_, name, "", &context_, &node_options));
    const auto * type = rosidl_typesupport_cpp::get_message_type_support_handle<Message>();
    auto publisher_options = rcl_publisher_get_default_options();
    publisher_options.qos.depth = queue_depth;
    check(rcl_publisher_init(&publisher_, &node_, type, to, &publisher_options));
    auto subscription_options = rcl_subscription_get_default_options();
    subscription_options.qos.depth = queue_depth;
    check(rcl_subscription_init(&subscription_, &node_, type, from, &subscription_options));
    check(rcl_wait_set_init(&wait_set_, 1, 0, 0, 0, 0, 0, &context_, allocator));
  }
  ~Peer()
  {
    check(rcl_wait_set_fini(&wait_set_));
    check(rcl_subscription_fini(&subscription_, &node_));
    check(rcl_publisher_fini(&publisher_, &node_));
    check(rcl_node_fini(&node_));
    check(rcl_shutdown(&context_));
    check(rcl_context_fini(&context_));
  }
  Peer(const Peer &) = delete;
  Peer & operator=(const Peer &) = delete;

  bool matched() const
  {
    size_t subscriptions = 0;
    size_t publishers = 0;
    check(rcl_publisher_get_subscription_count(&publisher_, &subscriptions));
    check(rcl_subscription_get_publisher_count(&subscription_, &publishers));
    return subscriptions > 0 && publishers > 0;
  }
  void send(const Message & message) { check(rcl_publish(&publisher_, &message, nullptr)); }
  /// Wait for a message without limit.
  void receive(Message & message)
  {
    rmw_message_info_t info;
    rcl_ret_t ret = RCL_RET_SUBSCRIPTION_TAKE_FAILED;
    while (ret == RCL_RET_SUBSCRIPTION_TAKE_FAILED) {
      check(rcl_wait_set_clear(&wait_set_));
      check(rcl_wait_set_add_subscription(&wait_set_, &subscription_, nullptr));
      check(rcl_wait(&wait_set_, -1));
      ret = rcl_take(&subscription_, &message, &info, nullptr);
    }
    check(ret);
  }

 private:
  rcl_context_t context_ = rcl_get_zero_initialized_context();
  rcl_node_t node_ = rcl_get_zero_initialized_node();
  rcl_publisher_t publisher_ = rcl_get_zero_initialized_publisher();
  rcl_subscription_t subscription_ = rcl_get_zero_initialized_subscription();
  rcl_wait_set_t wait_set_ = rcl_get_zero_initialized_wait_set();
};

}  // namespace

int main(int argc, char ** argv)
{
  Message message;
  if (argc > 1 && std::strcmp(argv[1], "echo") == 0) {
    Peer peer(argc, argv, "echo", "back", "forth");
    for (;;) {  // until it is killed
      peer.receive(message);
      peer.send(message);
    }
  }
  const size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : default_count;
  Peer peer(argc, argv, "measure", "forth", "back");
  while (!peer.matched()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  Stopwatch stopwatch(count);
  message.data.resize(payload_bytes);
  while (!stopwatch.done()) {
    stopwatch.start();
    peer.send(message);
    peer.receive(message);
    stopwatch.stop();
  }
  stopwatch.print();
  return 0;
}
