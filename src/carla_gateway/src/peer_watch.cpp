// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/peer_watch.hpp"

#include <algorithm>
#include <utility>

namespace carla_gateway
{
namespace
{

constexpr std::int64_t kForgetNs = 60'000'000'000;
constexpr std::uint16_t kMostMissed = 1000;  // a greater gap: the node was started again and counts from 0
constexpr char kRoot[] = "/carla_drl/";

std::string tenths_s(std::int64_t ns)
{
  const std::int64_t tenths = ns / 100'000'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

}  // namespace

PeerWatch::PeerWatch(std::string name, std::string simulator, double warn_s)
    : name_(std::move(name)),
      group_(kRoot + std::move(simulator) + "/"),
      warn_ns_(static_cast<std::int64_t>(warn_s * 1e9))
{
}

bool PeerWatch::is_peer(const std::string & source) const
{
  if (source == name_) {
    return false;
  }
  const std::string root = kRoot;
  const bool in_a_group =
      source.compare(0, root.size(), root) == 0 && source.find('/', root.size()) != std::string::npos;
  return !in_a_group || source.compare(0, group_.size(), group_) == 0;
}

bool PeerWatch::silent(const Peer & peer, std::int64_t now_ns) const
{
  return warn_ns_ > 0 && now_ns - peer.last_ns >= warn_ns_;
}

void PeerWatch::beat(const std::string & source, std::uint16_t sequence, std::int64_t now_ns)
{
  if (!is_peer(source)) {
    return;
  }
  const auto [entry, is_new] = peers_.try_emplace(source);
  Peer & peer = entry->second;
  const auto gap = static_cast<std::uint16_t>(sequence - peer.sequence - 1);
  if (!is_new && gap <= kMostMissed) {
    missed_ += gap;
  }
  peer.sequence = sequence;
  peer.last_ns = now_ns;
  peer.lost = false;
}

bool PeerWatch::worse_than_reported(std::int64_t now_ns) const
{
  return std::any_of(peers_.begin(), peers_.end(),
                     [&](const auto & entry) { return !entry.second.lost && silent(entry.second, now_ns); });
}

HealthReport PeerWatch::report(std::int64_t now_ns)
{
  HealthReport report;
  for (auto entry = peers_.begin(); entry != peers_.end();) {
    auto & [source, peer] = *entry;
    if (now_ns - peer.last_ns >= kForgetNs) {
      entry = peers_.erase(entry);
      continue;
    }
    if (silent(peer, now_ns)) {
      lost_ += peer.lost ? 0 : 1;
      peer.lost = true;
      report.level = HealthLevel::kWarn;
      report.message += (report.message.empty() ? "no heartbeat: " : ", ") + source + " for " +
                        tenths_s(now_ns - peer.last_ns) + " s";
    }
    ++entry;
  }
  if (report.message.empty()) {
    report.message = std::to_string(peers_.size()) + " peers are alive";
  }
  report.values = {
      {"peers", std::to_string(peers_.size())},
      {"lost_peers", std::to_string(lost_)},
      {"missed_heartbeats", std::to_string(missed_)},
  };
  return report;
}

}  // namespace carla_gateway
