// SPDX-License-Identifier: Apache-2.0
/// The C++ ends of benchmarks/gateway.py. `benchmark_peer echo <agents> <state columns>` answers every
/// FleetAction with a FleetObservation; `benchmark_peer loan <rounds>` hands pictures of 1 MB to another
/// process, as a lent ImageBlock1M and through shared memory with a semaphore, in turns, and prints the
/// median of each round, us.

#include <semaphore.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <rclcpp/rclcpp.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "carla_drl_msgs/msg/fleet_action.hpp"
#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_drl_msgs/msg/image_block1_m.hpp"
#include "carla_gateway/monotonic_clock.hpp"
#include "carla_gateway/topic.hpp"

namespace
{

using carla_drl_msgs::msg::FleetAction;
using carla_drl_msgs::msg::FleetObservation;
using carla_drl_msgs::msg::ImageBlock1M;
using carla_gateway::monotonic_ns;

constexpr std::size_t kBytes = 1U << 20U;
constexpr int kHandOvers = 100;
constexpr int kWarmUp = 20;

/// What both processes see.
struct Shared
{
  sem_t filled;  // the picture in `data` is to be taken
  sem_t taken;
  sem_t ready;  // the taker knows the giver
  std::int64_t taken_ns;
  bool done;
  std::uint8_t data[kBytes];
};

int echo(std::uint32_t agents, std::uint32_t columns)
{
  auto node = std::make_shared<rclcpp::Node>("echo");
  const auto qos = rclcpp::QoS(rclcpp::KeepLast(1)).reliable().transient_local();
  auto publisher = node->create_publisher<FleetObservation>("/carla_drl/echo/observation", qos);
  FleetObservation observation;
  observation.num_agents = agents;
  observation.state_dim = columns;
  observation.state.resize(agents * columns);
  observation.metrics.resize(agents * std::size_t{FleetObservation::NUM_METRICS});
  observation.status.resize(agents);
  auto subscription = node->create_subscription<FleetAction>("/carla_drl/echo/action",
                                                             rclcpp::QoS(rclcpp::KeepLast(4)).reliable(),
                                                             [&](const FleetAction::ConstSharedPtr action) {
                                                               observation.frame = action->frame;
                                                               publisher->publish(observation);
                                                             });
  rclcpp::spin(node);
  return EXIT_SUCCESS;
}

/// The process that takes pictures.
int take(Shared & shared)
{
  std::vector<std::uint8_t> mine(kBytes);
  rclcpp::executors::SingleThreadedExecutor executor;
  std::thread memory([&] {
    while (true) {
      ::sem_wait(&shared.filled);
      if (shared.done) {
        executor.cancel();
        return;
      }
      std::memcpy(mine.data(), shared.data, kBytes);
      shared.taken_ns = monotonic_ns();
      ::sem_post(&shared.taken);
    }
  });
  auto node = std::make_shared<rclcpp::Node>("taker");
  // By reference: into a message that is reused, where the client library can.
  auto subscription = node->create_subscription<ImageBlock1M>(
      "/benchmark/image_block", carla_gateway::newest_only(), [&](const ImageBlock1M & /*picture*/) {
        shared.taken_ns = monotonic_ns();
        ::sem_post(&shared.taken);
      });
  while (rclcpp::ok() && subscription->get_publisher_count() == 0) {
    std::this_thread::yield();
  }
  ::sem_post(&shared.ready);
  executor.add_node(node);
  executor.spin();
  memory.join();
  return EXIT_SUCCESS;
}

/// Median of hand-overs after some to warm up, us.
template <typename HandOver>
double median_us(Shared & shared, HandOver hand_over)
{
  std::vector<double> times;
  for (int i = 0; i < kWarmUp + kHandOvers; ++i) {
    const std::int64_t begun = monotonic_ns();
    hand_over();
    ::sem_wait(&shared.taken);
    if (i >= kWarmUp) {
      times.push_back(static_cast<double>(shared.taken_ns - begun) / 1e3);
    }
  }
  std::nth_element(times.begin(), times.begin() + kHandOvers / 2, times.end());
  return times[kHandOvers / 2];
}

int give(Shared & shared, int rounds)
{
  const std::vector<std::uint8_t> picture(kBytes, 7);
  auto node = std::make_shared<rclcpp::Node>("giver");
  auto publisher =
      node->create_publisher<ImageBlock1M>("/benchmark/image_block", carla_gateway::newest_only());
  while (rclcpp::ok() && !carla_gateway::has_subscribers(*publisher)) {
    std::this_thread::yield();
  }
  ::sem_wait(&shared.ready);
  for (int round = 0; round < rounds; ++round) {
    const double lent = median_us(shared, [&] {
      auto loan = publisher->borrow_loaned_message();
      std::memcpy(loan.get().data.data(), picture.data(), kBytes);
      publisher->publish(std::move(loan));
    });
    const double copied = median_us(shared, [&] {
      std::memcpy(shared.data, picture.data(), kBytes);
      ::sem_post(&shared.filled);
    });
    std::printf("%.2f %.2f\n", lent, copied);
  }
  shared.done = true;
  ::sem_post(&shared.filled);
  return EXIT_SUCCESS;
}

int loan(int argc, char ** argv, int rounds)
{
  void * start = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) {
    throw std::runtime_error("cannot map shared memory");
  }
  auto & shared = *static_cast<Shared *>(start);
  ::sem_init(&shared.filled, 1, 0);
  ::sem_init(&shared.taken, 1, 0);
  ::sem_init(&shared.ready, 1, 0);
  const pid_t child = ::fork();  // before ROS has threads
  rclcpp::init(argc, argv);
  const int code = child == 0 ? take(shared) : give(shared, rounds);
  rclcpp::shutdown();
  if (child == 0) {
    return code;
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? code : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char ** argv)
{
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() >= 3 && words[0] == "echo") {
    rclcpp::init(argc, argv);
    return echo(static_cast<std::uint32_t>(std::stoul(words[1])),
                static_cast<std::uint32_t>(std::stoul(words[2])));
  }
  if (words.size() >= 2 && words[0] == "loan") {
    return loan(argc, argv, std::stoi(words[1]));
  }
  std::fprintf(stderr, "benchmark_peer echo <agents> <state columns> | loan <rounds>\n");
  return EXIT_FAILURE;
}
