#include "agent/restore/content_writer.h"

#include <algorithm>
#include <system_error>
#include <thread>

namespace sparekeep::agent {

namespace {

// Two where there is one processor: one fetches while the other writes.
size_t thread_count() { return std::clamp(std::thread::hardware_concurrency(), 2U, 4U); }

}  // namespace

ContentWriter::ContentWriter(TargetWriter* writer, SnapshotReader& snapshot, RestoreReport& report, bool read_back, size_t ahead_max)
    : writer_(writer), snapshot_(snapshot), report_(report), read_back_(read_back), ahead_max_(ahead_max), next_(fresh()), threads_(thread_count(), 1) {}

ContentWriter::~ContentWriter() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

void ContentWriter::add(std::string place, ManifestEntry entry) {
  next_->add(std::move(place), std::move(entry));
  if (next_->full()) start();
}

bool ContentWriter::holds(std::string_view place) const {
  if (next_->holds(place)) return true;
  const std::lock_guard lock(mutex_);
  if (fault_) std::rethrow_exception(fault_);
  return std::any_of(jobs_.begin(), jobs_.end(), [&](const std::unique_ptr<Job>& job) { return !job->done() && job->batch->holds(place); });
}

void ContentWriter::keep_distance() {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return fault_ || jobs_.size() < ahead_max_ || jobs_.front()->done(); });
}

void ContentWriter::start() {
  keep_distance();
  done();
  jobs_.push_back(std::make_unique<Job>(Job{std::exchange(next_, fresh())}));
  ++started_;
  Job& job = *jobs_.back();
  try {
    threads_.submit([this, &job] { run(job); });
  } catch (const std::system_error&) {                 // the system gives no thread
    run(job);
  }
  done();
}

void ContentWriter::run(Job& job) {
  std::unique_ptr<ContentBatch> ended;                 // goes after the lock
  std::exception_ptr fault;
  const bool wanted = [&] {
    const std::lock_guard lock(mutex_);
    return !stopped_ && !fault_;
  }();
  try {
    if (wanted) job.batch->run();
  } catch (...) {
    fault = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  if (!fault_) fault_ = fault;
  ended = std::move(job.batch);
  ended_.notify_all();
}

uint64_t ContentWriter::done() {
  const std::lock_guard lock(mutex_);
  if (fault_) std::rethrow_exception(fault_);
  while (!jobs_.empty() && jobs_.front()->done()) jobs_.pop_front();
  return started_ - jobs_.size();
}

void ContentWriter::wait() {
  if (!next_->empty()) start();
  {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [&] { return std::all_of(jobs_.begin(), jobs_.end(), [](const std::unique_ptr<Job>& job) { return job->done(); }); });
  }
  done();
}

}  // namespace sparekeep::agent
