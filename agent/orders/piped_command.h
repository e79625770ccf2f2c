// The reading end of a command's output, which comes through a pipe: as much of it is on its way as the pipe holds, and none of it on a disk.
#pragma once

#include <optional>

#include "agent/backup/command_output.h"
#include "lib/base/clock.h"
#include "lib/base/descriptor.h"

namespace sparekeep::agent {

constexpr Duration kCommandWithin = std::chrono::hours(24);   // from its start to its end
constexpr int kPipeBytes = 1 << 20;

struct OutputLimits {
  Duration silence = std::chrono::hours(1);            // without a byte while somebody waits for one
  Duration left_open = std::chrono::seconds(5);        // after its end, by what it left running
};

// Of a new pipe; both ends are closed in programs that are started.
struct Pipe {
  Descriptor read_end, write_end;
  static Result<Pipe> make();
};

class PipedCommand : public CommandOutput {
 public:
  // `what`: "command 'db.sql'". The output ends where nobody can write any more and the command has ended; the second without the first is an
  // error, with a silence or with more bytes than a pipe holds: nobody can say then whether it is all.
  Result<size_t> read(MutableSpan to) final;

 protected:
  PipedCommand(std::string what, const Clock& clock, std::function<bool()> stopped, const OutputLimits& limits)
      : what_(std::move(what)), clock_(clock), stopped_(std::move(stopped)), limits_(limits) {}
  void set_output(Descriptor read_end);
  void close_output() { output_.reset(); }
  const Clock& clock() const { return clock_; }
  bool is_stopped() const { return stopped_ && stopped_(); }

  virtual bool has_ended() = 0;                        // at once
  virtual Result<void> outcome() = 0;                  // waits for its end; the error names the command. Asked once

 private:
  Result<size_t> taken(size_t bytes);
  Result<size_t> ended();
  Error left_running();
  Error stopped() const { return Error(ErrorKind::interrupted, what_ + " was stopped"); }
  Result<void> check_waiting(const Deadline& silence, std::optional<Deadline>& left_open);

  const std::string what_;
  const Clock& clock_;
  const std::function<bool()> stopped_;
  const OutputLimits limits_;
  Descriptor output_;
  Duration looked_{};                                  // whether it has ended, while bytes come without a pause
  std::optional<size_t> behind_end_;                   // bytes that came after that
};

}  // namespace sparekeep::agent
