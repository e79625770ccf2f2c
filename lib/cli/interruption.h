// SIGINT, SIGTERM and SIGHUP of a command line: while an Interruption lives, a thread of its own waits for them. When one comes, the console says so,
// with the last words of the command, and the process ends with 130, 143 or 129, as if killed: everything durable is so at any moment, and what was begun
// can be resumed. A second one ends it at once. What a command started on hosts goes on there.
#pragma once

#include <csignal>
#include <thread>

#include "lib/base/descriptor.h"
#include "lib/cli/console.h"

namespace sparekeep {

class Interruption {
 public:
  explicit Interruption(Console& console);             // made before the threads of the command: they inherit what is blocked
  ~Interruption();
  Interruption(const Interruption&) = delete;

 private:
  void watch();

  Console& console_;
  const sigset_t stopping_;
  sigset_t before_{};
  Descriptor signals_, over_;
  std::thread thread_;
};

// What a command has to say when it is interrupted: its summary as far as it has come, with --json. Called from another thread; not while, nor after
// it is destroyed, which comes before the summary of a command that was carried through.
class LastWords {
 public:
  LastWords(Console& console, std::function<JsonObject()> summary) : console_(console) { console_.set_last_words(std::move(summary)); }
  ~LastWords() { console_.set_last_words({}); }
  LastWords(const LastWords&) = delete;

 private:
  Console& console_;
};

}  // namespace sparekeep
