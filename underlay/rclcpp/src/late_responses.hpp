// SPDX-License-Identifier: Apache-2.0
#ifndef LATE_RESPONSES_HPP_
#define LATE_RESPONSES_HPP_

#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "rcl/service.h"

namespace rclcpp::detail
{

/// Sends the responses that the middleware refused because the client's reader was not discovered yet.
/// A request may arrive before the reader for its answer is known: they are announced apart, and the client
/// cannot see the server's side. The middleware waits for that reader 100 ms, too short on a busy machine,
/// and leaves it to its user to try again. Done by a thread of its own, so that a client which is never
/// matched holds up nobody.
class LateResponses
{
 public:
  explicit LateResponses(std::shared_ptr<rcl_service_t> service);
  ~LateResponses();
  LateResponses(const LateResponses &) = delete;
  LateResponses & operator=(const LateResponses &) = delete;

  /// Try to send it until it is sent or 10 s are over; that is logged as a warning.
  void add(const rmw_request_id_t & id, std::shared_ptr<void> response);

 private:
  struct Late
  {
    rmw_request_id_t id;
    std::shared_ptr<void> response;
    std::chrono::steady_clock::time_point deadline;
  };

  void run();
  /// \return whether there is nothing left to do for it
  bool try_to_send(Late & late);

  std::shared_ptr<rcl_service_t> service_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Late> waiting_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace rclcpp::detail

#endif  // LATE_RESPONSES_HPP_
