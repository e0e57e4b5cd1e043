// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/frame_ring.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <limits>
#include <thread>

#include "ring_writer.hpp"

namespace carla_gateway
{
namespace
{

using testing::RingWriter;

std::string refusal(RingWriter & writer)
{
  const UniqueFd fd = writer.publish();
  try {
    const FrameRing ring(fd);
  } catch (const std::runtime_error & error) {
    return error.what();
  }
  return "";
}

TEST(FrameRing, ReadsWhatWasWritten)
{
  RingWriter writer(2, 3, 2);
  const UniqueFd fd = writer.publish();
  const FrameRing ring(fd);
  EXPECT_EQ(ring.info().session, 7U);
  EXPECT_EQ(ring.info().num_agents, 2U);
  EXPECT_EQ(ring.info().num_route_points, 3U);
  EXPECT_EQ(ring.info().slot_count, 2U);
  EXPECT_DOUBLE_EQ(ring.info().step_s, 0.05);

  writer.begin(1);
  writer.floats(1, "ego")[RingWriter::kEgo + 5] = 1.5F;
  writer.floats(1, "route")[(1 * 3 + 2) * RingWriter::kRoute + 1] = 2.5F;
  writer.floats(1, "metrics")[RingWriter::kMetrics + 4] = 3.5F;
  writer.slot(1)[writer.array("status").offset + 1] = 4;
  writer.finish(1, 42, 2.1);

  const FrameView view = ring.read(1, 42);
  EXPECT_EQ(view.frame, 42U);
  EXPECT_EQ(view.generation, 2U);
  EXPECT_DOUBLE_EQ(view.sim_time_s, 2.1);
  EXPECT_FLOAT_EQ(view.ego[RingWriter::kEgo + 5], 1.5F);
  EXPECT_FLOAT_EQ(view.route[(1 * 3 + 2) * RingWriter::kRoute + 1], 2.5F);
  EXPECT_FLOAT_EQ(view.metrics[RingWriter::kMetrics + 4], 3.5F);
  EXPECT_EQ(view.status[1], 4);
  EXPECT_TRUE(ring.unchanged(view));
}

TEST(FrameRing, ReadsObjectsWhereThereAreAny)
{
  RingWriter without;
  const UniqueFd without_fd = without.publish();
  const FrameRing plain(without_fd);
  without.begin(0);
  without.finish(0, 1, 0.0);
  EXPECT_EQ(plain.info().num_objects, 0U);
  EXPECT_EQ(plain.read(0, 1).objects, nullptr);

  RingWriter writer(2, 3, 2, 5);
  const UniqueFd fd = writer.publish();
  const FrameRing ring(fd);
  EXPECT_EQ(ring.info().num_objects, 5U);
  writer.begin(1);
  writer.floats(1, "objects")[4 * carla_drl_msgs::msg::FrameLayout::NUM_OBJECT + 1] = 6.5F;
  writer.finish(1, 7, 0.5);
  EXPECT_FLOAT_EQ(ring.read(1, 7).objects[4 * carla_drl_msgs::msg::FrameLayout::NUM_OBJECT + 1], 6.5F);

  RingWriter wrong(2, 3, 2, 5);
  wrong.array("objects").shape[1] = 4;
  EXPECT_NE(refusal(wrong).find("array 'objects': shape is [5, 4], [5, 9] is allowed"), std::string::npos);
}

TEST(FrameRing, ReadsSensorPayloadsAndStaticArrays)
{
  RingWriter writer(2, 3, 2, 0, 128);
  writer.add_static("table", 1, {2, 3});
  const UniqueFd fd = writer.publish();
  const FrameRing ring(fd);
  EXPECT_EQ(ring.info().sensor_bytes, 128U);
  writer.begin(0);
  writer.slot(0)[writer.array("sensors").offset + 127] = 9;
  writer.finish(0, 1, 0.0);
  EXPECT_EQ(ring.read(0, 1).sensors[127], 9);

  reinterpret_cast<float *>(writer.map + writer.array("table").offset)[5] = 2.5F;
  const StaticArray * table = ring.find_static("table");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->shape, (std::vector<std::uint32_t>{2, 3}));
  EXPECT_EQ(table->bytes, 24U);
  EXPECT_EQ(reinterpret_cast<const float *>(table->data)[5], 2.5F);
  EXPECT_EQ(ring.find_static("ego"), nullptr);

