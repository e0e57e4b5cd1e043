// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/sensor_report.hpp"

namespace carla_gateway
{
namespace
{

using diagnostic_msgs::msg::DiagnosticStatus;

void add(SensorCounters & sum, const SensorCounters & more)
{
  sum.measurements += more.measurements;
  for (std::size_t fault = 0; fault < kSensorFaults; ++fault) {
    sum.faults[fault] += more.faults[fault];
  }
  sum.held += more.held;
  sum.left_out_frames += more.left_out_frames;
  sum.unusable_frames += more.unusable_frames;
}

}  // namespace

void SensorReport::begin(std::size_t sensors)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  sensors_ = sensors;
  add(before_, counters_);
  counters_ = {};
}

bool SensorReport::judged(const SensorCounters & counters, const std::string & fault, bool unusable,
                          std::int64_t duration_ns)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  counters_ = counters;
  ++frames_;
  duration_ns_ += duration_ns;
  unusable_ = unusable_ || unusable;
  if (fault.empty() || !fault_.empty()) {
    return false;
  }
  fault_ = fault;
  return !reported_fault_;
}

void SensorReport::report(diagnostic_updater::DiagnosticStatusWrapper & status)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!fault_.empty()) {
    status.summary(unusable_ ? DiagnosticStatus::ERROR : DiagnosticStatus::WARN, fault_);
  } else if (sensors_ == 0) {
    status.summary(DiagnosticStatus::OK, "observations show no sensors");
  } else {
    status.summary(DiagnosticStatus::OK, std::to_string(sensors_) + " sensors measure");
  }
  SensorCounters total = before_;
  add(total, counters_);
  const auto count = [&total](SensorFault fault) { return total.faults[static_cast<std::size_t>(fault)]; };
  status.add("shown_sensors", sensors_);
  status.add("measurements", total.measurements);
  status.add("missing", count(SensorFault::kMissing));
  status.add("frozen", count(SensorFault::kFrozen));
  status.add("blank", count(SensorFault::kBlank));
  status.add("held", total.held);
  status.add("left_out_frames", total.left_out_frames);
  status.add("unusable_frames", total.unusable_frames);
  status.add("images_us",
             frames_ == 0 ? 0.0 : static_cast<double>(duration_ns_) / static_cast<double>(frames_) / 1e3);
  reported_fault_ = !fault_.empty();
  fault_.clear();
  unusable_ = false;
  frames_ = 0;
  duration_ns_ = 0;
}

}  // namespace carla_gateway
