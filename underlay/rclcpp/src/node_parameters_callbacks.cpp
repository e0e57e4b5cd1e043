// SPDX-License-Identifier: Apache-2.0
// Who is asked and told when parameters change.
#include <utility>

#include "callback_handles.hpp"
#include "rclcpp/node_interfaces/node_parameters_interface.hpp"

namespace rclcpp::node_interfaces
{

PreSetParametersCallbackHandle::SharedPtr NodeParametersInterface::add_pre_set_parameters_callback(
    PreSetParametersCallbackHandle::PreSetParametersCallbackType callback)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const detail::NoRecursion guard(modification_enabled_);
  return detail::add_handle(pre_set_, PreSetParametersCallbackHandle{std::move(callback)});
}

OnSetParametersCallbackHandle::SharedPtr NodeParametersInterface::add_on_set_parameters_callback(
    OnSetParametersCallbackHandle::OnSetParametersCallbackType callback)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const detail::NoRecursion guard(modification_enabled_);
  return detail::add_handle(on_set_, OnSetParametersCallbackHandle{std::move(callback)});
}

PostSetParametersCallbackHandle::SharedPtr NodeParametersInterface::add_post_set_parameters_callback(
    PostSetParametersCallbackHandle::PostSetParametersCallbackType callback)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const detail::NoRecursion guard(modification_enabled_);
  return detail::add_handle(post_set_, PostSetParametersCallbackHandle{std::move(callback)});
}

void NodeParametersInterface::remove_pre_set_parameters_callback(
    const PreSetParametersCallbackHandle * handle)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const detail::NoRecursion guard(modification_enabled_);
  detail::remove_handle(pre_set_, handle);
}

void NodeParametersInterface::remove_on_set_parameters_callback(const OnSetParametersCallbackHandle * handle)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const detail::NoRecursion guard(modification_enabled_);
  detail::remove_handle(on_set_, handle);
}

void NodeParametersInterface::remove_post_set_parameters_callback(
    const PostSetParametersCallbackHandle * handle)
{
  const std::lock_guard<std::recursive_mutex> lock(mutex_);
  const detail::NoRecursion guard(modification_enabled_);
  detail::remove_handle(post_set_, handle);
}

}  // namespace rclcpp::node_interfaces
