// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/message_buffer.hpp"

#include <algorithm>
#include <utility>

namespace carla_gateway
{

MessageBuffer::MessageBuffer(std::vector<std::size_t> periods, std::int64_t timeout_ns, std::size_t capacity)
    : timeout_ns_(timeout_ns), capacity_(capacity)
{
  for (const std::size_t period : periods) {
    sources_.push_back({period, std::nullopt, std::nullopt});
  }
}

MessageBuffer::Arrival MessageBuffer::put(std::size_t source, std::uint64_t frame,
                                          std::shared_ptr<const void> message, std::int64_t now_ns)
{
  Source & from = sources_[source];
  const auto found = waiting_.find(frame);
  if (from.taken == frame || (found != waiting_.end() && found->second.messages[source])) {
    ++counters_.duplicate;
    return Arrival::kDuplicate;
  }
  if (last_taken_ && frame <= *last_taken_) {
    ++counters_.late;
    return Arrival::kLate;
  }
  Waiting & waiting = waiting_[frame];
  if (waiting.messages.empty()) {
    waiting.messages.resize(sources_.size());
    waiting.begun_ns = now_ns;
  }
  waiting.messages[source] = std::move(message);
  from.newest = std::max(from.newest.value_or(frame), frame);
  return Arrival::kTaken;
}

bool MessageBuffer::is_due(const Source & source, std::uint64_t frame) const
{
  return !source.taken || frame >= *source.taken + source.period;
}

bool MessageBuffer::may_be_taken(std::uint64_t frame, const Waiting & waiting, std::int64_t now_ns) const
{
  if (waiting_.size() > capacity_ || now_ns - waiting.begun_ns >= timeout_ns_) {
    return true;
  }
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const bool gone_on = sources_[i].newest && *sources_[i].newest > frame;
    if (!waiting.messages[i] && is_due(sources_[i], frame) && !gone_on) {
      return false;
    }
  }
  return true;
}

std::optional<BufferedFrame> MessageBuffer::take(std::int64_t now_ns)
{
  if (waiting_.empty() || !may_be_taken(waiting_.begin()->first, waiting_.begin()->second, now_ns)) {
    return std::nullopt;
  }
  BufferedFrame taken;
  taken.frame = waiting_.begin()->first;
  taken.messages = std::move(waiting_.begin()->second.messages);
  taken.complete = true;
  waiting_.erase(waiting_.begin());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    taken.due.push_back(is_due(sources_[i], taken.frame));
    taken.complete = taken.complete && (taken.messages[i] || !taken.due[i]);
    if (taken.messages[i]) {
      sources_[i].taken = taken.frame;
    }
  }
  last_taken_ = taken.frame;
  ++counters_.frames;
  counters_.incomplete += taken.complete ? 0 : 1;
  return taken;
}

std::optional<std::int64_t> MessageBuffer::deadline_ns() const
{
  if (waiting_.empty()) {
    return std::nullopt;
  }
  return waiting_.begin()->second.begun_ns + timeout_ns_;
}

void MessageBuffer::clear()
{
  waiting_.clear();
  last_taken_.reset();
  for (Source & source : sources_) {
    source.newest.reset();
    source.taken.reset();
  }
}

}  // namespace carla_gateway
