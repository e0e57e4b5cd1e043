// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/bridge_socket.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "carla_gateway/wire_protocol.hpp"

namespace carla_gateway
{
namespace
{

constexpr std::size_t kMaxGuests = 4;
constexpr int kBacklog = 8;

[[noreturn]] void fail(const std::string & what)
{
  throw std::system_error(errno, std::generic_category(), what);
}

bool would_block(int error)
{
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

wire::Header header_of(wire::Type type, std::uint64_t frame) noexcept
{
  return {static_cast<std::uint32_t>(type), 0, frame};
}

}  // namespace

std::string BridgeSocket::name_of(uid_t uid, std::size_t domain_id, const std::string & simulator)
{
  return "carla_drl." + std::to_string(uid) + "." + std::to_string(domain_id) + "." + simulator;
}

BridgeSocket::BridgeSocket(const std::string & name, BridgeHandler & handler, const Options & options)
    : handler_(handler),
      options_(options),
      listener_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
  if (!listener_ || !wake_) {
    fail("bridge socket: socket or eventfd");
  }
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (name.size() + 1 > sizeof(address.sun_path)) {
    throw std::invalid_argument("socket name '" + name + "' is " + std::to_string(name.size()) +
                                " bytes long, up to " + std::to_string(sizeof(address.sun_path) - 1) +
                                " is allowed");
  }
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr *>(&address), length) != 0) {
    if (errno == EADDRINUSE) {
      throw NameTaken("socket name '" + name + "' is taken");
    }
    fail("bridge socket: bind to '" + name + "'");
  }
  if (::listen(listener_.get(), kBacklog) != 0) {
    fail("bridge socket: listen on '" + name + "'");
  }
}

void BridgeSocket::run_once(std::chrono::milliseconds timeout)
{
  // Order matters: a bridge that died is noticed before its successor, which may have come since, says HELLO.
  std::array<pollfd, 3 + kMaxGuests> polled = {};
  polled[0] = {wake_.get(), POLLIN, 0};
  polled[1] = {bridge_.get(), POLLIN, 0};  // poll() passes over -1
  polled[2] = {listener_.get(), POLLIN, 0};
  const std::size_t guest_count = guests_.size();
  const auto now = Clock::now();
  for (std::size_t i = 0; i < guest_count; ++i) {
    polled[3 + i] = {guests_[i].fd.get(), POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(guests_[i].deadline - now);
    timeout = std::clamp(left, std::chrono::milliseconds(0), timeout);
  }
  const int ready =
      ::poll(polled.data(), static_cast<nfds_t>(3 + guest_count), static_cast<int>(timeout.count()));
  if (ready < 0 && errno != EINTR) {
    fail("bridge socket: poll");
  }
  if (ready > 0) {
    if (polled[0].revents != 0) {
      std::uint64_t count = 0;
      static_cast<void>(!::read(wake_.get(), &count, sizeof(count)));
    }
    if (polled[1].revents != 0) {
      serve_bridge();
    }
    for (std::size_t i = 0; i < guest_count; ++i) {
      if (polled[3 + i].revents != 0) {
        serve_guest(guests_[i]);
      }
    }
    if (polled[2].revents != 0) {
      accept_guest();
    }
  }
  if (!guests_.empty()) {
    const auto after = Clock::now();
    for (auto & guest : guests_) {
      if (guest.fd && guest.deadline <= after) {
        refuse_guest(guest, "no HELLO within " + std::to_string(options_.hello_deadline.count()) + " ms");
      }
    }
    guests_.erase(
        std::remove_if(guests_.begin(), guests_.end(), [](const Guest & guest) { return !guest.fd; }),
        guests_.end());
  }
}

void BridgeSocket::wake() noexcept
{
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof(one)));
}

void BridgeSocket::say_bye()
{
  const std::lock_guard<std::mutex> lock(send_mutex_);
  if (bridge_) {
    send_last_packet(bridge_.get(), wire::Type::kBye);
    bridge_.reset();
  }
}

bool BridgeSocket::send_control(std::uint32_t session, std::uint64_t frame, const float * controls,
                                std::uint32_t num_agents) noexcept
{
  const wire::Control control = {header_of(wire::Type::kControl, frame), num_agents, session};
  return send(&control, sizeof(control), controls, num_agents * wire::kControlColumns * sizeof(float));
}

bool BridgeSocket::send_reset(std::uint64_t request, std::int64_t seed,
                              const std::vector<std::uint32_t> & agents) noexcept
{
  const wire::Reset reset = {header_of(wire::Type::kReset, 0), request, seed,
                             static_cast<std::uint32_t>(agents.size()), 0};
  return send(&reset, sizeof(reset), agents.data(), agents.size() * sizeof(std::uint32_t));
}

bool BridgeSocket::send(const void * block, std::size_t block_bytes, const void * rest,
                        std::size_t rest_bytes) noexcept
{
  const std::lock_guard<std::mutex> lock(send_mutex_);
  return bridge_ && send_packet(bridge_.get(), block, block_bytes, rest, rest_bytes);
}

