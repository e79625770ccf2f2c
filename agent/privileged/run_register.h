// Which steps of which orders were carried out on this host, kept until well after the order's end: an order counts once. A file a step
// in a folder that only root may write, `RUN.STEP` = "ATTEMPTS begun|done EXPIRES\n", beside it `RUN.STEP.lock` while it is being carried out.
// What came of it lies in `RUN.STEP.outcome`, written before the step is done: whoever gives the order again gets the same answer.
//
// A step that was begun and not completed (the host went down, the caller died) may be begun again, a few times, because the central gives such an
// order again. A completed one never: whoever kept a copy of the order can do nothing with it.
#pragma once

#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/id.h"

namespace sparekeep::agent {

constexpr size_t kOutcomeBytesMax = 256 << 10;
constexpr int kBeginningsMax = 4;                      // as often as the central gives one order

class RunRegister {
 public:
  class Entry {                                      // holds the step's lock
   public:
    // Durable: from now on the step is refused. Of an outcome over kOutcomeBytesMax nothing is kept.
    Result<void> done(std::string_view outcome = {});
   private:
    friend class RunRegister;
    Entry(Path file, FileLock lock, int attempts, Time expires) : file_(std::move(file)), lock_(std::move(lock)), attempts_(attempts), expires_(expires) {}
    Path file_;
    FileLock lock_;
    int attempts_;
    Time expires_;
  };

  // Makes the folder (0700), and forgets what ended long ago. denied: another user could write there.
  static Result<RunRegister> open(Path folder, const Clock& clock);

  // exists: "run RUN: its 'restore' was carried out already". busy: it is being carried out. denied: begun too often.
  Result<Entry> begin(const RunId& run, std::string_view step, Time expires);

  bool is_done(const RunId& run, std::string_view step) const;          // carried out, and so never begun again

  // What came of a step that was carried out, until it is forgotten. not_found: nothing is kept of it.
  Result<std::string> outcome(const RunId& run, std::string_view step) const;
  void forget_outcome(const RunId& run, std::string_view step) const;    // whoever waits for it has it
  std::vector<RunId> outcomes(std::string_view step) const;

 private:
  explicit RunRegister(Path folder) : folder_(std::move(folder)) {}
  void forget(Time now) const;
  Path file_of(const RunId& run, std::string_view step) const { return folder_ / (run.hex() + "." + std::string(step)); }
  Path folder_;
};

}  // namespace sparekeep::agent
