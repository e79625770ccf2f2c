// What could not be read, as a result tells it: the first of them by name, the others as a number. Bounded, whatever the sources are like:
// a result has to pass the central's limit of a body, and anybody can make a million files that cannot be read.
#pragma once

#include "agent/source/walk.h"
#include "lib/wire/run.h"

namespace sparekeep::agent {

class SourceProblems {
 public:
  void add(const SourceProblem& problem);
  uint64_t count() const { return count_; }
  std::vector<std::string> texts() const;         // of those told by name: "'/srv/disk': permission denied"

  // At most kRunErrorsMax errors, names and texts printable and shortened; then one that counts the rest.
  void write(RunResult& to) const;

 private:
  std::vector<RunError> first_;
  size_t bytes_ = 0;                              // of their names and texts
  uint64_t count_ = 0;
};

}  // namespace sparekeep::agent
