// SPDX-License-Identifier: Apache-2.0
#ifndef SOCKET_PEER_HPP_
#define SOCKET_PEER_HPP_

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "carla_gateway/bridge_socket.hpp"
#include "carla_gateway/unique_fd.hpp"
#include "carla_gateway/wire_protocol.hpp"

namespace carla_gateway::testing
{

constexpr std::chrono::seconds kPatience{5};

/// Keeps what the socket reported, as text, for the test's thread to wait for.
class Recorder : public BridgeHandler
{
 public:
  void on_hello(std::uint32_t session, UniqueFd ring) override
  {
    if (!refuse_hello.empty()) {
      throw std::runtime_error(refuse_hello);
    }
    struct stat status = {};
    ASSERT_EQ(::fstat(ring.get(), &status), 0);
    note("hello " + std::to_string(session) + " " + std::to_string(status.st_size));
  }
  void on_welcomed() override { note("welcomed"); }
  void on_frame(std::uint64_t frame, std::uint32_t slot) override
  {
    if (slot > 100) {
      throw ProtocolError("slot is too high");
    }
    note("frame " + std::to_string(frame) + " " + std::to_string(slot));
  }
  void on_reset_done(std::uint64_t request, std::uint64_t frame) override
  {
    note("reset_done " + std::to_string(request) + " " + std::to_string(frame));
  }
  void on_bridge_gone(const BridgeEnd & end) override
  {
    note("gone " + std::to_string(static_cast<int>(end.kind)) + " " + end.reason);
  }
  void on_peer_refused(const std::string & reason) override { note("refused " + reason); }

  /// The next thing reported; "nothing" after the deadline.
  std::string next()
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [this] { return read_ < notes_.size(); })) {
      return "nothing";
    }
    return notes_[read_++];
  }

  std::string refuse_hello;

 private:
  void note(const std::string & text)
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    notes_.push_back(text);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> notes_;
  std::size_t read_ = 0;
};

/// The bridge's end.
class Peer
{
 public:
  explicit Peer(const std::string & name) : fd_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0))
  {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr *>(&address), length) != 0) {
      throw std::runtime_error("cannot connect");
    }
    const timeval patience = {5, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }

  template <typename Block>
  void send(const Block & block)
  {
    ASSERT_EQ(::send(fd_.get(), &block, sizeof(block), MSG_NOSIGNAL), static_cast<ssize_t>(sizeof(block)));
  }

  void hello(std::uint32_t session, std::uint32_t version = 1, std::size_t fds = 1)
  {
    const UniqueFd ring(::memfd_create("ring", MFD_CLOEXEC));
    ASSERT_EQ(::ftruncate(ring.get(), 4096), 0);
    const wire::Hello block = {{1, 0, 0}, version, session};
    iovec part = {const_cast<wire::Hello *>(&block), sizeof(block)};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    std::vector<char> control(CMSG_SPACE(fds * sizeof(int)));
    if (fds > 0) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr * item = CMSG_FIRSTHDR(&message);
      item->cmsg_level = SOL_SOCKET;
      item->cmsg_type = SCM_RIGHTS;
      item->cmsg_len = CMSG_LEN(fds * sizeof(int));
      const int fd = ring.get();
      for (std::size_t i = 0; i < fds; ++i) {
        std::memcpy(CMSG_DATA(item) + i * sizeof(int), &fd, sizeof(int));
      }
    }
    ASSERT_EQ(::sendmsg(fd_.get(), &message, MSG_NOSIGNAL), static_cast<ssize_t>(sizeof(block)));
  }

  /// The next packet; empty at the end of file.
  std::vector<char> receive()
  {
    std::vector<char> packet(4096);
    const ssize_t size = ::recv(fd_.get(), packet.data(), packet.size(), 0);
    if (size < 0) {
      throw std::runtime_error(std::string("recv: ") + std::strerror(errno));
    }
    packet.resize(static_cast<std::size_t>(size));
    return packet;
  }

  /// The type of the next packet, 0 at the end of file.
  std::uint32_t receive_type()
  {
    const auto packet = receive();
    std::uint32_t type = 0;
    std::memcpy(&type, packet.data(), std::min(packet.size(), sizeof(type)));
    return type;
  }

  /// The reason of a refusal after which the gateway hung up.
  std::string receive_refusal()
  {
    const auto packet = receive();
    wire::Header header = {};
    if (packet.size() < sizeof(header)) {
      return "no refusal";
    }
    std::memcpy(&header, packet.data(), sizeof(header));
    if (header.type != 3) {
      return "type " + std::to_string(header.type);
    }
    EXPECT_TRUE(receive().empty()) << "still connected after the refusal";
    return {packet.begin() + sizeof(header), packet.end()};
  }

  void hang_up() { fd_.reset(); }

 private:
  UniqueFd fd_;
};

}  // namespace carla_gateway::testing

#endif  // SOCKET_PEER_HPP_
