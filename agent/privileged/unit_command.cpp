#include "agent/privileged/unit_command.h"

#include <sys/socket.h>

#include <optional>

#include "agent/privileged/answers.h"

namespace sparekeep::agent {

namespace {

constexpr Duration kBegunWithin = std::chrono::minutes(1), kMargin = std::chrono::minutes(1);
constexpr Duration kEndedWithin = std::chrono::seconds(10);    // more than a line is given from SIGTERM to SIGKILL

// Its end on the connection is the last answer; ours ends the command.
class UnitCommand final : public PipedCommand {
 public:
  UnitCommand(Channel unit, Descriptor output, const CommandSource& command, const Clock& clock, const Stopped& stopped)
      : PipedCommand(called(command), clock, stopped, {}), name_(called(command)), unit_(std::move(unit)) {
    set_output(std::move(output));
  }
  ~UnitCommand() override {                            // before its output closes: a line would go on behind what that ends
    if (last_) return;
    ::shutdown(unit_.descriptor(), SHUT_WR);
    static_cast<void>(unit_.receive(Deadline(clock(), kEndedWithin)));
  }

 private:
  bool has_ended() override {
    if (!last_) take(unit_.receive(Deadline(clock(), Duration(0))));
    return last_.has_value();
  }
  Result<void> outcome() override {
    const Deadline deadline(clock(), kCommandWithin + kMargin);
    while (!last_ && !is_stopped() && !deadline.passed()) take(unit_.receive(deadline, [this] { return is_stopped(); }));
    return last_ ? *last_ : Error(ErrorKind::interrupted, name_ + " was stopped");
  }

  // Time that has passed, and being stopped, are no answers.
  void take(const Result<std::string>& message) {
    if (!message && (message.error().kind() == ErrorKind::timeout || message.error().kind() == ErrorKind::interrupted)) return;
    if (!message) last_ = Error(ErrorKind::failed, name_ + ": its unit ended without a word; its journal says why: " + message.error().text());
    else last_ = outcome_of(*message);
  }
  static Result<void> outcome_of(const std::string& message) {
    Result<PrivilegedAnswer> answer = read_unit_answer(message);
    if (!answer) return answer.error();
    const Result<RunResult> result = result_of(std::move(*answer));
    return result ? Result<void>() : result.error();
  }

  const std::string name_;
  Channel unit_;
  std::optional<Result<void>> last_;
};

}  // namespace

Result<std::unique_ptr<CommandOutput>> output_of_unit(Channel unit, const CommandSource& command, const Clock& clock, const Stopped& stopped) {
  unit.take_descriptors();
  const Result<std::string> message = unit.receive(Deadline(clock, kBegunWithin), stopped);
  if (!message && message.error().kind() == ErrorKind::closed)
    return Error(ErrorKind::failed, called(command) + ": its unit ended without a word; its journal says why");
  if (!message) return message.error().during(called(command));
  Result<PrivilegedAnswer> answer = read_unit_answer(*message);
  if (!answer) return answer.error();
  Descriptor output = unit.passed();
  if (answer->state == kOutputState && output) return std::make_unique<UnitCommand>(std::move(unit), std::move(output), command, clock, stopped);
  const Result<RunResult> result = result_of(std::move(*answer));
  return result ? Error(ErrorKind::corrupt, called(command) + ": its unit gave no output") : result.error();
}

}  // namespace sparekeep::agent
