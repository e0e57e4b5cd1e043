// SPDX-License-Identifier: Apache-2.0
#ifndef RCLCPP__LOANED_MESSAGE_HPP_
#define RCLCPP__LOANED_MESSAGE_HPP_

#include <memory>
#include <utility>

#include "rcl/publisher.h"

namespace rclcpp
{

template <typename MessageT, typename AllocatorT>
class Publisher;

/// A message in memory of the middleware, or on the heap where the middleware cannot lend any.
/// Borrowed memory is not initialized: write every field before publishing.
template <typename MessageT, typename AllocatorT = std::allocator<void>>
class LoanedMessage
{
 public:
  LoanedMessage(LoanedMessage && other) noexcept
      : publisher_(std::move(other.publisher_)),
        loan_(std::exchange(other.loan_, nullptr)),
        owned_(std::move(other.owned_))
  {
  }
  LoanedMessage(const LoanedMessage &) = delete;
  LoanedMessage & operator=(const LoanedMessage &) = delete;
  LoanedMessage & operator=(LoanedMessage &&) = delete;

  virtual ~LoanedMessage()
  {
    if (loan_ && rcl_return_loaned_message_from_publisher(publisher_.get(), loan_) != RCL_RET_OK) {
      rcl_reset_error();
    }
  }

  bool is_valid() const { return loan_ || owned_; }
  MessageT & get() const { return loan_ ? *loan_ : *owned_; }

 private:
  template <typename, typename>
  friend class Publisher;

  LoanedMessage(std::shared_ptr<const rcl_publisher_t> publisher, MessageT * loan)
      : publisher_(std::move(publisher)), loan_(loan), owned_(loan ? nullptr : std::make_unique<MessageT>())
  {
  }

  std::shared_ptr<const rcl_publisher_t> publisher_;
  MessageT * loan_;
  std::unique_ptr<MessageT> owned_;
};

}  // namespace rclcpp

#endif  // RCLCPP__LOANED_MESSAGE_HPP_
