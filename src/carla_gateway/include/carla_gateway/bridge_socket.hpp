// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__BRIDGE_SOCKET_HPP_
#define CARLA_GATEWAY__BRIDGE_SOCKET_HPP_

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "carla_gateway/packet_io.hpp"
#include "carla_gateway/unique_fd.hpp"

namespace carla_gateway
{

/// The name is served already: another gateway runs for this simulator.
class NameTaken : public std::runtime_error
{
 public:
  using std::runtime_error::runtime_error;
};

/// How a connection ended.
struct BridgeEnd
{
  enum class Kind
  {
    kBye,      ///< clean shutdown
    kDied,     ///< end of file without BYE
    kRefused,  ///< it broke the protocol
  };
  Kind kind = Kind::kDied;
  std::string reason;
};

/// What a BridgeSocket tells its owner, always from the thread that is in run_once().
class BridgeHandler
{
 public:
  virtual ~BridgeHandler() = default;
  /// A bridge said HELLO. Whatever std::exception this throws refuses it with the exception's text.
  virtual void on_hello(std::uint32_t session, UniqueFd ring) = 0;
  /// The bridge of the last on_hello() got its WELCOME.
  virtual void on_welcomed() = 0;
  /// A frame is complete. May throw ProtocolError.
  virtual void on_frame(std::uint64_t frame, std::uint32_t slot) = 0;
  /// The bridge carried out a reset; `frame` is the first one that carries the truncation.
  virtual void on_reset_done(std::uint64_t request, std::uint64_t frame) = 0;
  /// The bridge that was welcomed is gone.
  virtual void on_bridge_gone(const BridgeEnd & end) = 0;
  /// A peer that was not welcomed was sent away.
  virtual void on_peer_refused(const std::string & reason) = 0;
};

/// The gateway's end of the socket to the bridge: AF_UNIX, SOCK_SEQPACKET, abstract name, one bridge at a
/// time.
///
/// One thread runs run_once() in a loop; send_control() and send_reset() may be called from any other. No
/// call blocks longer than the time it is given: sends never wait, and a peer that does not say HELLO in time
/// is refused.
class BridgeSocket
{
 public:
  struct Options
  {
    uid_t uid = ::geteuid();  ///< the only user who may connect
    std::chrono::milliseconds hello_deadline{2000};
  };

  /// The abstract name (without its leading NUL) of a simulator's socket.
  static std::string name_of(uid_t uid, std::size_t domain_id, const std::string & simulator);

  /// Listens on the abstract name.
  /// @throws NameTaken when another process does; std::system_error when the system refuses.
  BridgeSocket(const std::string & name, BridgeHandler & handler, const Options & options);
  BridgeSocket(const std::string & name, BridgeHandler & handler) : BridgeSocket(name, handler, Options()) {}
  ~BridgeSocket() = default;
  BridgeSocket(const BridgeSocket &) = delete;
  BridgeSocket & operator=(const BridgeSocket &) = delete;

  /// Waits for at most `timeout` and handles what has come. Exceptions of the system calls pass through.
  void run_once(std::chrono::milliseconds timeout);

  /// Ends the wait of run_once() at once. Any thread.
  void wake() noexcept;

  /// Says BYE to the bridge, if there is one, and hangs up. From the thread of run_once(), or after it has
  /// ended.
  void say_bye();

  /// Sends f32[num_agents][3]. Any thread. False when there is no bridge or it does not read.
  bool send_control(std::uint32_t session, std::uint64_t frame, const float * controls,
                    std::uint32_t num_agents) noexcept;

  /// Sends a reset of some agents (empty: all); seed -1 leaves the route generator alone. Any thread.
  bool send_reset(std::uint64_t request, std::int64_t seed,
                  const std::vector<std::uint32_t> & agents) noexcept;

 private:
  using Clock = std::chrono::steady_clock;

  /// A connection that has not said HELLO yet.
  struct Guest
  {
    UniqueFd fd;
    Clock::time_point deadline;
  };
  bool send(const void * block, std::size_t block_bytes, const void * rest, std::size_t rest_bytes) noexcept;
  void accept_guest();
  void serve_guest(Guest & guest);
  void serve_bridge();
  void dispatch(Packet & packet);
  void welcome(Guest & guest, Packet & packet);
  void refuse_guest(Guest & guest, const std::string & reason);
  void drop_bridge(const BridgeEnd & end);

  BridgeHandler & handler_;
  Options options_;
  UniqueFd listener_;
  UniqueFd wake_;
  std::vector<Guest> guests_;

  std::mutex send_mutex_;  // guards bridge_ against being closed while another thread sends
  UniqueFd bridge_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__BRIDGE_SOCKET_HPP_
