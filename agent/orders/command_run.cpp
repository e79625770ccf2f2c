#include "agent/orders/command_run.h"

#include <pwd.h>
#include <unistd.h>

#include <atomic>
#include <future>

#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

constexpr int kOfSignals = 128;                        // a shell says so much more for a signal

std::string ended_with(int code) {
  const std::string text = " exited with " + std::to_string(code);
  return code > kOfSignals ? text + " (signal " + std::to_string(code - kOfSignals) + ")" : text;
}

// Its end is waited for on a thread, beside the reading of its output.
class OwnCommand final : public PipedCommand {
 public:
  OwnCommand(const CommandSource& command, Pipe pipe, const Clock& clock, const std::function<bool()>& stopped, const OutputLimits& limits)
      : PipedCommand(called(command), clock, stopped, limits) {
    set_output(std::move(pipe.read_end));
    running_ = std::async(std::launch::async, [this, command, end = std::make_shared<Descriptor>(std::move(pipe.write_end))] {
      return run_command(command, std::move(*end), this->clock(), {.deadline = kCommandWithin, .stopped = [this] { return left_ || is_stopped(); }});
    });
  }
  ~OwnCommand() override {
    left_ = true;
    if (running_.valid()) running_.wait();
    close_output();                                      // after its end: one whose pipe breaks would go on with its next step
  }

 private:
  bool has_ended() override { return running_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
  Result<void> outcome() override { return running_.get(); }

  std::atomic<bool> left_ = false;
  std::future<Result<void>> running_;
};

}  // namespace

std::string called(const CommandSource& command) { return "command " + in_quotes(command.name); }

Result<void> run_command(const CommandSource& command, Descriptor output, const Clock& clock, const LineLimits& limits) {
  Result<ShellLine> line = ShellLine::start({command.run, command.user}, std::move(output));
  if (!line) return line.error().during(called(command));
  const Result<int> code = line->wait(clock, limits);
  const std::string said = printable(line->said());
  if (!code) return Error(code.error().kind(), called(command) + " " + code.error().text() + (said.empty() ? "" : ": " + said));
  if (*code == 0) return {};
  if (*code == kCannotBecome && !command.user.empty() && said.empty())
    return Error(ErrorKind::denied, called(command) + " cannot be run as " + in_quotes(command.user) + " by this process");
  return Error(ErrorKind::failed, called(command) + ended_with(*code) + (said.empty() ? "" : ": " + said));
}

Result<UserNumbers> numbers_of(const std::string& user, UserNumbers where_empty) {
  if (user.empty()) return where_empty;
  const passwd* known = ::getpwnam(user.c_str());
  if (!known) return Error(ErrorKind::failed, "no user " + in_quotes(user) + " on this host");
  return UserNumbers{known->pw_uid, known->pw_gid};
}

Result<StartedCommand> start_own_command(const CommandSource& command, const Clock& clock, const std::function<bool()>& stopped, const OutputLimits& limits) {
  const Result<UserNumbers> user = numbers_of(command.user, {::geteuid(), ::getegid()});
  if (!user) return user.error().during(called(command));
  Result<Pipe> pipe = Pipe::make();
  if (!pipe) return pipe.error().during(called(command));
  return StartedCommand{std::make_unique<OwnCommand>(command, std::move(*pipe), clock, stopped, limits), user->uid, user->gid};
}

}  // namespace sparekeep::agent
