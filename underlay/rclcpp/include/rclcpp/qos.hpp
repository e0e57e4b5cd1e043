// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__QOS_HPP_
#define RCLCPP__QOS_HPP_

#include <cstddef>
#include <string>

#include "rclcpp/duration.hpp"
#include "rclcpp/visibility_control.hpp"
#include "rmw/qos_profiles.h"
#include "rmw/types.h"

namespace rclcpp
{

RCLCPP_PUBLIC std::string qos_policy_name_from_kind(rmw_qos_policy_kind_t policy_kind);

enum class HistoryPolicy
{
  KeepLast = RMW_QOS_POLICY_HISTORY_KEEP_LAST,
  KeepAll = RMW_QOS_POLICY_HISTORY_KEEP_ALL,
  SystemDefault = RMW_QOS_POLICY_HISTORY_SYSTEM_DEFAULT,
  Unknown = RMW_QOS_POLICY_HISTORY_UNKNOWN,
};

enum class ReliabilityPolicy
{
  BestEffort = RMW_QOS_POLICY_RELIABILITY_BEST_EFFORT,
  Reliable = RMW_QOS_POLICY_RELIABILITY_RELIABLE,
  SystemDefault = RMW_QOS_POLICY_RELIABILITY_SYSTEM_DEFAULT,
  BestAvailable = RMW_QOS_POLICY_RELIABILITY_BEST_AVAILABLE,
  Unknown = RMW_QOS_POLICY_RELIABILITY_UNKNOWN,
};

enum class DurabilityPolicy
{
  Volatile = RMW_QOS_POLICY_DURABILITY_VOLATILE,
  TransientLocal = RMW_QOS_POLICY_DURABILITY_TRANSIENT_LOCAL,
  SystemDefault = RMW_QOS_POLICY_DURABILITY_SYSTEM_DEFAULT,
  BestAvailable = RMW_QOS_POLICY_DURABILITY_BEST_AVAILABLE,
  Unknown = RMW_QOS_POLICY_DURABILITY_UNKNOWN,
};

enum class LivelinessPolicy
{
  Automatic = RMW_QOS_POLICY_LIVELINESS_AUTOMATIC,
  ManualByTopic = RMW_QOS_POLICY_LIVELINESS_MANUAL_BY_TOPIC,
  SystemDefault = RMW_QOS_POLICY_LIVELINESS_SYSTEM_DEFAULT,
  BestAvailable = RMW_QOS_POLICY_LIVELINESS_BEST_AVAILABLE,
  Unknown = RMW_QOS_POLICY_LIVELINESS_UNKNOWN,
};

enum class QoSCompatibility
{
  Ok = RMW_QOS_COMPATIBILITY_OK,
  Warning = RMW_QOS_COMPATIBILITY_WARNING,
  Error = RMW_QOS_COMPATIBILITY_ERROR,
};

struct RCLCPP_PUBLIC QoSInitialization
{
  rmw_qos_history_policy_t history_policy;
  size_t depth;
  QoSInitialization(rmw_qos_history_policy_t history_policy_arg, size_t depth_arg)
      : history_policy(history_policy_arg), depth(depth_arg)
  {
  }
  static QoSInitialization from_rmw(const rmw_qos_profile_t & profile);
};

struct KeepAll : public QoSInitialization
{
  KeepAll() : QoSInitialization(RMW_QOS_POLICY_HISTORY_KEEP_ALL, 0) {}
};

struct KeepLast : public QoSInitialization
{
  explicit KeepLast(size_t depth_arg) : QoSInitialization(RMW_QOS_POLICY_HISTORY_KEEP_LAST, depth_arg) {}
};

/// Quality of service of a publisher, subscription, service or client; setters chain.
class RCLCPP_PUBLIC QoS
{
 public:
  explicit QoS(const QoSInitialization & initialization,
               const rmw_qos_profile_t & initial_profile = rmw_qos_profile_default);
  QoS(size_t history_depth) : QoS(KeepLast(history_depth)) {}  // NOLINT(runtime/explicit)

  rmw_qos_profile_t & get_rmw_qos_profile() { return profile_; }
  const rmw_qos_profile_t & get_rmw_qos_profile() const { return profile_; }

