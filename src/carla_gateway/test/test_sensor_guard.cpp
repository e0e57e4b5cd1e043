// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/sensor_guard.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "carla_drl_msgs/msg/fleet_observation.hpp"
#include "carla_drl_msgs/msg/frame_layout.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FleetObservation;
using carla_drl_msgs::msg::FrameLayout;

/// One ego with one sensor, fed frame by frame; it drives a metre per frame unless it stands.
struct Drive
{
  explicit Drive(SensorPolicy policy, std::size_t period = 1)
      : guard(
            [policy] {
              GuardConfig config;
              config.policy = policy;
              return config;
            }(),
            {{"ego0/front", 0, period}}, 0.05),
        ego(FrameLayout::NUM_EGO)
  {
  }

  FrameVerdict next(const Reading & reading, bool keep = true)
  {
    ++frame;
    ego[FrameLayout::EGO_X_M] += stands ? 0.0F : 1.0F;
    FrameVerdict verdict = guard.judge(frame, &reading, ego.data(), &status);
    if (keep) {
      guard.keep();
    }
    status = 0;
    return verdict;
  }
  FrameVerdict fresh() { return next(reading(++digest)); }
  FrameVerdict nothing() { return next({}); }
  static Reading reading(std::uint64_t value)
  {
    Reading result;
    result.there = true;
    result.digest = value;
    return result;
  }
  std::uint64_t faults(SensorFault fault) const
  {
    return guard.counters().faults[static_cast<std::size_t>(fault)];
  }

  SensorGuard guard;
  std::vector<float> ego;
  std::uint8_t status = 0;
  std::uint64_t frame = 100;
  std::uint64_t digest = 0;
  bool stands = false;
};

TEST(SensorGuard, FreshDataAreShown)
{
  Drive drive(SensorPolicy::kAll);
  for (int i = 0; i < 3; ++i) {
    const FrameVerdict verdict = drive.fresh();
    EXPECT_EQ(verdict.fate, FrameFate::kUse);
    EXPECT_EQ(verdict.fault, "");
    EXPECT_EQ(drive.guard.showing(0), Showing::kFresh);
    EXPECT_EQ(drive.guard.age(0), 0U);
  }
  EXPECT_EQ(drive.guard.counters().measurements, 3U);
}

TEST(SensorGuard, AFrameWithoutDueDataCannotBeUsed)
{
  Drive drive(SensorPolicy::kAll);
  EXPECT_EQ(drive.nothing().fate, FrameFate::kUnusable);  // also the first
  drive.fresh();
  const FrameVerdict verdict = drive.nothing();
  EXPECT_EQ(verdict.fate, FrameFate::kUnusable);
  EXPECT_EQ(verdict.fault, "sensor ego0/front is missing");
  EXPECT_EQ(drive.guard.age(0), 1U);
  EXPECT_EQ(drive.fresh().fate, FrameFate::kUse);
  EXPECT_EQ(drive.faults(SensorFault::kMissing), 2U);
  EXPECT_EQ(drive.guard.counters().unusable_frames, 2U);
}

TEST(SensorGuard, OlderDataAreShownWithinTheTolerance)
{
  Drive drive(SensorPolicy::kLatest);  // 0.2 s, four frames
  drive.fresh();
  for (std::uint32_t age = 1; age <= 4; ++age) {
    const FrameVerdict verdict = drive.nothing();
    EXPECT_EQ(verdict.fate, FrameFate::kUse);
    EXPECT_EQ(verdict.fault, "sensor ego0/front is missing");
    EXPECT_EQ(drive.guard.showing(0), Showing::kHeld);
    EXPECT_EQ(drive.guard.age(0), age);
  }
  EXPECT_EQ(drive.nothing().fate, FrameFate::kUnusable);
  EXPECT_EQ(drive.guard.counters().held, 4U);
  EXPECT_EQ(drive.fresh().fate, FrameFate::kUse);
}

TEST(SensorGuard, FramesAreLeftOut)
{
  Drive drive(SensorPolicy::kDrop);
  drive.fresh();
  EXPECT_EQ(drive.nothing().fate, FrameFate::kLeaveOut);
  EXPECT_EQ(drive.guard.counters().left_out_frames, 1U);
}

TEST(SensorGuard, SlowSensorsAreDueOncePerPeriod)
{
  Drive drive(SensorPolicy::kAll, 3);
  drive.fresh();
  EXPECT_EQ(drive.nothing().fault, "");
  EXPECT_EQ(drive.guard.showing(0), Showing::kHeld);
  EXPECT_EQ(drive.nothing().fault, "");
  EXPECT_EQ(drive.guard.age(0), 2U);
  EXPECT_EQ(drive.nothing().fault, "");  // a drift by one frame
  EXPECT_EQ(drive.nothing().fault, "sensor ego0/front is missing");
  drive.fresh();
  Reading missing;
  missing.missing = true;  // who waited for it knows better
  EXPECT_EQ(drive.next(missing).fate, FrameFate::kUnusable);
}

