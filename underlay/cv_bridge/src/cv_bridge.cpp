// SPDX-License-Identifier: Apache-2.0
#include "cv_bridge/cv_bridge.hpp"

#include <algorithm>
#include <cstring>
#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "conversion.hpp"

namespace cv_bridge
{
namespace
{

bool is_big_endian()
{
  const std::uint16_t one = 1;
  std::uint8_t first = 0;
  std::memcpy(&first, &one, 1);
  return first == 0;
}

bool needs_swap(const sensor_msgs::msg::Image & source, std::size_t value_bytes)
{
  return value_bytes > 1 && (source.is_bigendian != 0) != is_big_endian();
}

/// The pixels of a message where they are. Throws Exception when it is not sound.
cv::Mat view_of(const sensor_msgs::msg::Image & source)
{
  const int type = getCvType(source.encoding);
  const std::size_t row = source.width * static_cast<std::size_t>(CV_ELEM_SIZE(type));
  if (source.step < row) {
    throw Exception("Image is wrongly formed: a step of " + std::to_string(source.step) +
                    " bytes is less than " + std::to_string(row) + " for " + std::to_string(source.width) +
                    " pixels of " + source.encoding);
  }
  if (static_cast<std::size_t>(source.height) * source.step != source.data.size()) {
    throw Exception("Image is wrongly formed: " + std::to_string(source.height) + " rows of " +
                    std::to_string(source.step) + " bytes are not " + std::to_string(source.data.size()));
  }
  if (source.data.empty()) {
    return cv::Mat(static_cast<int>(source.height), static_cast<int>(source.width), type);
  }
  return cv::Mat(static_cast<int>(source.height), static_cast<int>(source.width), type,
                 const_cast<std::uint8_t *>(source.data.data()), source.step);
}

cv::Mat swapped(const cv::Mat & image)
{
  cv::Mat result = image.clone();
  const std::size_t bytes = result.elemSize1();
  std::uint8_t * const begin = result.data;
  std::uint8_t * const end = begin + result.total() * result.elemSize();
  for (std::uint8_t * value = begin; value != end; value += bytes) {
    std::reverse(value, value + bytes);
  }
  return result;
}

const char * ending(Format format)
{
  switch (format) {
    case BMP:
      return "bmp";
    case DIB:
      return "dib";
    case JPG:
      return "jpg";
    case JPEG:
      return "jpeg";
    case JPE:
      return "jpe";
    case JP2:
      return "jp2";
    case PNG:
      return "png";
    case PBM:
      return "pbm";
    case PGM:
      return "pgm";
    case PPM:
      return "ppm";
    case SR:
      return "sr";
    case RAS:
      return "ras";
    case TIFF:
      return "tiff";
    case TIF:
      return "tif";
  }
  throw Exception("Unrecognized image format");
}

std::string encoding_of(const cv::Mat & decoded)
{
  const std::string bits = decoded.depth() == CV_16U ? "16" : "8";
  switch (decoded.channels()) {
    case 1:
      return "mono" + bits;
    case 3:
      return "bgr" + bits;
    case 4:
      return "bgra" + bits;
    default:
      throw Exception("a decoded image has " + std::to_string(decoded.channels()) +
                      " channels; allowed: 1, 3 or 4");
  }
}

}  // namespace

CvImage::CvImage(const std_msgs::msg::Header & header_, const std::string & encoding_, const cv::Mat & image_)
    : header(header_), encoding(encoding_), image(image_)
{
}

sensor_msgs::msg::Image::SharedPtr CvImage::toImageMsg() const
{
  auto message = std::make_shared<sensor_msgs::msg::Image>();
  toImageMsg(*message);
  return message;
}

void CvImage::toImageMsg(sensor_msgs::msg::Image & ros_image) const
{
  ros_image.header = header;
  ros_image.height = static_cast<std::uint32_t>(image.rows);
  ros_image.width = static_cast<std::uint32_t>(image.cols);
  ros_image.encoding = encoding;
  ros_image.is_bigendian = is_big_endian();
  const std::size_t row = static_cast<std::size_t>(image.cols) * image.elemSize();
  ros_image.step = static_cast<std::uint32_t>(row);
  ros_image.data.resize(row * static_cast<std::size_t>(image.rows));
  for (int i = 0; i < image.rows && row > 0; ++i) {
    std::memcpy(ros_image.data.data() + static_cast<std::size_t>(i) * row, image.ptr(i), row);
  }
}

sensor_msgs::msg::CompressedImage::SharedPtr CvImage::toCompressedImageMsg(Format dst_format) const
{
  auto message = std::make_shared<sensor_msgs::msg::CompressedImage>();
  toCompressedImageMsg(*message, dst_format);
  return message;
}

void CvImage::toCompressedImageMsg(sensor_msgs::msg::CompressedImage & ros_image, Format dst_format) const
{
  const bool readable =
      encoding == "bgr8" || encoding == "bgra8" || encoding == "mono8" || encoding == "mono16";
  const bool alpha = encoding.rfind("rgba", 0) == 0 || encoding.rfind("bgra", 0) == 0;
  const cv::Mat written = readable ? image : converted(image, encoding, alpha ? "bgra8" : "bgr8");
  ros_image.header = header;
  ros_image.format = ending(dst_format);
  if (!cv::imencode("." + ros_image.format, written, ros_image.data)) {
    throw Exception("OpenCV cannot write the image as " + ros_image.format);
  }
}

CvImagePtr toCvCopy(const sensor_msgs::msg::Image::ConstSharedPtr & source, const std::string & encoding)
{
  return toCvCopy(*source, encoding);
}

CvImagePtr toCvCopy(const sensor_msgs::msg::Image & source, const std::string & encoding)
{
  const cv::Mat view = view_of(source);
  const cv::Mat native = needs_swap(source, view.elemSize1()) ? swapped(view) : view;
  return std::make_shared<CvImage>(source.header, encoding.empty() ? source.encoding : encoding,
                                   converted(native, source.encoding, encoding));
}

CvImagePtr toCvCopy(const sensor_msgs::msg::CompressedImage::ConstSharedPtr & source,
                    const std::string & encoding)
{
  return toCvCopy(*source, encoding);
}

CvImagePtr toCvCopy(const sensor_msgs::msg::CompressedImage & source, const std::string & encoding)
{
  const cv::Mat decoded = source.data.empty() ? cv::Mat() : cv::imdecode(source.data, cv::IMREAD_UNCHANGED);
  if (decoded.empty()) {
    throw Exception("OpenCV cannot decode the image of format '" + source.format + "'");
  }
  const std::string before = encoding_of(decoded);
  return std::make_shared<CvImage>(source.header, encoding.empty() ? before : encoding,
                                   converted(decoded, before, encoding));
}

CvImageConstPtr toCvShare(const sensor_msgs::msg::Image::ConstSharedPtr & source,
                          const std::string & encoding)
{
  return toCvShare(*source, source, encoding);
}

CvImageConstPtr toCvShare(const sensor_msgs::msg::Image & source,
                          const std::shared_ptr<void const> & tracked_object, const std::string & encoding)
{
  const cv::Mat view = view_of(source);
  if ((!encoding.empty() && encoding != source.encoding) || needs_swap(source, view.elemSize1())) {
    return toCvCopy(source, encoding);
  }
  auto shared = std::make_shared<CvImage>(source.header, source.encoding, view);
  shared->tracked_object_ = tracked_object;
  return shared;
}

CvImagePtr cvtColor(const CvImageConstPtr & source, const std::string & encoding)
{
  return std::make_shared<CvImage>(source->header, encoding.empty() ? source->encoding : encoding,
                                   converted(source->image, source->encoding, encoding));
}

}  // namespace cv_bridge
