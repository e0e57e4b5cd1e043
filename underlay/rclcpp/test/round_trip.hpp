// SPDX-License-Identifier: Apache-2.0
// What the programs that measure round trips have in common.
#ifndef ROUND_TRIP_HPP_
#define ROUND_TRIP_HPP_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <thread>
#include <vector>

#include "std_msgs/msg/u_int8_multi_array.hpp"

using Message = std_msgs::msg::UInt8MultiArray;

constexpr size_t payload_bytes = 132;  // 144 on the wire with the layout's 12
constexpr size_t queue_depth = 4;
constexpr size_t default_count = 10000;

/// Times of round trips; the first tenth warms up and is left out.
class Stopwatch
{
 public:
  explicit Stopwatch(size_t count) : count_(count) { times_us_.reserve(count); }
  bool done() const { return times_us_.size() >= count_; }
  void start() { started_ = Clock::now(); }
  void stop()
  {
    times_us_.push_back(std::chrono::duration<double, std::micro>(Clock::now() - started_).count());
  }
  void print()
  {
    times_us_.erase(times_us_.begin(), times_us_.begin() + static_cast<std::ptrdiff_t>(count_ / 10));
    std::sort(times_us_.begin(), times_us_.end());
    const auto at = [&](double part) {
      return times_us_[static_cast<size_t>(part * static_cast<double>(times_us_.size() - 1))];
    };
    std::printf("count %zu, median %.1f us, p99 %.1f us\n", times_us_.size(), at(0.5), at(0.99));
  }

 private:
  using Clock = std::chrono::steady_clock;
  size_t count_;
  std::vector<double> times_us_;
  Clock::time_point started_;
};

#endif  // ROUND_TRIP_HPP_
