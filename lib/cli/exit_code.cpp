#include "lib/cli/exit_code.h"

#include <array>

namespace sparekeep {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::failed:
    case ErrorKind::not_found:
    case ErrorKind::exists:
    case ErrorKind::corrupt:
    case ErrorKind::unsupported:
    case ErrorKind::no_space:
    case ErrorKind::closed:
    case ErrorKind::locked: return 1;
    case ErrorKind::usage: return 2;
    case ErrorKind::partial: return 3;
    case ErrorKind::host_failed: return 4;
    case ErrorKind::unreachable:
    case ErrorKind::timeout: return 5;
    case ErrorKind::pending: return 6;
    case ErrorKind::no_state: return 10;
    case ErrorKind::busy: return 11;
    case ErrorKind::denied: return 12;
    case ErrorKind::degraded: return 13;
    case ErrorKind::lost: return 14;
    case ErrorKind::interrupted: return 130;
    case ErrorKind::terminated: return 143;
  }
  return 1;
}

std::span<const ExitCodeNote> exit_code_notes() {
  static constexpr std::array<ExitCodeNote, 13> kNotes{{
      {"0", "done: nothing failed"},
      {"1", "failed: the message on standard error says what, where and what to do"},
      {"2", "usage: unknown option, unreadable inventory or playbook (with file:line:column)"},
      {"3", "a snapshot was made, but some source files could not be read (each one named)"},
      {"4", "at least one host or job failed; the others were carried through"},
      {"5", "a host where something was to be done could not be reached; the others were carried through"},
      {"6", "--check --exit-code: changes are pending"},
      {"10", "no central state here (run sparekeep init)"},
      {"11", "busy: another command holds what this one needs"},
      {"12", "wrong key, or no privilege"},
      {"13", "redundancy is below what was declared; all still restores"},
      {"14", "something cannot be restored; it is named"},
      {"129, 130, 143", "ended by SIGHUP, SIGINT or SIGTERM; what was begun can be resumed"},
  }};
  return kNotes;
}

int Outcome::exit_code() const {
  constexpr std::array<int, 13> kGravestFirst{130, 143, 2, 10, 12, 1, 14, 4, 5, 11, 13, 3, 6};
  for (const int code : kGravestFirst)
    if (codes_.count(code) > 0) return code;
  SK_CHECK(codes_.empty());
  return 0;
}

}  // namespace sparekeep
