// SPDX-License-Identifier: Apache-2.0
#ifndef WEAK_LIST_HPP_
#define WEAK_LIST_HPP_

#include <memory>
#include <utility>
#include <vector>

namespace rclcpp::detail
{

/// What is alive of a list of weak pointers; the list forgets the rest.
template <class List>
auto live(List & list)
{
  std::vector<std::shared_ptr<typename List::value_type::element_type>> result;
  for (auto it = list.begin(); it != list.end();) {
    if (auto entry = it->lock()) {
      result.push_back(std::move(entry));
      ++it;
    } else {
      it = list.erase(it);
    }
  }
  return result;
}

}  // namespace rclcpp::detail

#endif  // WEAK_LIST_HPP_
