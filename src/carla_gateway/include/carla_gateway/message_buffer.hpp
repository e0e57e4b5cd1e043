// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__MESSAGE_BUFFER_HPP_
#define CARLA_GATEWAY__MESSAGE_BUFFER_HPP_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace carla_gateway
{

/// What came of every source in one frame; null where nothing came.
struct BufferedFrame
{
  std::uint64_t frame = 0;
  std::vector<std::shared_ptr<const void>> messages;
  std::vector<bool> due;  ///< whether a message was due of each source
  bool complete = false;  ///< all that were due are there
};

struct BufferCounters
{
  std::uint64_t frames = 0;      ///< taken
  std::uint64_t incomplete = 0;  ///< taken with something due not there
  std::uint64_t late = 0;        ///< messages of a frame that was taken before
  std::uint64_t duplicate = 0;   ///< messages of a source that had one in this frame
};

/// Puts messages that belong to one frame together, whatever order they come in.
///
/// A frame is taken when all that is due has come; when a message that is not there cannot come any more, as
/// its source has gone on; when its first message is timeout old; or when too many frames wait. Frames are
/// taken in order. Times are nanoseconds of a monotonic clock that the caller passes in.
class MessageBuffer
{
 public:
  enum class Arrival
  {
    kTaken,
    kLate,
    kDuplicate,
  };

  /// @param periods of the sources: frames from one message to the next
  /// @param timeout_ns how long a frame waits
  /// @param capacity frames that wait at most, at least 1
  MessageBuffer(std::vector<std::size_t> periods, std::int64_t timeout_ns, std::size_t capacity);

  /// Takes in a message of a source.
  Arrival put(std::size_t source, std::uint64_t frame, std::shared_ptr<const void> message,
              std::int64_t now_ns);

  /// The next frame that waits no longer, if any.
  std::optional<BufferedFrame> take(std::int64_t now_ns);

  /// When the oldest frame will wait no longer; none when there is none.
  std::optional<std::int64_t> deadline_ns() const;

  /// The last frame that was taken; none before the first.
  std::optional<std::uint64_t> last_taken() const noexcept { return last_taken_; }

  /// Forgets everything but the counters: frames begin anew.
  void clear();

  const BufferCounters & counters() const noexcept { return counters_; }

 private:
  struct Waiting
  {
    std::vector<std::shared_ptr<const void>> messages;
    std::int64_t begun_ns = 0;
  };
  struct Source
  {
    std::size_t period = 1;
    std::optional<std::uint64_t> newest;  // frame of its newest message
    std::optional<std::uint64_t> taken;   // frame of its last message that was taken
  };

  bool is_due(const Source & source, std::uint64_t frame) const;
  bool may_be_taken(std::uint64_t frame, const Waiting & waiting, std::int64_t now_ns) const;

  std::vector<Source> sources_;
  std::int64_t timeout_ns_;
  std::size_t capacity_;
  std::map<std::uint64_t, Waiting> waiting_;
  std::optional<std::uint64_t> last_taken_;
  BufferCounters counters_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__MESSAGE_BUFFER_HPP_
