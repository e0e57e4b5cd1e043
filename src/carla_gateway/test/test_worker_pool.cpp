// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <vector>

namespace carla_gateway
{
namespace
{

TEST(WorkerPool, DoesEveryPieceOnce)
{
  for (const std::size_t threads : {1, 2, 7}) {
    WorkerPool pool(threads);
    for (std::size_t round = 0; round < 500; ++round) {
      const std::size_t count = round % 20;
      std::vector<std::atomic<int>> done(20);
      pool.run(count, [&](std::size_t piece) { ++done[piece]; });
      for (std::size_t piece = 0; piece < done.size(); ++piece) {
        ASSERT_EQ(done[piece], piece < count ? 1 : 0);
      }
    }
  }
}

TEST(WorkerPool, WorksInSeveralThreadsAtOnce)
{
  WorkerPool pool(3);
  std::atomic<int> there = 0;
  // Each piece waits for the others: this ends only if three threads work at the same time.
  pool.run(3, [&](std::size_t) {
    ++there;
    while (there < 3) {
      std::this_thread::yield();
    }
  });
  EXPECT_EQ(there, 3);
}

}  // namespace
}  // namespace carla_gateway
