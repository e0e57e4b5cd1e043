// SPDX-License-Identifier: Apache-2.0
#ifndef CONVERSION_HPP_
#define CONVERSION_HPP_

#include <opencv2/core.hpp>
#include <string>

namespace cv_bridge
{

/// Pixels of one encoding as those of another; a copy in any case. Throws Exception when there is no such
/// conversion.
cv::Mat converted(const cv::Mat & image, const std::string & before, const std::string & after);

}  // namespace cv_bridge

#endif  // CONVERSION_HPP_
