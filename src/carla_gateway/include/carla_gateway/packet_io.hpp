// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__PACKET_IO_HPP_
#define CARLA_GATEWAY__PACKET_IO_HPP_

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "carla_gateway/unique_fd.hpp"
#include "carla_gateway/wire_protocol.hpp"

namespace carla_gateway
{

/// The bridge said something that the protocol does not allow; it is refused with this text.
class ProtocolError : public std::runtime_error
{
 public:
  using std::runtime_error::runtime_error;
};

/// One packet from the bridge, with the descriptors that came along.
struct Packet
{
  wire::Header header = {};
  std::array<unsigned char, 64> bytes = {};  ///< header included; no packet from the bridge is longer
  std::size_t size = 0;
  std::vector<UniqueFd> fds;

  /// The packet as one of the wire's blocks.
  /// @throws ProtocolError when its size is not exactly the block's.
  template <typename Block>
  Block as(const char * name) const
  {
    if (size != sizeof(Block)) {
      throw ProtocolError(std::string(name) + " has " + std::to_string(size) + " bytes, " +
                          std::to_string(sizeof(Block)) + " are allowed");
    }
    Block block = {};
    std::memcpy(&block, bytes.data(), sizeof(block));
    return block;
  }
};

enum class Received
{
  kPacket,
  kNothing,  ///< nothing there yet
  kEnd,      ///< the peer is gone
};

/// Takes one packet from a SOCK_SEQPACKET socket, never waiting.
/// @throws ProtocolError when it is too long, too short, or its reserved field is not 0.
Received receive_packet(int fd, Packet & packet);

/// Sends a block of the wire and the bytes that follow it as one packet, never waiting.
/// @return whether the kernel took it.
bool send_packet(int fd, const void * block, std::size_t block_bytes, const void * rest,
                 std::size_t rest_bytes) noexcept;

/// Sends the packet (a bare header and a text) after which the caller hangs up.
void send_last_packet(int fd, wire::Type type, const std::string & text = {}) noexcept;

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__PACKET_IO_HPP_
