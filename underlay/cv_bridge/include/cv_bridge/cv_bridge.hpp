// SPDX-License-Identifier: Apache-2.0
#ifndef CV_BRIDGE__CV_BRIDGE_HPP_
#define CV_BRIDGE__CV_BRIDGE_HPP_

#include <memory>
#include <opencv2/core.hpp>
#include <sensor_msgs/image_encodings.hpp>
#include <sensor_msgs/msg/compressed_image.hpp>
#include <sensor_msgs/msg/image.hpp>
#include <std_msgs/msg/header.hpp>
#include <stdexcept>
#include <string>

namespace cv_bridge
{

/// An image that cannot be converted as asked.
class Exception : public std::runtime_error
{
 public:
  explicit Exception(const std::string & description) : std::runtime_error(description) {}
};

/// Formats of compressed images; what OpenCV was built with can be used.
enum Format
{
  BMP,
  DIB,
  JPG,
  JPEG,
  JPE,
  JP2,
  PNG,
  PBM,
  PGM,
  PPM,
  SR,
  RAS,
  TIFF,
  TIF
};

class CvImage;
using CvImagePtr = std::shared_ptr<CvImage>;
using CvImageConstPtr = std::shared_ptr<CvImage const>;

/// Pixels with the header and the encoding of a message.
class CvImage
{
 public:
  using Ptr = std::shared_ptr<CvImage>;
  using ConstPtr = std::shared_ptr<CvImage const>;

  CvImage() = default;
  CvImage(const std_msgs::msg::Header & header, const std::string & encoding,
          const cv::Mat & image = cv::Mat());

  std_msgs::msg::Header header;
  std::string encoding;
  cv::Mat image;

  /// Copy into a message.
  sensor_msgs::msg::Image::SharedPtr toImageMsg() const;
  void toImageMsg(sensor_msgs::msg::Image & ros_image) const;
  /// Compress into a message. Colours are written as OpenCV reads them: blue first.
  sensor_msgs::msg::CompressedImage::SharedPtr toCompressedImageMsg(Format dst_format = JPG) const;
  void toCompressedImageMsg(sensor_msgs::msg::CompressedImage & ros_image, Format dst_format = JPG) const;

 protected:
  /// Keeps alive what the pixels belong to.
  std::shared_ptr<void const> tracked_object_;

  friend CvImageConstPtr toCvShare(const sensor_msgs::msg::Image & source,
                                   const std::shared_ptr<void const> & tracked_object,
                                   const std::string & encoding);
};

/// Copy the pixels of a message, into another encoding where one is named.
/// Throws Exception when the message is not sound or there is no such conversion.
CvImagePtr toCvCopy(const sensor_msgs::msg::Image::ConstSharedPtr & source,
                    const std::string & encoding = std::string());
CvImagePtr toCvCopy(const sensor_msgs::msg::Image & source, const std::string & encoding = std::string());
CvImagePtr toCvCopy(const sensor_msgs::msg::CompressedImage::ConstSharedPtr & source,
                    const std::string & encoding = std::string());
CvImagePtr toCvCopy(const sensor_msgs::msg::CompressedImage & source,
                    const std::string & encoding = std::string());

/// Use the pixels of a message without a copy where the encoding and the order of bytes allow it, else copy.
/// The result must not be written to. `tracked_object` is kept as long as the result.
CvImageConstPtr toCvShare(const sensor_msgs::msg::Image::ConstSharedPtr & source,
                          const std::string & encoding = std::string());
CvImageConstPtr toCvShare(const sensor_msgs::msg::Image & source,
                          const std::shared_ptr<void const> & tracked_object,
                          const std::string & encoding = std::string());

/// Convert to another encoding.
CvImagePtr cvtColor(const CvImageConstPtr & source, const std::string & encoding);

/// OpenCV's type of the pixels of an encoding, e.g. CV_8UC3. Throws Exception when it is unknown.
int getCvType(const std::string & encoding);

}  // namespace cv_bridge

#endif  // CV_BRIDGE__CV_BRIDGE_HPP_
