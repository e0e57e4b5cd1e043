// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__UNIQUE_FD_HPP_
#define CARLA_GATEWAY__UNIQUE_FD_HPP_

#include <unistd.h>

#include <utility>

namespace carla_gateway
{

/// Owner of a file descriptor: closes it when it goes out of scope.
class UniqueFd
{
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd && other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd & operator=(UniqueFd && other) noexcept
  {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  UniqueFd(const UniqueFd &) = delete;
  UniqueFd & operator=(const UniqueFd &) = delete;
  ~UniqueFd() { reset(); }

  /// The descriptor, -1 when there is none.
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  /// Closes the descriptor, if there is one.
  void reset() noexcept
  {
    if (fd_ >= 0) {
      ::close(std::exchange(fd_, -1));
    }
  }

 private:
  int fd_ = -1;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__UNIQUE_FD_HPP_
