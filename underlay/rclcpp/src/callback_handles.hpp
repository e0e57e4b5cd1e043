// SPDX-License-Identifier: Apache-2.0
#ifndef CALLBACK_HANDLES_HPP_
#define CALLBACK_HANDLES_HPP_

#include <algorithm>
#include <list>
#include <memory>
#include <stdexcept>
#include <utility>

#include "rclcpp/exceptions/exceptions.hpp"
#include "weak_list.hpp"

namespace rclcpp::detail
{

/// Forbids changes from inside of callbacks while it lives.
class NoRecursion
{
 public:
  explicit NoRecursion(bool & enabled) : enabled_(enabled)
  {
    if (!enabled_) {
      throw exceptions::ParameterModifiedInCallbackException(
          "cannot set or declare a parameter, or change the callback from within a parameter callback");
    }
    enabled_ = false;
  }
  ~NoRecursion() { enabled_ = true; }
  NoRecursion(const NoRecursion &) = delete;
  NoRecursion & operator=(const NoRecursion &) = delete;

 private:
  bool & enabled_;
};

/// Register a callback as long as its handle lives. The newest is asked first.
template <class Handle>
std::shared_ptr<Handle> add_handle(std::list<std::weak_ptr<Handle>> & list, Handle && content)
{
  auto handle = std::make_shared<Handle>(std::move(content));
  list.push_front(handle);
  return handle;
}

/// \throws std::runtime_error if it is not in the list
template <class Handle>
void remove_handle(std::list<std::weak_ptr<Handle>> & list, const Handle * handle)
{
  const auto found = std::find_if(list.begin(), list.end(),
                                  [handle](const auto & weak) { return weak.lock().get() == handle; });
  if (!handle || found == list.end()) {
    throw std::runtime_error("Callback doesn't exist");
  }
  list.erase(found);
}

}  // namespace rclcpp::detail

#endif  // CALLBACK_HANDLES_HPP_
