// SPDX-License-Identifier: Apache-2.0
#include "rclcpp/node_options.hpp"

#include <utility>

#include "rcl_arguments.hpp"
#include "rclcpp/exceptions/exceptions.hpp"

namespace rclcpp
{

std::shared_ptr<rcl_node_options_t> NodeOptions::make_rcl_node_options() const
{
  std::shared_ptr<rcl_node_options_t> options(new rcl_node_options_t(rcl_node_get_default_options()),
                                              [](rcl_node_options_t * raw) {
                                                if (rcl_node_options_fini(raw) != RCL_RET_OK) {
                                                  rcl_reset_error();
                                                }
                                                delete raw;
                                              });
  options->allocator = allocator_;
  options->use_global_arguments = use_global_arguments_;
  options->enable_rosout = enable_rosout_;
  options->rosout_qos = rosout_qos_.get_rmw_qos_profile();
  std::vector<const char *> argv;
  for (const auto & argument : arguments_) {
    argv.push_back(argument.c_str());
  }
  const int argc = static_cast<int>(argv.size());
  const rcl_ret_t ret =
      rcl_parse_arguments(argc, argv.empty() ? nullptr : argv.data(), allocator_, &options->arguments);
  if (ret != RCL_RET_OK) {
    exceptions::throw_from_rcl_error(ret, "failed to parse arguments");
  }
  auto unknown = detail::unparsed_ros_arguments(argc, argv.data(), options->arguments);
  if (!unknown.empty()) {
    throw exceptions::UnknownROSArgsError(std::move(unknown));
  }
  return options;
}

}  // namespace rclcpp
