// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/peer_watch.hpp"

#include <gtest/gtest.h>

namespace carla_gateway
{
namespace
{

constexpr std::int64_t kSecond = 1'000'000'000;

class PeerWatchTest : public ::testing::Test
{
 protected:
  std::string value(const std::string & key, std::int64_t now_ns)
  {
    for (const auto & [name, text] : watch_.report(now_ns).values) {
      if (name == key) {
        return text;
      }
    }
    return "none";
  }

  PeerWatch watch_{"/carla_drl/sim1/gateway", "sim1", 0.8};
};

TEST_F(PeerWatchTest, NobodyIsFine)
{
  EXPECT_EQ(watch_.report(kSecond).level, HealthLevel::kOk);
}

TEST_F(PeerWatchTest, ListensToItsGroupAndToThoseOfAllGroups)
{
  for (const auto * source :
       {"/carla_drl/sim1/bridge", "/carla_drl/agent", "/elsewhere/agent", "/carla_drl/sim1/gateway",
        "/carla_drl/sim10/bridge", "/carla_drl/sim2/gateway"}) {
    watch_.beat(source, 1, 0);
  }
  EXPECT_EQ(watch_.report(0).message, "3 peers are alive");
}

TEST_F(PeerWatchTest, TellsSilenceOnceAndItsEnd)
{
  watch_.beat("/carla_drl/agent", 1, 0);
  watch_.beat("/carla_drl/sim1/bridge", 1, kSecond);
  EXPECT_FALSE(watch_.worse_than_reported(kSecond / 2));
  EXPECT_TRUE(watch_.worse_than_reported(kSecond));
  const HealthReport report = watch_.report(kSecond + kSecond / 2);
  EXPECT_EQ(report.level, HealthLevel::kWarn);
  EXPECT_EQ(report.message, "no heartbeat: /carla_drl/agent for 1.5 s");
  EXPECT_FALSE(watch_.worse_than_reported(kSecond + kSecond / 2));  // that it is silent has been said
  watch_.beat("/carla_drl/agent", 0, 2 * kSecond);                  // started again
  watch_.beat("/carla_drl/sim1/bridge", 2, 2 * kSecond);
  EXPECT_EQ(watch_.report(2 * kSecond).level, HealthLevel::kOk);
  EXPECT_TRUE(watch_.worse_than_reported(3 * kSecond));
  EXPECT_EQ(value("lost_peers", 3 * kSecond), "3");
  EXPECT_EQ(value("missed_heartbeats", 3 * kSecond), "0");
}

TEST_F(PeerWatchTest, CountsWhatIsMissing)
{
  watch_.beat("/carla_drl/agent", 65534, 0);
  watch_.beat("/carla_drl/agent", 1, 0);  // 65535 and 0 are missing
  watch_.beat("/carla_drl/agent", 2, 0);
  EXPECT_EQ(value("missed_heartbeats", 0), "2");
}

TEST_F(PeerWatchTest, ForgetsWhoIsGoneForLong)
{
  watch_.beat("/carla_drl/agent", 1, 0);
  EXPECT_EQ(watch_.report(59 * kSecond).level, HealthLevel::kWarn);
  EXPECT_EQ(watch_.report(60 * kSecond).message, "0 peers are alive");
}

TEST(PeerWatch, MayBeSwitchedOff)
{
  PeerWatch watch("/gateway", "sim0", 0.0);
  watch.beat("/carla_drl/agent", 1, 0);
  EXPECT_FALSE(watch.worse_than_reported(kSecond * 10));
  EXPECT_EQ(watch.report(kSecond * 10).level, HealthLevel::kOk);
}

}  // namespace
}  // namespace carla_gateway
