// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/bridge_socket.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <optional>
#include <thread>

#include "carla_gateway/wire_protocol.hpp"
#include "socket_peer.hpp"

namespace carla_gateway
{
namespace
{

using namespace std::chrono_literals;

using testing::Peer;
using testing::Recorder;

class BridgeSocketTest : public ::testing::Test
{
 protected:
  void start(const BridgeSocket::Options & options = BridgeSocket::Options())
  {
    const auto * test = ::testing::UnitTest::GetInstance()->current_test_info();
    name_ = BridgeSocket::name_of(::geteuid(), static_cast<std::size_t>(::getpid()), test->name());
    socket_.emplace(name_, recorder_, options);
    thread_ = std::thread([this] {
      while (!stop_) {
        socket_->run_once(60s);
      }
    });
  }
  void stop()
  {
    stop_ = true;
    if (thread_.joinable()) {
      socket_->wake();
      thread_.join();
    }
  }
  void TearDown() override { stop(); }

  Peer connected(std::uint32_t session = 7)
  {
    Peer peer(name_);
    peer.hello(session);
    EXPECT_EQ(peer.receive_type(), 2U);
    EXPECT_EQ(recorder_.next(), "hello " + std::to_string(session) + " 4096");
    EXPECT_EQ(recorder_.next(), "welcomed");
    return peer;
  }

