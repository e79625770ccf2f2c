// A bounded queue (lib/base/queue.h) that hands its items over in batches, from one producer to one consumer: for many small items, where to
// wake the other thread would cost more than the item. What is in a batch that is not full yet waits for flush() or finish().
#pragma once

#include <vector>

#include "lib/base/queue.h"

namespace sparekeep {

template <typename T>
class BatchQueue {
 public:
  BatchQueue(size_t batch_items, size_t batches_max) : batch_items_(batch_items), batches_(batches_max) {}

  // The producer. false: the queue was closed, and the items are lost. Heavy items (`weight`: bytes that one holds) make smaller batches, so that
  // no more than (batches_max + 2) times kBatchWeight and an item wait.
  static constexpr size_t kBatchWeight = 256 << 10;
  bool push(T item, size_t weight = 0) {
    batch_.push_back(std::move(item));
    weight_ += weight;
    return (batch_.size() < batch_items_ && weight_ < kBatchWeight) || flush();
  }
  bool flush() {
    if (batch_.empty()) return true;
    std::vector<T> batch;
    batch.reserve(batch_items_);
    std::swap(batch, batch_);
    weight_ = 0;
    return batches_.push(std::move(batch));
  }
  void finish() { flush(), close(); }

  void close() { batches_.close(); }
  void close(Error error) { batches_.close(std::move(error)); }

  // The consumer: takes items until the queue is closed; throws the Error it was closed with.
  template <typename Take>
  void drain(const Take& take) {
    while (std::optional<std::vector<T>> batch = batches_.pop())
      for (T& item : *batch) take(std::move(item));
  }

 private:
  const size_t batch_items_;
  std::vector<T> batch_;                    // the producer's own, like its weight
  size_t weight_ = 0;
  BoundedQueue<std::vector<T>> batches_;
};

}  // namespace sparekeep
