// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/packet_io.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace carla_gateway
{

Received receive_packet(int fd, Packet & packet)
{
  iovec part = {packet.bytes.data(), packet.bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(4 * sizeof(int))> control = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t received = ::recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (received < 0) {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Received::kNothing : Received::kEnd;
  }
  for (cmsghdr * item = CMSG_FIRSTHDR(&message); item != nullptr; item = CMSG_NXTHDR(&message, item)) {
    if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_RIGHTS) {
      const std::size_t count = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int passed = -1;
        std::memcpy(&passed, CMSG_DATA(item) + i * sizeof(int), sizeof(int));
        packet.fds.emplace_back(passed);
      }
    }
  }
  if (received == 0) {
    return Received::kEnd;
  }
  packet.size = static_cast<std::size_t>(received);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    throw ProtocolError("a packet is longer or carries more descriptors than any that a bridge may send");
  }
  if (packet.size < sizeof(wire::Header)) {
    throw ProtocolError("a packet has " + std::to_string(packet.size) + " bytes, its header alone needs " +
                        std::to_string(sizeof(wire::Header)));
  }
  std::memcpy(&packet.header, packet.bytes.data(), sizeof(packet.header));
  if (packet.header.reserved != 0) {
    throw ProtocolError("a packet's reserved field is " + std::to_string(packet.header.reserved) +
                        ", 0 is allowed");
  }
  return Received::kPacket;
}

bool send_packet(int fd, const void * block, std::size_t block_bytes, const void * rest,
                 std::size_t rest_bytes) noexcept
{
  std::array<iovec, 2> parts = {iovec{const_cast<void *>(block), block_bytes},
                                iovec{const_cast<void *>(rest), rest_bytes}};
  msghdr message = {};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

void send_last_packet(int fd, wire::Type type, const std::string & text) noexcept
{
  // Hanging up with unread packets resets the connection, and the peer would see that before this packet.
  std::array<char, 256> scrap = {};
  for (int packets = 0; packets < 64; ++packets) {
    if (::recv(fd, scrap.data(), scrap.size(), MSG_DONTWAIT) <= 0) {
      break;
    }
  }
  const wire::Header header = {static_cast<std::uint32_t>(type), 0, 0};
  send_packet(fd, &header, sizeof(header), text.data(), text.size());
}

}  // namespace carla_gateway
