// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/intervention_log.hpp"

#include <algorithm>
#include <utility>

namespace carla_gateway
{

void InterventionLog::add(Intervention kind, std::uint32_t session, std::uint64_t frame, std::size_t agent)
{
  const auto index = static_cast<std::size_t>(kind);
  Pending & pending = pending_[index];
  if (pending.summary.count != 0 && pending.summary.session != session) {
    close(pending);
  }
  InterventionSummary & summary = pending.summary;
  if (summary.count == 0) {
    summary.kind = kind;
    summary.session = session;
    summary.first_frame = frame;
  }
  summary.last_frame = frame;
  ++summary.count;
  ++totals_[index];
  if (pending.concerned.size() <= agent) {
    pending.concerned.resize(agent + 1);
  }
  pending.concerned[agent] = true;
}

void InterventionLog::close(Pending & pending)
{
  for (std::size_t agent = 0; agent < pending.concerned.size(); ++agent) {
    if (pending.concerned[agent]) {
      pending.summary.agents.push_back(static_cast<std::uint32_t>(agent));
    }
  }
  closed_.push_back(std::exchange(pending.summary, InterventionSummary()));
  std::fill(pending.concerned.begin(), pending.concerned.end(), false);
}

std::vector<InterventionSummary> InterventionLog::take()
{
  for (Pending & pending : pending_) {
    if (pending.summary.count != 0) {
      close(pending);
    }
  }
  std::stable_sort(
      closed_.begin(), closed_.end(),
      [](const InterventionSummary & a, const InterventionSummary & b) { return a.kind < b.kind; });
  return std::exchange(closed_, {});
}

}  // namespace carla_gateway
