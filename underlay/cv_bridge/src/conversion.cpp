// SPDX-License-Identifier: Apache-2.0
#include "conversion.hpp"

#include <array>
#include <map>
#include <opencv2/imgproc.hpp>
#include <regex>
#include <utility>

#include "cv_bridge/cv_bridge.hpp"

namespace cv_bridge
{
namespace
{

/// What the pixels of an image are. `color` is empty where the encoding does not say.
struct Encoding
{
  int depth;
  int channels;
  std::string color;
};

using Codes = std::map<std::pair<std::string, std::string>, int>;

const std::array<std::pair<const char *, int>, 7> kDepths{{{"8U", CV_8U},
                                                           {"8S", CV_8S},
                                                           {"16U", CV_16U},
                                                           {"16S", CV_16S},
                                                           {"32S", CV_32S},
                                                           {"32F", CV_32F},
                                                           {"64F", CV_64F}}};

int channels_of(const std::string & color)
{
  return color == "rgb" || color == "bgr" ? 3 : color == "rgba" || color == "bgra" ? 4 : 1;
}

Encoding parse(const std::string & encoding)
{
  if (encoding == "yuv422" || encoding == "uyvy") {
    return {CV_8U, 2, "uyvy"};
  }
  if (encoding == "yuv422_yuy2" || encoding == "yuyv") {
    return {CV_8U, 2, "yuyv"};
  }
  std::smatch found;
  static const std::regex kColor("(mono|rgba?|bgra?|bayer_(?:rggb|bggr|gbrg|grbg))(8|16)");
  if (std::regex_match(encoding, found, kColor)) {
    return {found[2] == "8" ? CV_8U : CV_16U, channels_of(found[1]), found[1]};
  }
  static const std::regex kGeneric("(8U|8S|16U|16S|32S|32F|64F)(?:C([0-9]{1,3}))?");
  if (std::regex_match(encoding, found, kGeneric)) {
    const int channels = found[2].matched ? std::stoi(found[2]) : 1;
    for (const auto & [name, depth] : kDepths) {
      if (found[1] == name && channels >= 1 && channels <= CV_CN_MAX) {
        return {depth, channels, ""};
      }
    }
  }
  throw Exception("Unrecognized image encoding [" + encoding + "]");
}

const Codes & codes()
{
  // OpenCV names a Bayer pattern after its second row and column, messages after the first.
  static const Codes kCodes{
      {{"mono", "rgb"}, cv::COLOR_GRAY2RGB},
      {{"mono", "bgr"}, cv::COLOR_GRAY2BGR},
      {{"mono", "rgba"}, cv::COLOR_GRAY2RGBA},
      {{"mono", "bgra"}, cv::COLOR_GRAY2BGRA},
      {{"rgb", "mono"}, cv::COLOR_RGB2GRAY},
      {{"rgb", "bgr"}, cv::COLOR_RGB2BGR},
      {{"rgb", "rgba"}, cv::COLOR_RGB2RGBA},
      {{"rgb", "bgra"}, cv::COLOR_RGB2BGRA},
      {{"bgr", "mono"}, cv::COLOR_BGR2GRAY},
      {{"bgr", "rgb"}, cv::COLOR_BGR2RGB},
      {{"bgr", "rgba"}, cv::COLOR_BGR2RGBA},
      {{"bgr", "bgra"}, cv::COLOR_BGR2BGRA},
      {{"rgba", "mono"}, cv::COLOR_RGBA2GRAY},
      {{"rgba", "rgb"}, cv::COLOR_RGBA2RGB},
      {{"rgba", "bgr"}, cv::COLOR_RGBA2BGR},
      {{"rgba", "bgra"}, cv::COLOR_RGBA2BGRA},
      {{"bgra", "mono"}, cv::COLOR_BGRA2GRAY},
      {{"bgra", "rgb"}, cv::COLOR_BGRA2RGB},
      {{"bgra", "bgr"}, cv::COLOR_BGRA2BGR},
      {{"bgra", "rgba"}, cv::COLOR_BGRA2RGBA},
      {{"uyvy", "mono"}, cv::COLOR_YUV2GRAY_UYVY},
      {{"uyvy", "rgb"}, cv::COLOR_YUV2RGB_UYVY},
      {{"uyvy", "bgr"}, cv::COLOR_YUV2BGR_UYVY},
      {{"uyvy", "rgba"}, cv::COLOR_YUV2RGBA_UYVY},
      {{"uyvy", "bgra"}, cv::COLOR_YUV2BGRA_UYVY},
      {{"yuyv", "mono"}, cv::COLOR_YUV2GRAY_YUY2},
      {{"yuyv", "rgb"}, cv::COLOR_YUV2RGB_YUY2},
      {{"yuyv", "bgr"}, cv::COLOR_YUV2BGR_YUY2},
      {{"yuyv", "rgba"}, cv::COLOR_YUV2RGBA_YUY2},
      {{"yuyv", "bgra"}, cv::COLOR_YUV2BGRA_YUY2},
      {{"bayer_rggb", "mono"}, cv::COLOR_BayerBG2GRAY},
      {{"bayer_rggb", "rgb"}, cv::COLOR_BayerBG2RGB},
      {{"bayer_rggb", "bgr"}, cv::COLOR_BayerBG2BGR},
      {{"bayer_bggr", "mono"}, cv::COLOR_BayerRG2GRAY},
      {{"bayer_bggr", "rgb"}, cv::COLOR_BayerRG2RGB},
      {{"bayer_bggr", "bgr"}, cv::COLOR_BayerRG2BGR},
      {{"bayer_gbrg", "mono"}, cv::COLOR_BayerGR2GRAY},
      {{"bayer_gbrg", "rgb"}, cv::COLOR_BayerGR2RGB},
      {{"bayer_gbrg", "bgr"}, cv::COLOR_BayerGR2BGR},
      {{"bayer_grbg", "mono"}, cv::COLOR_BayerGB2GRAY},
      {{"bayer_grbg", "rgb"}, cv::COLOR_BayerGB2RGB},
      {{"bayer_grbg", "bgr"}, cv::COLOR_BayerGB2BGR},
  };
  return kCodes;
}

/// Colours of 8 bits become those of 16 and the other way round; all else keeps its value.
cv::Mat rescaled(const cv::Mat & image, int depth)
{
  const std::size_t before = CV_ELEM_SIZE1(image.type());
  const std::size_t after = CV_ELEM_SIZE1(CV_MAKETYPE(depth, 1));
  const double factor = before == 1 && after == 2   ? 65535.0 / 255.0
                        : before == 2 && after == 1 ? 255.0 / 65535.0
                                                    : 1.0;
  cv::Mat result;
  image.convertTo(result, depth, factor);
  return result;
}

}  // namespace

int getCvType(const std::string & encoding)
{
  const Encoding meaning = parse(encoding);
  return CV_MAKETYPE(meaning.depth, meaning.channels);
}

cv::Mat converted(const cv::Mat & image, const std::string & before, const std::string & after)
{
  if (after.empty() || before == after) {
    return image.clone();
  }
  const Encoding source = parse(before);
  const Encoding target = parse(after);
  if (source.color.empty() && !target.color.empty()) {
    throw Exception("[" + before + "] is not a color format. but [" + after +
                    "] is. The conversion does not make sense");
  }
  if (target.color.empty() && source.channels != target.channels) {
    throw Exception("[" + before + "] and [" + after + "] do not have the same number of channels");
  }
  cv::Mat colored = image;
  if (!source.color.empty() && !target.color.empty() && source.color != target.color) {
    const auto code = codes().find({source.color, target.color});
    if (code == codes().end()) {
      throw Exception("Unsupported conversion from [" + before + "] to [" + after + "]");
    }
    cv::cvtColor(image, colored, code->second);
  }
  return colored.depth() == target.depth ? (colored.data == image.data ? colored.clone() : colored)
                                         : rescaled(colored, target.depth);
}

}  // namespace cv_bridge
