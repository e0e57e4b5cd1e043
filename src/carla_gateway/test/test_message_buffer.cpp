// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/message_buffer.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace carla_gateway
{
namespace
{

using Arrival = MessageBuffer::Arrival;

constexpr std::int64_t kTimeout = 100;

std::shared_ptr<const void> message()
{
  return std::make_shared<int>(0);
}

std::vector<bool> there(const BufferedFrame & frame)
{
  std::vector<bool> result;
  for (const auto & one : frame.messages) {
    result.push_back(one != nullptr);
  }
  return result;
}

TEST(MessageBuffer, AFrameIsTakenWhenAllOfItHasCome)
{
  MessageBuffer buffer({1, 1}, kTimeout, 8);
  EXPECT_FALSE(buffer.take(0));
  EXPECT_EQ(buffer.put(1, 5, message(), 0), Arrival::kTaken);
  EXPECT_FALSE(buffer.take(kTimeout - 1));
  EXPECT_EQ(buffer.deadline_ns(), kTimeout);
  EXPECT_EQ(buffer.put(0, 5, message(), 60), Arrival::kTaken);
  const auto frame = buffer.take(60);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->frame, 5U);
  EXPECT_TRUE(frame->complete);
  EXPECT_EQ(buffer.last_taken(), 5U);
  EXPECT_FALSE(buffer.deadline_ns());
}

TEST(MessageBuffer, FramesComeInOrderWhateverOrderMessagesComeIn)
{
  MessageBuffer buffer({1, 1}, kTimeout, 8);
  buffer.put(0, 2, message(), 0);
  buffer.put(0, 1, message(), 1);
  buffer.put(1, 2, message(), 2);
  EXPECT_EQ(buffer.put(1, 1, message(), 3), Arrival::kTaken);
  EXPECT_EQ(buffer.take(3)->frame, 1U);
  EXPECT_EQ(buffer.take(3)->frame, 2U);
  EXPECT_EQ(buffer.counters().incomplete, 0U);
}

TEST(MessageBuffer, ADroppedMessageIsWaitedForUntilTheTimeout)
{
  MessageBuffer buffer({1, 1}, kTimeout, 8);
  buffer.put(0, 1, message(), 10);
  EXPECT_FALSE(buffer.take(kTimeout + 9));
  const auto frame = buffer.take(kTimeout + 10);
  ASSERT_TRUE(frame);
  EXPECT_FALSE(frame->complete);
  EXPECT_EQ(there(*frame), (std::vector<bool>{true, false}));
  EXPECT_EQ(frame->due, (std::vector<bool>{true, true}));
  EXPECT_EQ(buffer.counters().incomplete, 1U);
}

TEST(MessageBuffer, ASourceThatHasGoneOnIsNotWaitedFor)
{
  MessageBuffer buffer({1, 1}, kTimeout, 8);
  buffer.put(0, 1, message(), 0);
  buffer.put(0, 2, message(), 1);
  buffer.put(1, 2, message(), 2);
  EXPECT_FALSE(buffer.take(2)->complete);
  EXPECT_TRUE(buffer.take(2)->complete);
}

TEST(MessageBuffer, LateAndDuplicateMessagesAreCountedAndDropped)
{
  MessageBuffer buffer({1, 1}, kTimeout, 8);
  buffer.put(0, 1, message(), 0);
  EXPECT_EQ(buffer.put(0, 1, message(), 0), Arrival::kDuplicate);
  buffer.take(kTimeout);
  EXPECT_EQ(buffer.put(1, 1, message(), kTimeout + 1), Arrival::kLate);
  EXPECT_EQ(buffer.put(0, 1, message(), kTimeout + 1), Arrival::kDuplicate);
  EXPECT_FALSE(buffer.take(2 * kTimeout + 1));
  EXPECT_EQ(buffer.counters().late, 1U);
  EXPECT_EQ(buffer.counters().duplicate, 2U);
}

TEST(MessageBuffer, SlowSourcesAreDueOncePerPeriod)
{
  MessageBuffer buffer({1, 3}, kTimeout, 8);
  buffer.put(0, 1, message(), 0);
  buffer.put(1, 1, message(), 0);
  EXPECT_TRUE(buffer.take(0)->complete);
  for (std::uint64_t frame : {2U, 3U}) {
    buffer.put(0, frame, message(), 0);
    const auto taken = buffer.take(0);
    ASSERT_TRUE(taken);
    EXPECT_TRUE(taken->complete);
    EXPECT_EQ(taken->due, (std::vector<bool>{true, false}));
  }
  buffer.put(0, 4, message(), 0);
  EXPECT_FALSE(buffer.take(0));
}

TEST(MessageBuffer, OnlySoManyFramesWait)
{
  MessageBuffer buffer({1, 1}, kTimeout, 2);
  for (std::uint64_t frame = 1; frame <= 3; ++frame) {
    buffer.put(0, frame, message(), 0);
  }
  EXPECT_EQ(buffer.take(0)->frame, 1U);
  EXPECT_FALSE(buffer.take(0));
}

TEST(MessageBuffer, BeginsAnewWhenCleared)
{
  MessageBuffer buffer({1}, kTimeout, 2);
  buffer.put(0, 100, message(), 0);
  buffer.take(0);
  buffer.clear();
  EXPECT_EQ(buffer.put(0, 1, message(), 0), Arrival::kTaken);
  EXPECT_EQ(buffer.take(0)->frame, 1U);
}

}  // namespace
}  // namespace carla_gateway
