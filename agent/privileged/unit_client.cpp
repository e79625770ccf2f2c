#include "agent/privileged/unit_client.h"

#include <unistd.h>

#include "agent/orders/hooks.h"
#include "agent/orders/order_check.h"
#include "agent/privileged/answers.h"
#include "agent/privileged/unit.h"
#include "agent/privileged/unit_command.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/wire/json.h"

namespace sparekeep::agent {

namespace {

constexpr Duration kSendWithin = std::chrono::seconds(10);
constexpr Duration kBusyFor = std::chrono::seconds(30), kBusyStep = std::chrono::milliseconds(500);
constexpr Duration kMargin = std::chrono::minutes(1);          // beyond the unit's own deadline

Error no_unit(std::string_view unit, const Error& why) {
  const std::string socket = "sparekeep-" + std::string(unit) + ".socket";
  return Error(why.kind() == ErrorKind::denied ? ErrorKind::denied : ErrorKind::no_state,
               why.text() + "; " + socket + " carries out what needs root: run install on the central, or systemctl enable --now " + socket);
}

}  // namespace

bool needs_units(const AgentHost& host) { return ::geteuid() != 0 && !host.settings.local; }

Result<Channel> UnitClient::connect(std::string_view step, const std::string& command) const {
  const bool restores = step == kRestoreStep;
  Result<Channel> unit = Channel::connect(restores ? paths_.restore_socket() : paths_.hook_socket(), kPrivilegedAnswerMax);
  if (!unit) return no_unit(restores ? "restore" : "hook", unit.error());
  const PrivilegedRequest request{kProtocolVersion, std::string(step), command, order_};
  if (const Result<void> sent = unit->send(to_json(request), Deadline(clock_, kSendWithin)); !sent) return sent.error();
  return unit;
}

Result<RunResult> UnitClient::ask_once(std::string_view step, Duration within, const RunHooks& hooks) const {
  Result<Channel> unit = connect(step);
  if (!unit) return unit.error();
  const Deadline deadline(clock_, within + kMargin);
  while (true) {
    const Result<std::string> message = unit->receive(deadline, hooks.stopped);
    if (!message && message.error().kind() == ErrorKind::closed) return Error(ErrorKind::failed, "it ended without a word; its journal says why");
    if (!message && message.error().kind() == ErrorKind::interrupted) return Error(ErrorKind::interrupted, "the run was stopped; a second one goes on from there");
    if (!message) return message.error();
    Result<PrivilegedAnswer> answer = read_unit_answer(*message);
    if (!answer) return answer.error();
    if (answer->state != kProgressState) return result_of(std::move(*answer));
    if (hooks.progress) hooks.progress(answer->progress);
  }
}

template <typename T>
Result<T> UnitClient::patiently(const Stopped& stopped, const std::function<Result<T>()>& once) const {
  const Deadline patience(clock_, kBusyFor);
  while (true) {
    Result<T> result = once();
    const bool busy = !result && result.error().kind() == ErrorKind::busy;
    if (!busy || patience.passed() || (stopped && stopped())) return result;
    clock_.sleep(kBusyStep);
  }
}

Result<RunResult> UnitClient::ask(std::string_view step, Duration within, const RunHooks& hooks) const {
  return patiently<RunResult>(hooks.stopped, [&] { return ask_once(step, within, hooks); });
}

Result<StartedCommand> UnitClient::command_once(const CommandSource& command, const Stopped& stopped) const {
  const Result<UserNumbers> user = numbers_of(command.user, {0, 0});
  if (!user) return user.error().during(called(command));
  Result<Channel> unit = connect(kCommandStep, command.name);
  if (!unit) return unit.error();
  Result<std::unique_ptr<CommandOutput>> output = output_of_unit(std::move(*unit), command, clock_, stopped);
  if (!output) return output.error();
  return StartedCommand{std::move(*output), user->uid, user->gid};
}

Result<StartedCommand> UnitClient::command(const CommandSource& command, const Stopped& stopped) const {
  return patiently<StartedCommand>(stopped, [&] { return command_once(command, stopped); });
}

Result<SkipReason> UnitClient::hooks(std::string_view step, size_t count, const Stopped& stopped) const {
  const LineLimits limits;
  const Result<RunResult> result = ask(step, static_cast<int>(count) * (limits.deadline + limits.grace), {.progress = {}, .stopped = stopped});
  if (result && result->state != "skipped") return SkipReason();
  if (result) return SkipReason(result->warnings.empty() ? "a hook asks to skip this run" : result->warnings.front());
  if (result.error().kind() != ErrorKind::exists) return result.error();
  log_info("hooks are not run again: " + result.error().text());
  return SkipReason();
}

RunResult UnitClient::restore(const RunHooks& hooks) const { return ask(kRestoreStep, UnitWorld::kRestoreWithin, hooks).value(); }

RunHooks with_rights(const AgentHost& host, const SignedOrder& signed_order, const Order& order, RunHooks hooks) {
  if (needs_units(host)) {
    const auto client = std::make_shared<UnitClient>(host.paths, signed_order, host.clock);
    hooks.run_step = [client, stopped = hooks.stopped](std::string_view step, const std::vector<Hook>& lines) {
      return client->hooks(step, lines.size(), step == kBeforeStep ? stopped : Stopped());
    };
    hooks.start_command = [client](const CommandSource& command, const Stopped& until) { return client->command(command, until); };
    hooks.restore = [client](const RunHooks& speaking) { return client->restore(speaking); };
    return hooks;
  }
  hooks.open_target = [beneath = confinement_of(signed_order, order, host.settings.allow_restore_to)](
                          const RestoreOrder& restore, AccountNames& names, const WarningSink& warn) { return open_target(restore, beneath, names, warn); };
  return hooks;
}

}  // namespace sparekeep::agent
