// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/qos.hpp"

#include <array>
#include <stdexcept>

#include "rclcpp/exceptions/exceptions.hpp"
#include "rmw/qos_string_conversions.h"

namespace rclcpp
{

std::string qos_policy_name_from_kind(rmw_qos_policy_kind_t policy_kind)
{
  const char * name = rmw_qos_policy_kind_to_str(policy_kind);
  return name ? std::string(name) + "_QOS_POLICY" : "INVALID_QOS_POLICY";
}

QoSInitialization QoSInitialization::from_rmw(const rmw_qos_profile_t & profile)
{
  if (profile.history == RMW_QOS_POLICY_HISTORY_KEEP_ALL) {
    return KeepAll();
  }
  if (profile.history == RMW_QOS_POLICY_HISTORY_UNKNOWN) {
    throw std::invalid_argument("QoS: unknown history policy; allowed: keep last, keep all, system default");
  }
  return QoSInitialization(profile.history, profile.depth);
}

QoS::QoS(const QoSInitialization & initialization, const rmw_qos_profile_t & initial_profile)
    : profile_(initial_profile)
{
  profile_.history = initialization.history_policy;
  profile_.depth = initialization.depth;
}

// One line per setter: they differ in the member alone.
#define RCLCPP_QOS_SET_(signature, member, value) \
  QoS & QoS::signature                            \
  {                                               \
    profile_.member = value;                      \
    return *this;                                 \
  }
RCLCPP_QOS_SET_(history(rmw_qos_history_policy_t history), history, history)
RCLCPP_QOS_SET_(reliability(rmw_qos_reliability_policy_t reliability), reliability, reliability)
RCLCPP_QOS_SET_(durability(rmw_qos_durability_policy_t durability), durability, durability)
RCLCPP_QOS_SET_(deadline(rmw_time_t deadline), deadline, deadline)
RCLCPP_QOS_SET_(lifespan(rmw_time_t lifespan), lifespan, lifespan)
RCLCPP_QOS_SET_(liveliness(rmw_qos_liveliness_policy_t liveliness), liveliness, liveliness)
RCLCPP_QOS_SET_(liveliness_lease_duration(rmw_time_t lease), liveliness_lease_duration, lease)
RCLCPP_QOS_SET_(avoid_ros_namespace_conventions(bool avoid), avoid_ros_namespace_conventions, avoid)
#undef RCLCPP_QOS_SET_

QoS & QoS::history(HistoryPolicy history)
{
  return this->history(static_cast<rmw_qos_history_policy_t>(history));
}

QoS & QoS::keep_last(size_t depth)
{
  profile_.depth = depth;
  return history(RMW_QOS_POLICY_HISTORY_KEEP_LAST);
}

QoS & QoS::keep_all()
{
  profile_.depth = 0;
  return history(RMW_QOS_POLICY_HISTORY_KEEP_ALL);
}

QoS & QoS::reliability(ReliabilityPolicy reliability)
{
  return this->reliability(static_cast<rmw_qos_reliability_policy_t>(reliability));
}

QoS & QoS::reliable()
{
  return reliability(RMW_QOS_POLICY_RELIABILITY_RELIABLE);
}
QoS & QoS::best_effort()
{
  return reliability(RMW_QOS_POLICY_RELIABILITY_BEST_EFFORT);
}
QoS & QoS::reliability_best_available()
{
  return reliability(RMW_QOS_POLICY_RELIABILITY_BEST_AVAILABLE);
}

QoS & QoS::durability(DurabilityPolicy durability)
{
  return this->durability(static_cast<rmw_qos_durability_policy_t>(durability));
}

QoS & QoS::durability_volatile()
{
  return durability(RMW_QOS_POLICY_DURABILITY_VOLATILE);
}
QoS & QoS::transient_local()
{
  return durability(RMW_QOS_POLICY_DURABILITY_TRANSIENT_LOCAL);
}
QoS & QoS::durability_best_available()
{
  return durability(RMW_QOS_POLICY_DURABILITY_BEST_AVAILABLE);
}

QoS & QoS::deadline(const Duration & deadline)
{
  return this->deadline(deadline.to_rmw_time());
}
QoS & QoS::lifespan(const Duration & lifespan)
{
  return this->lifespan(lifespan.to_rmw_time());
}

QoS & QoS::liveliness(LivelinessPolicy liveliness)
{
  return this->liveliness(static_cast<rmw_qos_liveliness_policy_t>(liveliness));
}

QoS & QoS::liveliness_lease_duration(const Duration & lease_duration)
{
  return liveliness_lease_duration(lease_duration.to_rmw_time());
}

bool operator==(const QoS & left, const QoS & right)
{
  const auto & a = left.get_rmw_qos_profile();
  const auto & b = right.get_rmw_qos_profile();
  const auto equal = [](const rmw_time_t & s, const rmw_time_t & t) {
    return s.sec == t.sec && s.nsec == t.nsec;
  };
  return a.history == b.history && a.depth == b.depth && a.reliability == b.reliability &&
         a.durability == b.durability && equal(a.deadline, b.deadline) && equal(a.lifespan, b.lifespan) &&
         a.liveliness == b.liveliness && equal(a.liveliness_lease_duration, b.liveliness_lease_duration) &&
         a.avoid_ros_namespace_conventions == b.avoid_ros_namespace_conventions;
}

bool operator!=(const QoS & left, const QoS & right)
{
  return !(left == right);
}

QoSCheckCompatibleResult qos_check_compatible(const QoS & publisher_qos, const QoS & subscription_qos)
{
  rmw_qos_compatibility_type_t compatibility = RMW_QOS_COMPATIBILITY_OK;
  std::array<char, 2048> reason{};
  const rmw_ret_t ret = rmw_qos_profile_check_compatible(publisher_qos.get_rmw_qos_profile(),
                                                         subscription_qos.get_rmw_qos_profile(),
                                                         &compatibility, reason.data(), reason.size());
  if (ret != RMW_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to check if QoS are compatible");
  }
  return {static_cast<QoSCompatibility>(compatibility), reason.data()};
}

}  // namespace rclcpp
