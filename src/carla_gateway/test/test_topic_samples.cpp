// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/topic_samples.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "carla_drl_msgs/msg/frame_layout.hpp"
#include "carla_gateway/sensor_messages.hpp"

namespace carla_gateway
{
namespace
{

using carla_drl_msgs::msg::FrameLayout;
using sensor_msgs::msg::Image;
using sensor_msgs::msg::PointCloud2;
using sensor_msgs::msg::PointField;

TEST(TopicSamples, PicturesKeepTheirOrderOfColours)
{
  Image image;
  image.width = 1;
  image.height = 1;
  image.step = 4;
  image.data = {1, 2, 3, 4};
  for (const char * encoding : {"bgra8", "bgr8", "rgba8", "rgb8"}) {
    image.encoding = encoding;
    const PixelView view = view_of(image);
    const bool reversed = encoding[0] == 'r';
    EXPECT_EQ(view.data[view.red], reversed ? 1 : 3);
    EXPECT_EQ(view.data[view.green], 2);
    EXPECT_EQ(view.data[view.blue], reversed ? 3 : 1);
    EXPECT_EQ(view.pixel_bytes, std::string(encoding).size() - 1);
  }
  image.encoding = "mono8";
  EXPECT_THROW(view_of(image), std::invalid_argument);
  image.encoding = "bgra8";
  image.height = 2;
  EXPECT_THROW(view_of(image), std::invalid_argument);
}

TEST(TopicSamples, CloudsNameTheirFields)
{
  PointCloud2 cloud;
  for (const char * name : {"intensity", "x", "y", "z"}) {
    PointField field;
    field.name = name;
    field.offset = static_cast<std::uint32_t>(4 * cloud.fields.size());
    field.datatype = PointField::FLOAT32;
    cloud.fields.push_back(field);
  }
  cloud.width = 2;
  cloud.height = 1;
  cloud.point_step = 16;
  cloud.data.resize(32);
  const PointView view = view_of(cloud);
  EXPECT_EQ(view.count, 2U);
  EXPECT_EQ(view.x, 4U);
  EXPECT_EQ(view.intensity, 0U);
  cloud.fields[3].datatype = PointField::FLOAT64;
  EXPECT_THROW(view_of(cloud), std::invalid_argument);
  cloud.fields[3].datatype = PointField::FLOAT32;
  cloud.width = 3;
  EXPECT_THROW(view_of(cloud), std::invalid_argument);
}

TEST(TopicSamples, OdometryGivesTheEgoBackBitForBit)
{
  std::mt19937 random(1);
  std::uniform_real_distribution<float> angle(-3.1F, 3.1F);
  std::uniform_real_distribution<float> small(-0.2F, 0.2F);
  std::uniform_real_distribution<float> metres(-500.0F, 500.0F);
  for (int i = 0; i < 1000; ++i) {
    const float roll = small(random), pitch = small(random), yaw = angle(random);
    nav_msgs::msg::Odometry odometry;
    auto & pose = odometry.pose.pose;
    pose.position.x = static_cast<double>(metres(random));
    pose.orientation =
        quaternion_of(static_cast<double>(roll), static_cast<double>(pitch), static_cast<double>(yaw));
    odometry.twist.twist.angular.z = static_cast<double>(small(random));
    std::vector<float> ego(FrameLayout::NUM_EGO, 9.0F);
    fill_ego(odometry, ego.data());
    EXPECT_EQ(ego[FrameLayout::EGO_X_M], static_cast<float>(pose.position.x));
    EXPECT_EQ(ego[FrameLayout::EGO_ROLL_RAD], roll);
    EXPECT_EQ(ego[FrameLayout::EGO_PITCH_RAD], pitch);
    EXPECT_EQ(ego[FrameLayout::EGO_YAW_RAD], yaw);
    EXPECT_EQ(ego[FrameLayout::EGO_YAW_RATE_RADPS], static_cast<float>(odometry.twist.twist.angular.z));
    EXPECT_EQ(ego[FrameLayout::EGO_THROTTLE], 0.0F);
  }
}

TEST(TopicSamples, VelocityIsTurnedToTheMap)
{
  nav_msgs::msg::Odometry odometry;
  odometry.pose.pose.orientation = quaternion_of(0.0, 0.0, 1.5707963267948966);
  odometry.twist.twist.linear.x = 8.0;
  odometry.twist.twist.linear.y = 1.0;
  std::vector<float> ego(FrameLayout::NUM_EGO);
  fill_ego(odometry, ego.data());
  EXPECT_NEAR(ego[FrameLayout::EGO_VX_MPS], -1.0F, 1e-6F);
  EXPECT_NEAR(ego[FrameLayout::EGO_VY_MPS], 8.0F, 1e-6F);
}

TEST(TopicSamples, ObjectsAreAllRoadUsersButTheEgosThatAreObserved)
{
  carla_drl_msgs::msg::RoadObjectArray array;
  const auto add = [&array](std::uint8_t kind, double x, double yaw) {
    carla_drl_msgs::msg::RoadObject object;
    object.kind = kind;
    object.pose.position.x = x;
    object.pose.orientation = quaternion_of(0.0, 0.0, yaw);
    object.velocity.x = x + 1.0;
    object.length = static_cast<float>(x) + 2.0F;
    array.objects.push_back(object);
  };
  add(carla_drl_msgs::msg::RoadObject::KIND_EGO, 10.0, 0.0);
  add(carla_drl_msgs::msg::RoadObject::KIND_EGO, 20.0, 0.5);
  add(carla_drl_msgs::msg::RoadObject::KIND_WALKER, 20.0, -1.5);
  std::vector<float> ego(FrameLayout::NUM_EGO);
  ego[FrameLayout::EGO_X_M] = 10.0F;
  const std::vector<float> rows = objects_of(array, ego);
  EXPECT_EQ(ego[FrameLayout::EGO_LENGTH_M], 12.0F);
  ASSERT_EQ(rows.size(), 2U * FrameLayout::NUM_OBJECT);
  EXPECT_EQ(rows[FrameLayout::OBJECT_KIND], static_cast<float>(FrameLayout::OBJECT_VEHICLE));
  EXPECT_EQ(rows[FrameLayout::OBJECT_YAW_RAD], 0.5F);
  const float * walker = &rows[FrameLayout::NUM_OBJECT];
  EXPECT_EQ(walker[FrameLayout::OBJECT_KIND], static_cast<float>(FrameLayout::OBJECT_WALKER));
  EXPECT_EQ(walker[FrameLayout::OBJECT_X_M], 20.0F);
  EXPECT_EQ(walker[FrameLayout::OBJECT_VX_MPS], 21.0F);
  EXPECT_EQ(walker[FrameLayout::OBJECT_LENGTH_M], 22.0F);
  ego[FrameLayout::EGO_X_M] = 11.0F;
  EXPECT_THROW(objects_of(array, ego), std::invalid_argument);
}

}  // namespace
}  // namespace carla_gateway
