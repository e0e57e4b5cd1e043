// SPDX-License-Identifier: Apache-2.0
#ifndef DIAGNOSTIC_UPDATER__UPDATE_FUNCTIONS_HPP_
#define DIAGNOSTIC_UPDATER__UPDATE_FUNCTIONS_HPP_

#include <cstddef>
#include <deque>
#include <limits>
#include <mutex>
#include <string>

#include "diagnostic_updater/diagnostic_updater.hpp"

namespace diagnostic_updater
{

/// What FrequencyStatus accepts. The bounds are read through pointers (hertz), so they may change.
struct FrequencyStatusParam
{
  /// \param tolerance part of the bounds by which they may be missed, 0.1 is 10 %
  /// \param window_size reports over which the frequency is averaged
  FrequencyStatusParam(double * min_freq, double * max_freq, double tolerance = 0.1, size_t window_size = 5)
      : min_freq_(min_freq), max_freq_(max_freq), tolerance_(tolerance), window_size_(window_size)
  {
  }
  double * min_freq_;
  double * max_freq_;
  double tolerance_;
  size_t window_size_;
};

/// Watches how often tick() is called: error when never, warning outside of the bounds.
class FrequencyStatus : public DiagnosticTask
{
 public:
  FrequencyStatus(const FrequencyStatusParam & params, std::string name,
                  const rclcpp::Clock::SharedPtr & clock = std::make_shared<rclcpp::Clock>());
  explicit FrequencyStatus(const FrequencyStatusParam & params,
                           const rclcpp::Clock::SharedPtr & clock = std::make_shared<rclcpp::Clock>());

  void clear();
  void tick();
  void run(DiagnosticStatusWrapper & stat) override;

 private:
  struct Mark
  {
    rclcpp::Time time;
    size_t count;
  };

  const FrequencyStatusParam params_;
  const rclcpp::Clock::SharedPtr clock_;
  std::mutex lock_;
  size_t count_ = 0;
  std::deque<Mark> marks_;
};

/// What TimeStampStatus accepts, in seconds: how far a stamp may lie in the future (min, negative) and past.
struct TimeStampStatusParam
{
  explicit TimeStampStatusParam(double min_acceptable = -1, double max_acceptable = 5)
      : max_acceptable_(max_acceptable), min_acceptable_(min_acceptable)
  {
  }
  double max_acceptable_;
  double min_acceptable_;
};

/// Watches the age of stamps at the moment they are given to tick().
class TimeStampStatus : public DiagnosticTask
{
 public:
  TimeStampStatus(const TimeStampStatusParam & params, std::string name,
                  const rclcpp::Clock::SharedPtr & clock = std::make_shared<rclcpp::Clock>());
  explicit TimeStampStatus(const TimeStampStatusParam & params = TimeStampStatusParam(),
                           const rclcpp::Clock::SharedPtr & clock = std::make_shared<rclcpp::Clock>());

  /// \param stamp seconds; 0 counts as missing
  void tick(double stamp);
  void tick(const rclcpp::Time t) { tick(t.seconds()); }
  void run(DiagnosticStatusWrapper & stat) override;

 private:
  const TimeStampStatusParam params_;
  const rclcpp::Clock::SharedPtr clock_;
  std::mutex lock_;
  int early_count_ = 0;
  int late_count_ = 0;
  int zero_count_ = 0;
  bool zero_seen_ = false;
  bool deltas_valid_ = false;
  double max_delta_ = 0;
  double min_delta_ = 0;
};

/// Says that the node is alive.
class Heartbeat : public DiagnosticTask
{
 public:
  Heartbeat() : DiagnosticTask("Heartbeat") {}
  void run(DiagnosticStatusWrapper & stat) override
  {
    stat.summary(diagnostic_msgs::msg::DiagnosticStatus::OK, "Alive");
  }
};

}  // namespace diagnostic_updater

#endif  // DIAGNOSTIC_UPDATER__UPDATE_FUNCTIONS_HPP_
