// SPDX-License-Identifier: Apache-2.0
#ifndef CARLA_GATEWAY__WORKER_POOL_HPP_
#define CARLA_GATEWAY__WORKER_POOL_HPP_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace carla_gateway
{

/// A fixed number of threads that share out numbered pieces of work; the caller is one of them.
///
/// A thread that wakes up late on a busy machine is not waited for: the others have taken its pieces by then.
class WorkerPool
{
 public:
  /// @param threads how many work at once, the caller included; at least 1
  explicit WorkerPool(std::size_t threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool &) = delete;
  WorkerPool & operator=(const WorkerPool &) = delete;

  /// Calls `work` once with each number below `count`, from any of the threads, and returns when all are
  /// done. `work` must not throw. One caller at a time.
  void run(std::size_t count, const std::function<void(std::size_t)> & work);

 private:
  void serve();
  void take_pieces(const std::function<void(std::size_t)> & work, std::size_t count);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  const std::function<void(std::size_t)> * work_ = nullptr;  // while pieces are to be had
  std::size_t count_ = 0;
  std::size_t round_ = 0;
  std::size_t working_ = 0;  // threads besides the caller that are in take_pieces()
  bool stopping_ = false;
  std::atomic<std::size_t> next_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace carla_gateway

#endif  // CARLA_GATEWAY__WORKER_POOL_HPP_