  RingWriter outside(2, 3, 2);
  outside.add_static("table", 2, {8});
  outside.array("table").offset = outside.header.header_bytes;
  EXPECT_NE(refusal(outside).find("do not fit into the ring before its slots"), std::string::npos);
  RingWriter over_descriptors(2, 3, 2);
  over_descriptors.add_static("table", 2, {8});
  over_descriptors.array("table").offset = 64;
  EXPECT_NE(refusal(over_descriptors).find("array 'table': offset is 64"), std::string::npos);
  RingWriter strange(2, 3, 2);
  strange.array("ego").kind = 2;
  EXPECT_NE(refusal(strange).find("array 'ego': kind is 2, 0 (per frame) or 1 (static)"), std::string::npos);
}

TEST(FrameRing, FindsTheFramesThatItHas)
{
  RingWriter writer(2, 3, 2);
  const UniqueFd fd = writer.publish();
  const FrameRing ring(fd);
  for (const std::uint32_t frame : {1U, 2U, 3U}) {
    writer.begin(frame % 2);
    writer.finish(frame % 2, frame, 0.1 * frame);
  }
  EXPECT_FALSE(ring.find(1));
  ASSERT_TRUE(ring.find(2));
  EXPECT_EQ(ring.find(2)->slot, 0U);
  EXPECT_EQ(ring.find(3)->slot, 1U);
  writer.begin(0);
  EXPECT_FALSE(ring.find(2));
}

TEST(FrameRing, StaysMappedWhenTheDescriptorIsClosed)
{
  RingWriter writer;
  UniqueFd fd = writer.publish();
  const FrameRing ring(fd);
  fd.reset();
  writer.begin(0);
  writer.finish(0, 1, 0.0);
  EXPECT_EQ(ring.read(0, 1).frame, 1U);
}

TEST(FrameRing, DetectsTornFrames)
{
  RingWriter writer;
  const UniqueFd fd = writer.publish();
  const FrameRing ring(fd);
  EXPECT_THROW(ring.read(0, 0), FrameError);  // never written

  writer.begin(0);
  EXPECT_THROW(ring.read(0, 1), FrameError);  // being written
  writer.finish(0, 1, 0.0);
  const FrameView view = ring.read(0, 1);
  EXPECT_TRUE(ring.unchanged(view));
  writer.begin(0);
  EXPECT_FALSE(ring.unchanged(view));  // overwriting has begun
  writer.finish(0, 2, 0.1);
  EXPECT_FALSE(ring.unchanged(view));  // overwritten
  EXPECT_THROW(ring.read(0, 1), FrameError);
  EXPECT_NO_THROW(ring.read(0, 2));
}

TEST(FrameRing, NeverTakesHalfAFrameForAWholeOne)
{
  // A writer that does not wait for its reader, as a faulty bridge would; its values are all the frame's
  // number.
  RingWriter writer(16, 3, 1);
  const UniqueFd fd = writer.publish();
  const FrameRing ring(fd);
  std::atomic<std::uint64_t> announced = 0;
  std::atomic<bool> stop = false;
  std::thread bridge([&] {
    float * ego = writer.floats(0, "ego");
    auto * generation = reinterpret_cast<std::uint64_t *>(writer.slot(0));
    for (std::uint64_t frame = 1; !stop; ++frame) {
      wire::SlotHeader head = {2 * frame - 1, frame, 0.0, 1, {}};
      __atomic_store_n(generation, head.generation, __ATOMIC_RELAXED);
      std::atomic_thread_fence(std::memory_order_release);
      std::memcpy(writer.slot(0) + 8, reinterpret_cast<const char *>(&head) + 8, sizeof(head) - 8);
      for (std::size_t i = 0; i < 16 * RingWriter::kEgo; ++i) {
        const volatile auto value = static_cast<float>(frame % 1000000);
        ego[i] = value;
      }
      __atomic_store_n(generation, 2 * frame, __ATOMIC_RELEASE);
      announced = frame;
      for (volatile int pause = 0; pause < 400; pause = pause + 1) {
      }
    }
  });
  int whole = 0;
  int torn = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::vector<float> seen(16 * RingWriter::kEgo);
  while ((whole < 2000 || torn < 2000) && std::chrono::steady_clock::now() < deadline) {
    try {
      const FrameView view = ring.read(0, announced);
      for (std::size_t i = seen.size(); i-- > 0;) {  // slowly, and towards the writer
        seen[i] = static_cast<const volatile float *>(view.ego)[i];
      }
      if (!ring.unchanged(view)) {
        throw FrameError("torn");
      }
      ++whole;
      const auto number = static_cast<float>(view.frame % 1000000);
      if (std::any_of(seen.begin(), seen.end(), [number](float value) { return value != number; })) {
        ADD_FAILURE() << "frame " << view.frame << " was read half";
        break;
      }
    } catch (const FrameError &) {
      ++torn;
    }
  }
  stop = true;
  bridge.join();
  EXPECT_GT(whole, 0);
  EXPECT_GT(torn, 0);
}

TEST(FrameRing, RefusesSlotsAndTimesThatMakeNoSense)
{
  RingWriter writer(1, 1, 2);
  const UniqueFd fd = writer.publish();
  const FrameRing ring(fd);
  EXPECT_THROW(ring.read(2, 0), std::out_of_range);
  for (const double time : {-1.0, std::numeric_limits<double>::quiet_NaN(), 1e10}) {
    writer.begin(0);
    writer.finish(0, 1, time);
    EXPECT_THROW(ring.read(0, 1), FrameError) << time;
  }
}

TEST(FrameRing, IgnoresArraysItDoesNotKnow)
{
  RingWriter writer;
  std::uint64_t offset = writer.header.slot_bytes;
  writer.add("lidar", 1, {4, 4}, offset);
  writer.header.array_count += 1;
  writer.header.header_bytes += 64;
  writer.header.slot_bytes = offset;
  writer.bytes = writer.header.header_bytes + writer.header.slot_count * offset;
  EXPECT_EQ(refusal(writer), "");
}

TEST(FrameRing, RefusesDescriptorsThatAreNoRing)
{
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  EXPECT_THROW(FrameRing{null}, std::runtime_error);
  EXPECT_THROW(FrameRing{UniqueFd()}, std::runtime_error);
  RingWriter unsealed;
  unsealed.sealed = false;
  EXPECT_NE(refusal(unsealed).find("F_SEAL_SHRINK"), std::string::npos);
}

struct Corruption
{
  const char * name;
  const char * said;  // what the refusal must mention
  std::function<void(RingWriter &)> spoil;
};

std::ostream & operator<<(std::ostream & out, const Corruption & corruption)
{
  return out << corruption.name;
}

class CorruptedRing : public ::testing::TestWithParam<Corruption>
{
};

TEST_P(CorruptedRing, IsRefused)
{
  RingWriter writer;
  GetParam().spoil(writer);
  EXPECT_NE(refusal(writer).find(GetParam().said), std::string::npos) << "said: '" << refusal(writer) << "'";
}

INSTANTIATE_TEST_SUITE_P(
    All, CorruptedRing,
    ::testing::Values(
        Corruption{"magic", "CDRLRING", [](auto & ring) { ring.header.magic[0] = 'X'; }},
        Corruption{"version", "version is 1", [](auto & ring) { ring.header.version = 1; }},
        Corruption{"tiny", "too few", [](auto & ring) { ring.bytes = 32; }},
        Corruption{"header_small", "header_bytes is 64", [](auto & ring) { ring.header.header_bytes = 64; }},
        Corruption{"header_odd", "header_bytes", [](auto & ring) { ring.header.header_bytes += 8; }},
        Corruption{"header_huge", "header_bytes",
                   [](auto & ring) { ring.header.header_bytes = 0xFFFFFFC0U; }},
        Corruption{"slot_odd", "slot_bytes", [](auto & ring) { ring.header.slot_bytes += 1; }},
        Corruption{"slot_huge", "slot_bytes",
                   [](auto & ring) { ring.header.slot_bytes = ~std::uint64_t{63}; }},
        Corruption{"no_slots", "slot_count is 0", [](auto & ring) { ring.header.slot_count = 0; }},
        Corruption{"truncated", "size needed", [](auto & ring) { ring.bytes -= 64; }},
        Corruption{"too_many_slots", "size needed", [](auto & ring) { ring.header.slot_count = 3; }},
        Corruption{"no_agents", "num_agents is 0", [](auto & ring) { ring.header.num_agents = 0; }},
        Corruption{"other_agents", "shape is [2, 20]", [](auto & ring) { ring.header.num_agents = 3; }},
        Corruption{"step_zero", "step_s", [](auto & ring) { ring.header.step_s = 0.0; }},
        Corruption{"step_nan", "step_s",
                   [](auto & ring) { ring.header.step_s = std::numeric_limits<double>::quiet_NaN(); }},
        Corruption{"array_count", "array_count", [](auto & ring) { ring.header.array_count = 1000; }},
        Corruption{"missing", "'status' is missing", [](auto & ring) { ring.array("status").name[0] = 'S'; }},
        Corruption{"twice", "'ego' is there twice",
                   [](auto & ring) { std::memcpy(ring.array("route").name, "ego\0\0\0", 6); }},
        Corruption{"endless_name", "without an end",
                   [](auto & ring) { std::memset(ring.array("ego").name, 'a', 24); }},
        Corruption{"dtype_unknown", "dtype is 9", [](auto & ring) { ring.array("ego").dtype = 9; }},
        Corruption{"dtype_wrong", "dtype is 2", [](auto & ring) { ring.array("ego").dtype = 2; }},
        Corruption{"ndim_unknown", "ndim is 5", [](auto & ring) { ring.array("ego").ndim = 5; }},
        Corruption{"ndim_wrong", "ndim is 3",
                   [](auto & ring) {
                     ring.array("ego").ndim = 3;
                     ring.array("ego").shape[2] = 1;
                   }},
        Corruption{"columns", "shape is [2, 19]", [](auto & ring) { ring.array("ego").shape[1] = 19; }},
        Corruption{"offset_head", "offset is 0", [](auto & ring) { ring.array("ego").offset = 0; }},
        Corruption{"offset_odd", "offset is 65", [](auto & ring) { ring.array("ego").offset = 65; }},
        Corruption{"offset_far", "do not fit",
                   [](auto & ring) { ring.array("status").offset = ring.header.slot_bytes; }},
        Corruption{"offset_wraps", "do not fit",
                   [](auto & ring) { ring.array("status").offset = ~std::uint64_t{63}; }},
        Corruption{"shape_wraps", "do not fit",
                   [](auto & ring) {
                     ring.array("route").shape[0] = 0xFFFFFFFFU;
                     ring.array("route").shape[1] = 0xFFFFFFFFU;
                     ring.array("route").shape[2] = 0xFFFFFFFFU;
                   }}),
    [](const auto & tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace carla_gateway
