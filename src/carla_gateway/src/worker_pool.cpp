// SPDX-License-Identifier: Apache-2.0
#include "carla_gateway/worker_pool.hpp"

namespace carla_gateway
{

WorkerPool::WorkerPool(std::size_t threads)
{
  for (std::size_t i = 1; i < threads; ++i) {
    threads_.emplace_back([this] { serve(); });
  }
}

WorkerPool::~WorkerPool()
{
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread & thread : threads_) {
    thread.join();
  }
}

void WorkerPool::run(std::size_t count, const std::function<void(std::size_t)> & work)
{
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    next_ = 0;
    count_ = count;
    work_ = &work;
    ++round_;
  }
  if (count > 1) {
    wake_.notify_all();
  }
  take_pieces(work, count);
  std::unique_lock<std::mutex> lock(mutex_);
  work_ = nullptr;
  idle_.wait(lock, [this] { return working_ == 0; });
}

void WorkerPool::serve()
{
  std::size_t seen = 0;
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return stopping_ || (work_ != nullptr && round_ != seen); });
    if (stopping_) {
      return;
    }
    seen = round_;
    const auto & work = *work_;
    const std::size_t count = count_;
    ++working_;
    lock.unlock();
    take_pieces(work, count);
    lock.lock();
    if (--working_ == 0) {
      idle_.notify_all();
    }
  }
}

void WorkerPool::take_pieces(const std::function<void(std::size_t)> & work, std::size_t count)
{
  for (std::size_t piece = next_++; piece < count; piece = next_++) {
    work(piece);
  }
}

}  // namespace carla_gateway
