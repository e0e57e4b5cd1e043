// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/intervention_log.hpp"

#include <gtest/gtest.h>

namespace carla_gateway
{
namespace
{

using Agents = std::vector<std::uint32_t>;

TEST(InterventionLog, SumsUpByKind)
{
  InterventionLog log;
  log.add(Intervention::kClamped, 7, 10, 3);
  log.add(Intervention::kNonFinite, 7, 11, 0);
  log.add(Intervention::kClamped, 7, 12, 1);
  log.add(Intervention::kClamped, 7, 12, 3);
  const auto summaries = log.take();
  ASSERT_EQ(summaries.size(), 2U);
  EXPECT_EQ(summaries[0].kind, Intervention::kClamped);
  EXPECT_EQ(summaries[0].session, 7U);
  EXPECT_EQ(summaries[0].first_frame, 10U);
  EXPECT_EQ(summaries[0].last_frame, 12U);
  EXPECT_EQ(summaries[0].count, 3U);
  EXPECT_EQ(summaries[0].agents, (Agents{1, 3}));
  EXPECT_EQ(summaries[1].kind, Intervention::kNonFinite);
  EXPECT_EQ(summaries[1].agents, (Agents{0}));
  EXPECT_EQ(log.totals()[static_cast<std::size_t>(Intervention::kClamped)], 3U);
}

TEST(InterventionLog, BeginsAnewAfterEachLook)
{
  InterventionLog log;
  log.add(Intervention::kStaleHeld, 1, 5, 2);
  EXPECT_EQ(log.take().size(), 1U);
  EXPECT_TRUE(log.take().empty());
  log.add(Intervention::kStaleHeld, 1, 6, 0);
  const auto again = log.take();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].first_frame, 6U);
  EXPECT_EQ(again[0].agents, (Agents{0}));
  EXPECT_EQ(log.totals()[static_cast<std::size_t>(Intervention::kStaleHeld)], 2U);
}

TEST(InterventionLog, KeepsSessionsApart)
{
  InterventionLog log;
  log.add(Intervention::kClamped, 1, 900, 4);
  log.add(Intervention::kClamped, 2, 1, 0);
  const auto summaries = log.take();
  ASSERT_EQ(summaries.size(), 2U);
  EXPECT_EQ(summaries[0].session, 1U);
  EXPECT_EQ(summaries[0].agents, (Agents{4}));
  EXPECT_EQ(summaries[1].session, 2U);
  EXPECT_EQ(summaries[1].agents, (Agents{0}));
}

}  // namespace
}  // namespace carla_gateway