  Recorder recorder_;
  std::string name_;
  std::optional<BridgeSocket> socket_;
  std::thread thread_;
  std::atomic<bool> stop_ = false;
};

TEST_F(BridgeSocketTest, NamesFollowTheContract)
{
  EXPECT_EQ(BridgeSocket::name_of(1000, 42, "sim0"), "carla_drl.1000.42.sim0");
  EXPECT_THROW(BridgeSocket(std::string(108, 'x'), recorder_), std::invalid_argument);
}

TEST_F(BridgeSocketTest, CarriesFramesAndControls)
{
  start();
  Peer peer = connected();
  peer.send(wire::Frame{{4, 0, 42}, 1, 0});
  EXPECT_EQ(recorder_.next(), "frame 42 1");

  const std::vector<float> controls = {0.5F, 0.0F, -0.25F, 0.0F, 1.0F, 0.0F};
  ASSERT_TRUE(socket_->send_control(7, 42, controls.data(), 2));
  const auto packet = peer.receive();
  ASSERT_EQ(packet.size(), 24U + 24U);
  wire::Control control = {};
  std::memcpy(&control, packet.data(), sizeof(control));
  EXPECT_EQ(control.header.type, 5U);
  EXPECT_EQ(control.header.frame, 42U);
  EXPECT_EQ(control.num_agents, 2U);
  EXPECT_EQ(control.session, 7U);
  EXPECT_EQ(std::memcmp(packet.data() + 24, controls.data(), 24), 0);
}

TEST_F(BridgeSocketTest, CarriesResets)
{
  start();
  Peer peer = connected();
  ASSERT_TRUE(socket_->send_reset(3, -1, {1, 4}));
  const auto packet = peer.receive();
  ASSERT_EQ(packet.size(), 40U + 8U);
  wire::Reset reset = {};
  std::memcpy(&reset, packet.data(), sizeof(reset));
  EXPECT_EQ(reset.header.type, 6U);
  EXPECT_EQ(reset.request, 3U);
  EXPECT_EQ(reset.seed, -1);
  EXPECT_EQ(reset.count, 2U);
  std::uint32_t last = 0;
  std::memcpy(&last, packet.data() + 44, sizeof(last));
  EXPECT_EQ(last, 4U);
  peer.send(wire::ResetDone{{7, 0, 43}, 3});
  EXPECT_EQ(recorder_.next(), "reset_done 3 43");
}

TEST_F(BridgeSocketTest, SendsNothingWithoutABridge)
{
  start();
  const float controls[3] = {};
  EXPECT_FALSE(socket_->send_control(0, 0, controls, 1));
  EXPECT_FALSE(socket_->send_reset(0, -1, {}));
}

TEST_F(BridgeSocketTest, SendsNeverWaitForABridgeThatDoesNotRead)
{
  start();
  Peer peer = connected();
  const std::vector<float> controls(3 * 256);
  int sent = 0;
  while (sent < 100000 && socket_->send_control(7, 1, controls.data(), 256)) {
    ++sent;
  }
  EXPECT_LT(sent, 100000);
}

TEST_F(BridgeSocketTest, TellsByeFromDeath)
{
  start();
  {
    Peer peer = connected();
    peer.send(wire::Header{8, 0, 0});
    EXPECT_EQ(recorder_.next(), "gone 0 BYE");
  }
  {
    Peer peer = connected(8);
    peer.hang_up();
    EXPECT_EQ(recorder_.next(), "gone 1 the connection ended without BYE");
  }
  Peer again = connected(9);
  EXPECT_TRUE(socket_->send_reset(1, -1, {}));
}

TEST_F(BridgeSocketTest, RefusesASecondBridgeAndKeepsTheFirst)
{
  start();
  Peer first = connected();
  Peer second(name_);
  second.hello(8);
  EXPECT_EQ(second.receive_refusal(), "another bridge is connected");
  EXPECT_EQ(recorder_.next(), "refused another bridge is connected");
  first.send(wire::Frame{{4, 0, 1}, 0, 0});
  EXPECT_EQ(recorder_.next(), "frame 1 0");
}

TEST_F(BridgeSocketTest, TakesASuccessorThatConnectedBeforeTheDeathWasSeen)
{
  start();
  Peer first = connected();
  Peer second(name_);
  first.hang_up();
  second.hello(8);
  EXPECT_EQ(second.receive_type(), 2U);
}

TEST_F(BridgeSocketTest, RefusesWithTheOwnersReason)
{
  recorder_.refuse_hello = "frame ring: version is 2, 1 is allowed";
  start();
  Peer peer(name_);
  peer.hello(7);
  EXPECT_EQ(peer.receive_refusal(), recorder_.refuse_hello);
}

TEST_F(BridgeSocketTest, RefusesOtherUsers)
{
  BridgeSocket::Options options;
  options.uid = ::geteuid() + 1;
  start(options);
  Peer peer(name_);
  EXPECT_NE(peer.receive_refusal().find("may not connect"), std::string::npos);
}

TEST_F(BridgeSocketTest, RefusesPeersThatDoNotSayHello)
{
  BridgeSocket::Options options;
  options.hello_deadline = 50ms;
  start(options);
  Peer silent(name_);
  EXPECT_EQ(silent.receive_refusal(), "no HELLO within 50 ms");
}

TEST_F(BridgeSocketTest, SilentPeersDoNotKeepABridgeOut)
{
  start();
  Peer a(name_), b(name_), c(name_);
  Peer bridge = connected();
  Peer d(name_);
  Peer too_many(name_);
  EXPECT_NE(too_many.receive_refusal().find("too many connections"), std::string::npos);
}

TEST_F(BridgeSocketTest, RefusesMalformedHellos)
{
  start();
  const auto refusal = [this](const auto & act) {
    Peer peer(name_);
    act(peer);
    return peer.receive_refusal();
  };
  EXPECT_EQ(refusal([](Peer & peer) { peer.hello(7, 2); }), "protocol version is 2, 1 is allowed");
  EXPECT_NE(refusal([](Peer & peer) { peer.hello(7, 1, 0); }).find("0 descriptors"), std::string::npos);
  EXPECT_NE(refusal([](Peer & peer) { peer.hello(7, 1, 2); }).find("2 descriptors"), std::string::npos);
  EXPECT_NE(refusal([](Peer & peer) { peer.hello(7, 1, 50); }).find("more descriptors"), std::string::npos);
  EXPECT_NE(refusal([](Peer & peer) { peer.send(wire::Frame{{4, 0, 0}, 0, 0}); }).find("HELLO"),
            std::string::npos);
  EXPECT_NE(refusal([](Peer & peer) { peer.send(wire::Header{1, 0, 0}); }).find("16 bytes"),
            std::string::npos);
  EXPECT_NE(refusal([](Peer & peer) { peer.send(std::uint32_t{1}); }).find("4 bytes"), std::string::npos);
}

TEST_F(BridgeSocketTest, RefusesMalformedPackets)
{
  start();
  const auto refusal = [this](const auto & act) {
    Peer peer = connected();
    act(peer);
    const std::string reason = peer.receive_refusal();
    EXPECT_EQ(recorder_.next(), "gone 2 " + reason);
    return reason;
  };
  EXPECT_NE(refusal([](Peer & peer) { peer.send(wire::Header{99, 0, 0}); }).find("type 99"),
            std::string::npos);
  EXPECT_NE(refusal([](Peer & peer) { peer.send(wire::Header{4, 0, 0}); }).find("FRAME has 16"),
            std::string::npos);
  EXPECT_NE(refusal([](Peer & peer) { peer.send(wire::Header{8, 5, 0}); }).find("reserved"),
            std::string::npos);
  EXPECT_NE(refusal([](Peer & peer) { peer.send(std::array<char, 500>{}); }).find("longer"),
            std::string::npos);
  EXPECT_NE(refusal([](Peer & peer) { peer.hello(8); }).find("descriptor"), std::string::npos);
  EXPECT_EQ(refusal([](Peer & peer) { peer.send(wire::Frame{{4, 0, 0}, 101, 0}); }), "slot is too high");
}

TEST_F(BridgeSocketTest, RefusesATakenName)
{
  start();
  Recorder other;
  EXPECT_THROW(BridgeSocket(name_, other), NameTaken);
}

TEST_F(BridgeSocketTest, SaysBye)
{
  start();
  Peer peer = connected();
  peer.send(wire::Header{4, 0, 0});  // unread packets must not swallow the BYE
  EXPECT_EQ(recorder_.next().substr(0, 4), "gone");
  EXPECT_EQ(peer.receive_type(), 3U);
  Peer next = connected();
  stop();
  next.send(wire::Frame{{4, 0, 1}, 0, 0});
  socket_->say_bye();
  EXPECT_EQ(next.receive_type(), 8U);
  EXPECT_EQ(next.receive_type(), 0U);
}

}  // namespace
}  // namespace carla_gateway
