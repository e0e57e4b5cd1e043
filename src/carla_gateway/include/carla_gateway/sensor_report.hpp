// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__SENSOR_REPORT_HPP_
#define CARLA_GATEWAY__SENSOR_REPORT_HPP_

#include <cstddef>
#include <cstdint>
#include <diagnostic_updater/diagnostic_updater.hpp>
#include <mutex>
#include <string>

#include "carla_gateway/sensor_images.hpp"

namespace carla_gateway
{

/// The part of the diagnostics about the sensors that observations show. Any thread may call anything.
class SensorReport
{
 public:
  /// A session begins. @param sensors how many are shown, of all egos
  void begin(std::size_t sensors);

  /// A frame was judged.
  /// @param fault the frame's first fault, empty when there is none; @param unusable whether the frame cannot
  /// be used
  /// @return whether things have become worse: time to report at once
  bool judged(const SensorCounters & counters, const std::string & fault, bool unusable,
              std::int64_t duration_ns);

  void report(diagnostic_updater::DiagnosticStatusWrapper & status);

 private:
  std::mutex mutex_;
  std::size_t sensors_ = 0;
  SensorCounters counters_;
  SensorCounters before_;  // of the sessions before
  std::string fault_;      // the first one since the last report
  bool unusable_ = false;
  bool reported_fault_ = false;
  std::uint64_t frames_ = 0;
  std::int64_t duration_ns_ = 0;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__SENSOR_REPORT_HPP_
