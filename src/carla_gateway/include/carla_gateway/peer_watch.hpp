// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__PEER_WATCH_HPP_
#define CARLA_GATEWAY__PEER_WATCH_HPP_

#include <cstdint>
#include <map>
#include <string>

#include "carla_gateway/health_monitor.hpp"

namespace carla_gateway
{

/// Listens to the heartbeats of the nodes around the gateway: the bridge of its group, and the agent.
///
/// A process that died or hangs is silent within a second, long before DDS gives it up. Times are
/// CLOCK_MONOTONIC nanoseconds that the caller passes in. Not synchronised.
class PeerWatch
{
 public:
  /// @param name of the gateway's own node, fully qualified: its heartbeat is not listened to
  /// @param simulator of its lock-step group: nodes below /carla_drl/<another group>/ are not its peers
  /// @param warn_s silence after which a peer is reported, s; 0: none is
  PeerWatch(std::string name, std::string simulator, double warn_s);

  /// A heartbeat has come.
  void beat(const std::string & source, std::uint16_t sequence, std::int64_t now_ns);

  /// Whether the next report would be worse than the one before.
  bool worse_than_reported(std::int64_t now_ns) const;

  /// Level, message and counters from the start. A peer that has been silent for a minute is forgotten.
  HealthReport report(std::int64_t now_ns);

 private:
  struct Peer
  {
    std::int64_t last_ns = 0;
    std::uint16_t sequence = 0;
    bool lost = false;  // and reported so
  };

  bool is_peer(const std::string & source) const;
  bool silent(const Peer & peer, std::int64_t now_ns) const;

  const std::string name_;
  const std::string group_;
  const std::int64_t warn_ns_;
  std::map<std::string, Peer> peers_;
  std::uint64_t missed_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__PEER_WATCH_HPP_
