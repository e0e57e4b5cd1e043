// SPDX-License-Identifier: Apache-2.0
#include "diagnostic_updater/update_functions.hpp"

#include <algorithm>
#include <utility>

namespace diagnostic_updater
{

using diagnostic_msgs::msg::DiagnosticStatus;

FrequencyStatus::FrequencyStatus(const FrequencyStatusParam & params, std::string name,
                                 const rclcpp::Clock::SharedPtr & clock)
    : DiagnosticTask(std::move(name)), params_(params), clock_(clock)
{
  clear();
}

FrequencyStatus::FrequencyStatus(const FrequencyStatusParam & params, const rclcpp::Clock::SharedPtr & clock)
    : FrequencyStatus(params, "Frequency Status", clock)
{
}

void FrequencyStatus::clear()
{
  const std::lock_guard<std::mutex> lock(lock_);
  count_ = 0;
  marks_.assign(std::max<size_t>(params_.window_size_, 1), Mark{clock_->now(), 0});
}

void FrequencyStatus::tick()
{
  const std::lock_guard<std::mutex> lock(lock_);
  ++count_;
}

void FrequencyStatus::run(DiagnosticStatusWrapper & stat)
{
  const std::lock_guard<std::mutex> lock(lock_);
  const Mark now{clock_->now(), count_};
  const Mark oldest = marks_.front();
  marks_.pop_front();
  marks_.push_back(now);
  const auto events = static_cast<double>(now.count - oldest.count);
  const double window = (now.time - oldest.time).seconds();
  const double frequency = window > 0 ? events / window : 0;

  if (now.count == oldest.count) {
    stat.summary(DiagnosticStatus::ERROR, "No events recorded.");
  } else if (frequency < *params_.min_freq_ * (1 - params_.tolerance_)) {
    stat.summary(DiagnosticStatus::WARN, "Frequency too low.");
  } else if (frequency > *params_.max_freq_ * (1 + params_.tolerance_)) {
    stat.summary(DiagnosticStatus::WARN, "Frequency too high.");
  } else {
    stat.summary(DiagnosticStatus::OK, "Desired frequency met");
  }
  stat.addf("Events in window", "%zu", now.count - oldest.count);
  stat.addf("Events since startup", "%zu", now.count);
  stat.addf("Duration of window (s)", "%f", window);
  stat.addf("Actual frequency (Hz)", "%f", frequency);
  if (*params_.min_freq_ == *params_.max_freq_) {
    stat.addf("Target frequency (Hz)", "%f", *params_.min_freq_);
  }
  if (*params_.min_freq_ > 0) {
    stat.addf("Minimum acceptable frequency (Hz)", "%f", *params_.min_freq_ * (1 - params_.tolerance_));
  }
  if (*params_.max_freq_ < std::numeric_limits<double>::infinity()) {
    stat.addf("Maximum acceptable frequency (Hz)", "%f", *params_.max_freq_ * (1 + params_.tolerance_));
  }
}

TimeStampStatus::TimeStampStatus(const TimeStampStatusParam & params, std::string name,
                                 const rclcpp::Clock::SharedPtr & clock)
    : DiagnosticTask(std::move(name)), params_(params), clock_(clock)
{
}

TimeStampStatus::TimeStampStatus(const TimeStampStatusParam & params, const rclcpp::Clock::SharedPtr & clock)
    : TimeStampStatus(params, "Timestamp Status", clock)
{
}

void TimeStampStatus::tick(double stamp)
{
  const std::lock_guard<std::mutex> lock(lock_);
  if (stamp == 0) {
    zero_seen_ = true;
    return;
  }
  const double delta = clock_->now().seconds() - stamp;
  max_delta_ = deltas_valid_ ? std::max(max_delta_, delta) : delta;
  min_delta_ = deltas_valid_ ? std::min(min_delta_, delta) : delta;
  deltas_valid_ = true;
}

void TimeStampStatus::run(DiagnosticStatusWrapper & stat)
{
  const std::lock_guard<std::mutex> lock(lock_);
  stat.summary(DiagnosticStatus::OK, "Timestamps are reasonable.");
  if (!deltas_valid_) {
    stat.summary(DiagnosticStatus::WARN, "No data since last update.");
  } else {
    if (min_delta_ < params_.min_acceptable_) {
      stat.summary(DiagnosticStatus::ERROR, "Timestamps too far in future seen.");
      ++early_count_;
    }
    if (max_delta_ > params_.max_acceptable_) {
      stat.summary(DiagnosticStatus::ERROR, "Timestamps too far in past seen.");
      ++late_count_;
    }
  }
  if (zero_seen_) {
    stat.summary(DiagnosticStatus::ERROR, "Zero timestamp seen.");
    ++zero_count_;
  }
  stat.addf("Earliest timestamp delay", "%f", min_delta_);
  stat.addf("Latest timestamp delay", "%f", max_delta_);
  stat.addf("Earliest acceptable timestamp delay", "%f", params_.min_acceptable_);
  stat.addf("Latest acceptable timestamp delay", "%f", params_.max_acceptable_);
  stat.add("Late diagnostic update count", late_count_);
  stat.add("Early diagnostic update count", early_count_);
  stat.add("Zero seen diagnostic update count", zero_count_);
  deltas_valid_ = false;
  min_delta_ = 0;
  max_delta_ = 0;
  zero_seen_ = false;
}

}  // namespace diagnostic_updater