  QoS & history(HistoryPolicy history);
  QoS & history(rmw_qos_history_policy_t history);
  QoS & keep_last(size_t depth);
  QoS & keep_all();
  QoS & reliability(rmw_qos_reliability_policy_t reliability);
  QoS & reliability(ReliabilityPolicy reliability);
  QoS & reliable();
  QoS & best_effort();
  QoS & reliability_best_available();
  QoS & durability(rmw_qos_durability_policy_t durability);
  QoS & durability(DurabilityPolicy durability);
  QoS & durability_volatile();
  QoS & transient_local();
  QoS & durability_best_available();
  QoS & deadline(rmw_time_t deadline);
  QoS & deadline(const Duration & deadline);
  QoS & lifespan(rmw_time_t lifespan);
  QoS & lifespan(const Duration & lifespan);
  QoS & liveliness(rmw_qos_liveliness_policy_t liveliness);
  QoS & liveliness(LivelinessPolicy liveliness);
  QoS & liveliness_lease_duration(rmw_time_t lease_duration);
  QoS & liveliness_lease_duration(const Duration & lease_duration);
  QoS & avoid_ros_namespace_conventions(bool avoid);

  HistoryPolicy history() const { return static_cast<HistoryPolicy>(profile_.history); }
  size_t depth() const { return profile_.depth; }
  ReliabilityPolicy reliability() const { return static_cast<ReliabilityPolicy>(profile_.reliability); }
  DurabilityPolicy durability() const { return static_cast<DurabilityPolicy>(profile_.durability); }
  Duration deadline() const { return Duration::from_rmw_time(profile_.deadline); }
  Duration lifespan() const { return Duration::from_rmw_time(profile_.lifespan); }
  LivelinessPolicy liveliness() const { return static_cast<LivelinessPolicy>(profile_.liveliness); }
  Duration liveliness_lease_duration() const
  {
    return Duration::from_rmw_time(profile_.liveliness_lease_duration);
  }
  bool avoid_ros_namespace_conventions() const { return profile_.avoid_ros_namespace_conventions; }

 private:
  rmw_qos_profile_t profile_;
};

RCLCPP_PUBLIC bool operator==(const QoS & left, const QoS & right);
RCLCPP_PUBLIC bool operator!=(const QoS & left, const QoS & right);

struct QoSCheckCompatibleResult
{
  QoSCompatibility compatibility;
  std::string reason;
};

/// Whether a publisher and a subscription with these would be matched, and if not, why.
RCLCPP_PUBLIC QoSCheckCompatibleResult qos_check_compatible(const QoS & publisher_qos,
                                                            const QoS & subscription_qos);

// The profiles of rmw, under upstream's names.
#define RCLCPP_QOS_PROFILE_(Name, profile)                                                         \
  class Name : public QoS                                                                          \
  {                                                                                                \
   public:                                                                                         \
    explicit Name(const QoSInitialization & initialization = QoSInitialization::from_rmw(profile)) \
        : QoS(initialization, profile)                                                             \
    {                                                                                              \
    }                                                                                              \
  };
RCLCPP_QOS_PROFILE_(SensorDataQoS, rmw_qos_profile_sensor_data)
RCLCPP_QOS_PROFILE_(ParametersQoS, rmw_qos_profile_parameters)
RCLCPP_QOS_PROFILE_(ServicesQoS, rmw_qos_profile_services_default)
RCLCPP_QOS_PROFILE_(ParameterEventsQoS, rmw_qos_profile_parameter_events)
RCLCPP_QOS_PROFILE_(RosoutQoS, rmw_qos_profile_rosout_default)
RCLCPP_QOS_PROFILE_(SystemDefaultsQoS, rmw_qos_profile_system_default)
RCLCPP_QOS_PROFILE_(BestAvailableQoS, rmw_qos_profile_best_available)
#undef RCLCPP_QOS_PROFILE_

/// Profile of /clock: the latest time, best effort.
class ClockQoS : public QoS
{
 public:
  explicit ClockQoS(const QoSInitialization & initialization = KeepLast(1))
      : QoS(initialization, rmw_qos_profile_sensor_data)
  {
  }
};

}  // namespace rclcpp

#endif  // RCLCPP__QOS_HPP_