void BridgeSocket::accept_guest()
{
  UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) {
    // The peer may have given up; running out of descriptors is told rather than spun on.
    if (would_block(errno) || errno == ECONNABORTED) {
      return;
    }
    fail("bridge socket: accept");
  }
  Guest guest = {std::move(fd), Clock::now() + options_.hello_deadline};
  ucred peer = {};
  socklen_t length = sizeof(peer);
  if (::getsockopt(guest.fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
    fail("bridge socket: SO_PEERCRED");
  }
  if (peer.uid != options_.uid) {
    refuse_guest(guest, "user " + std::to_string(peer.uid) + " may not connect, user " +
                            std::to_string(options_.uid) + " may");
  } else if (guests_.size() == kMaxGuests) {
    refuse_guest(guest, "too many connections that have not said HELLO");
  } else {
    guests_.push_back(std::move(guest));
  }
}

void BridgeSocket::serve_guest(Guest & guest)
{
  Packet packet;
  try {
    switch (receive_packet(guest.fd.get(), packet)) {
      case Received::kPacket:
        welcome(guest, packet);
        break;
      case Received::kNothing:
        break;
      case Received::kEnd:
        guest.fd.reset();
        break;
    }
  } catch (const ProtocolError & error) {
    refuse_guest(guest, error.what());
  }
}

void BridgeSocket::welcome(Guest & guest, Packet & packet)
{
  if (packet.header.type != static_cast<std::uint32_t>(wire::Type::kHello)) {
    throw ProtocolError("the first packet is of type " + std::to_string(packet.header.type) +
                        ", HELLO (1) is allowed");
  }
  const auto hello = packet.as<wire::Hello>("HELLO");
  if (hello.protocol_version != wire::kProtocolVersion) {
    throw ProtocolError("protocol version is " + std::to_string(hello.protocol_version) + ", " +
                        std::to_string(wire::kProtocolVersion) + " is allowed");
  }
  if (packet.fds.size() != 1) {
    throw ProtocolError("HELLO carries " + std::to_string(packet.fds.size()) +
                        " descriptors, 1 (the ring's memfd) is allowed");
  }
  if (bridge_) {
    throw ProtocolError("another bridge is connected");
  }
  try {
    handler_.on_hello(hello.session, std::move(packet.fds.front()));
  } catch (const std::exception & error) {
    throw ProtocolError(error.what());
  }
  {
    const std::lock_guard<std::mutex> lock(send_mutex_);
    bridge_ = std::move(guest.fd);
    const auto welcome_packet = header_of(wire::Type::kWelcome, 0);
    // A peer that is gone by now shows as end of file.
    send_packet(bridge_.get(), &welcome_packet, sizeof(welcome_packet), nullptr, 0);
  }
  handler_.on_welcomed();
}

void BridgeSocket::refuse_guest(Guest & guest, const std::string & reason)
{
  send_last_packet(guest.fd.get(), wire::Type::kRefused, reason);
  guest.fd.reset();
  handler_.on_peer_refused(reason);
}

void BridgeSocket::serve_bridge()
{
  Packet packet;
  try {
    switch (receive_packet(bridge_.get(), packet)) {
      case Received::kPacket:
        dispatch(packet);
        break;
      case Received::kNothing:
        break;
      case Received::kEnd:
        drop_bridge({BridgeEnd::Kind::kDied, "the connection ended without BYE"});
        break;
    }
  } catch (const ProtocolError & error) {
    {
      const std::lock_guard<std::mutex> lock(send_mutex_);
      send_last_packet(bridge_.get(), wire::Type::kRefused, error.what());
    }
    drop_bridge({BridgeEnd::Kind::kRefused, error.what()});
  }
}

void BridgeSocket::dispatch(Packet & packet)
{
  if (!packet.fds.empty()) {
    throw ProtocolError("a packet after HELLO carries a descriptor");
  }
  switch (static_cast<wire::Type>(packet.header.type)) {
    case wire::Type::kFrame:
      handler_.on_frame(packet.header.frame, packet.as<wire::Frame>("FRAME").slot);
      return;
    case wire::Type::kResetDone:
      handler_.on_reset_done(packet.as<wire::ResetDone>("RESET_DONE").request, packet.header.frame);
      return;
    case wire::Type::kBye:
      packet.as<wire::Header>("BYE");
      drop_bridge({BridgeEnd::Kind::kBye, "BYE"});
      return;
    default:
      throw ProtocolError("a packet is of type " + std::to_string(packet.header.type) +
                          ", FRAME (4), RESET_DONE (7) and BYE (8) are allowed");
  }
}

void BridgeSocket::drop_bridge(const BridgeEnd & end)
{
  {
    const std::lock_guard<std::mutex> lock(send_mutex_);
    bridge_.reset();
  }
  handler_.on_bridge_gone(end);
}

}  // namespace carla_gateway
