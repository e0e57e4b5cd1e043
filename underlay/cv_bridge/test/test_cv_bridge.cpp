// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>

#include "cv_bridge/cv_bridge.hpp"

namespace
{

sensor_msgs::msg::Image image(const std::string & encoding, std::uint32_t width, std::uint32_t height,
                              std::vector<std::uint8_t> data)
{
  sensor_msgs::msg::Image message;
  message.header.frame_id = "camera";
  message.encoding = encoding;
  message.width = width;
  message.height = height;
  message.step = static_cast<std::uint32_t>(data.size() / height);
  message.data = std::move(data);
  return message;
}

TEST(CvBridge, CopiesAndConverts)
{
  const auto source = image("rgb8", 2, 1, {1, 2, 3, 4, 5, 6});
  const auto copy = cv_bridge::toCvCopy(source, "bgr8");
  EXPECT_EQ(copy->encoding, "bgr8");
  EXPECT_EQ(copy->header.frame_id, "camera");
  EXPECT_EQ(copy->image.at<cv::Vec3b>(0, 0), cv::Vec3b(3, 2, 1));
  EXPECT_EQ(copy->image.at<cv::Vec3b>(0, 1), cv::Vec3b(6, 5, 4));
  EXPECT_NE(cv_bridge::toCvCopy(source)->image.data, source.data.data());
}

TEST(CvBridge, SharesAndKeepsTheMessage)
{
  auto message = std::make_shared<sensor_msgs::msg::Image>(image("mono8", 2, 2, {1, 2, 0, 3, 4, 0}));
  const std::weak_ptr<sensor_msgs::msg::Image> watched = message;
  const std::uint8_t * const data = message->data.data();
  auto shared = cv_bridge::toCvShare(sensor_msgs::msg::Image::ConstSharedPtr(message));
  message.reset();
  EXPECT_FALSE(watched.expired());
  EXPECT_EQ(shared->image.data, data);
  EXPECT_EQ(shared->image.at<std::uint8_t>(1, 0), 3);  // rows end with a byte that is no pixel
  shared.reset();
  EXPECT_TRUE(watched.expired());
}

TEST(CvBridge, TurnsBytesRound)
{
  auto source = image("mono16", 2, 1, {1, 2, 3, 4});
  source.is_bigendian = 1;
  const auto copy = cv_bridge::toCvShare(source, nullptr);
  EXPECT_EQ(copy->image.at<std::uint16_t>(0, 0), 0x0102);
  EXPECT_EQ(copy->image.at<std::uint16_t>(0, 1), 0x0304);
}

TEST(CvBridge, ScalesDepths)
{
  const auto source = image("mono8", 2, 1, {0, 255});
  const auto copy = cv_bridge::toCvCopy(source, "mono16");
  EXPECT_EQ(copy->image.at<std::uint16_t>(0, 1), 65535);
  EXPECT_EQ(cv_bridge::cvtColor(copy, "mono8")->image.at<std::uint8_t>(0, 1), 255);
}

TEST(CvBridge, GoesThereAndBack)
{
  const auto source = image("bgr8", 2, 2, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const auto message = cv_bridge::toCvCopy(source)->toImageMsg();
  EXPECT_EQ(message->data, source.data);
  EXPECT_EQ(message->step, 6U);
  const auto png = cv_bridge::toCvCopy(source)->toCompressedImageMsg(cv_bridge::PNG);
  EXPECT_EQ(png->format, "png");
  EXPECT_EQ(cv_bridge::toCvCopy(*png)->toImageMsg()->data, source.data);
}

TEST(CvBridge, RefusesWhatMakesNoSense)
{
  EXPECT_EQ(cv_bridge::getCvType("16UC1"), CV_16UC1);
  EXPECT_THROW(cv_bridge::getCvType("rgb9"), cv_bridge::Exception);
  EXPECT_THROW(cv_bridge::toCvCopy(image("8UC3", 1, 1, {1, 2, 3}), "bgr8"), cv_bridge::Exception);
  EXPECT_THROW(cv_bridge::toCvCopy(image("bgr8", 2, 1, {1, 2, 3})), cv_bridge::Exception);
  sensor_msgs::msg::CompressedImage broken;
  broken.data = {1, 2, 3};
  EXPECT_THROW(cv_bridge::toCvCopy(broken), cv_bridge::Exception);
}

}  // namespace