TEST(SensorGuard, TheSameDataFromAnotherPlaceAreFrozen)
{
  Drive drive(SensorPolicy::kLatest);
  drive.fresh();
  const FrameVerdict verdict = drive.next(Drive::reading(drive.digest));
  EXPECT_EQ(verdict.fault, "sensor ego0/front is frozen: the same data again while its ego moves");
  EXPECT_EQ(drive.guard.showing(0), Showing::kHeld);
  EXPECT_EQ(drive.guard.age(0), 1U);  // since it was right
  drive.stands = true;                // does not make it right
  EXPECT_EQ(drive.next(Drive::reading(drive.digest)).fate, FrameFate::kUse);
  EXPECT_EQ(drive.guard.age(0), 2U);
  for (int i = 0; i < 3; ++i) {
    drive.next(Drive::reading(drive.digest));
  }
  EXPECT_EQ(drive.next(Drive::reading(drive.digest)).fate, FrameFate::kUnusable);
  EXPECT_EQ(drive.faults(SensorFault::kFrozen), 6U);
  EXPECT_EQ(drive.fresh().fault, "");
}

TEST(SensorGuard, TheSameDataFromTheSamePlaceAreSound)
{
  Drive drive(SensorPolicy::kAll);
  drive.fresh();
  drive.stands = true;
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(drive.next(Drive::reading(drive.digest)).fault, "");
    EXPECT_EQ(drive.guard.age(0), 0U);
  }
  drive.stands = false;
  drive.ego[FrameLayout::EGO_YAW_RAD] = 0.1F;
  EXPECT_NE(drive.next(Drive::reading(drive.digest)).fault, "");
}

TEST(SensorGuard, BlankDataAreNotShown)
{
  Drive drive(SensorPolicy::kAll);
  drive.fresh();
  Reading blank = Drive::reading(77);
  blank.blank = true;
  const FrameVerdict verdict = drive.next(blank);
  EXPECT_EQ(verdict.fate, FrameFate::kUnusable);
  EXPECT_EQ(verdict.fault, "sensor ego0/front is blank");
  EXPECT_EQ(drive.faults(SensorFault::kBlank), 1U);
}

TEST(SensorGuard, NothingFromBeforeAnEpisodeIsShownInIt)
{
  Drive drive(SensorPolicy::kLatest, 3);
  drive.fresh();
  drive.status = FleetObservation::STATUS_RESET;
  EXPECT_EQ(drive.nothing().fate, FrameFate::kUse);  // not due
  EXPECT_EQ(drive.guard.showing(0), Showing::kBlack);
  EXPECT_EQ(drive.guard.age(0), SensorGuard::kNoAge);
  drive.fresh();
  EXPECT_EQ(drive.guard.showing(0), Showing::kFresh);
  drive.status = FleetObservation::STATUS_RESET;
  Reading missing;
  missing.missing = true;
  EXPECT_EQ(drive.next(missing).fate,
            FrameFate::kUnusable);  // 0.2 s would allow it, but it is of another place
}

TEST(SensorGuard, AFrameThatIsNotKeptDoesNotCount)
{
  Drive drive(SensorPolicy::kAll);
  drive.fresh();
  drive.next(Drive::reading(55), false);
  --drive.frame;
  EXPECT_EQ(drive.next(Drive::reading(55)).fault, "");
  --drive.frame;  // the same frame again
  EXPECT_EQ(drive.next(Drive::reading(55)).fault, "");
  EXPECT_EQ(drive.guard.age(0), 0U);
}

PixelView picture_of(const std::vector<std::uint8_t> & bytes, std::size_t width)
{
  PixelView view;
  view.data = bytes.data();
  view.width = width;
  view.height = bytes.size() / 4 / width;
  view.row_bytes = 4 * width;
  return view;
}

TEST(Inspect, TellsPicturesApart)
{
  std::vector<std::uint8_t> bytes(7 * 5 * 4, 30);
  const Reading blank = inspect(picture_of(bytes, 7));
  EXPECT_TRUE(blank.there);
  EXPECT_TRUE(blank.blank);
  EXPECT_EQ(inspect(picture_of(bytes, 7)).digest, blank.digest);
  for (std::size_t i = 0; i < bytes.size(); ++i) {  // any byte at all
    ++bytes[i];
    const Reading changed = inspect(picture_of(bytes, 7));
    EXPECT_NE(changed.digest, blank.digest) << i;
    EXPECT_FALSE(changed.blank) << i;
    --bytes[i];
  }
  std::vector<std::uint8_t> swapped(bytes);
  swapped[0] = bytes[32] = 1;  // the same bytes in another place
  EXPECT_NE(inspect(picture_of(swapped, 7)).digest, inspect(picture_of(bytes, 7)).digest);
}

TEST(Inspect, AScanWithoutPointsIsBlank)
{
  const std::vector<float> points(4, 1.0F);
  PointView scan;
  scan.data = reinterpret_cast<const std::uint8_t *>(points.data());
  EXPECT_TRUE(inspect(scan).blank);
  scan.count = 1;
  EXPECT_FALSE(inspect(scan).blank);
}

}  // namespace
}  // namespace carla_gateway
