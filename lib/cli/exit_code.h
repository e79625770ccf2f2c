// The kind of a failure becomes an exit code here and nowhere else; interfaces.md, "Exit codes".
#pragma once

#include <set>
#include <span>
#include <string_view>

#include "lib/base/error.h"

namespace sparekeep {

int exit_code(ErrorKind kind);

struct ExitCodeNote {
  std::string_view codes, meaning;
};
std::span<const ExitCodeNote> exit_code_notes();   // for man pages; interfaces.md and docs/manual.md say the same

// What a command came to: nothing, or several failures of which the gravest gives the exit code, in the order
// 130 143 2 10 12 1 14 4 5 11 13 3 6.
class Outcome {
 public:
  Outcome() = default;
  Outcome(ErrorKind kind) { add(kind); }  // NOLINT(google-explicit-constructor): `return ErrorKind::pending;`

  void add(ErrorKind kind) { codes_.insert(sparekeep::exit_code(kind)); }
  void add(const Outcome& other) { codes_.insert(other.codes_.begin(), other.codes_.end()); }
  int exit_code() const;  // 0: nothing was added

 private:
  std::set<int> codes_;
};

}  // namespace sparekeep
