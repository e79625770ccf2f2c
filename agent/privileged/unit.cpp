#include "agent/privileged/unit.h"

#include <algorithm>

#include "agent/orders/order_check.h"
#include "agent/privileged/answers.h"
#include "agent/privileged/restore_unit.h"
#include "agent/privileged/run_register.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/wire/json.h"

namespace sparekeep::agent {

namespace {

constexpr Duration kSendWithin = std::chrono::seconds(10);

Result<void> check_peer(const Channel& caller, const UnitTrust& trust) {
  const Result<uid_t> peer = caller.peer();
  if (!peer) return peer.error();
  if (*peer == 0 || *peer == trust.agent_uid) return {};
  return Error(ErrorKind::denied, "user " + std::to_string(*peer) + " is neither root nor the agent");
}

Result<PrivilegedRequest> read_request(Channel& caller, const UnitWorld& world) {
  const Result<std::string> message = caller.receive(Deadline(world.clock, world.request_within), world.stopped);
  if (!message) return message.error().during("the request");
  Result<PrivilegedRequest> request = from_json<PrivilegedRequest>(*message);
  if (!request) return request.error().during("the request");
  if (is_spoken(request->protocol)) return request;
  if (request->protocol == 0) return Error(ErrorKind::unsupported, "the request names no protocol");
  const std::string asked = std::to_string(request->protocol);
  return Error(ErrorKind::unsupported, "the request is of protocol " + asked + ", more than one apart from " + std::to_string(kProtocolVersion) + " of this program");
}

bool is_for(Unit unit, const std::string& step) {
  if (unit == Unit::restore) return step == kRestoreStep;
  return step == kBeforeStep || step == kAfterStep || step == kCommandStep;
}

Result<void> check_step(Unit unit, const std::string& step, const Order& order) {
  if (is_for(unit, step) && order.kind == (unit == Unit::restore ? "restore" : "backup")) return {};
  const std::string name = unit == Unit::restore ? "restore" : "hook";
  return Error(ErrorKind::denied, "the " + name + " unit takes no step " + in_quotes(step) + " of an order of kind " + in_quotes(order.kind));
}

// Which of the order's commands is meant.
Result<size_t> find_command(const Order& order, const std::string& name) {
  const std::vector<CommandSource>& commands = order.backup.commands;
  const auto found = std::find_if(commands.begin(), commands.end(), [&](const CommandSource& command) { return command.name == name; });
  if (found == commands.end()) return Error(ErrorKind::denied, "the order has no command " + in_quotes(name));
  return static_cast<size_t>(found - commands.begin());
}

class Session {
 public:
  Session(Channel& caller, const UnitWorld& world) : caller_(caller), world_(world) {}

  // Throws what the caller is to be told.
  PrivilegedAnswer carry_out(Unit unit) {
    const UnitTrust trust = read_unit_trust(world_.paths).value();
    check_peer(caller_, trust).value();
    const PrivilegedRequest request = read_request(caller_, world_).value();
    const OrderRules rules{trust.delegation, trust.self, trust.settings.allow_restore_to, world_.clock.now()};
    const Order order = check_order(request.order, rules).value();
    check_step(unit, request.step, order).value();
    if (request.step == kCommandStep) return command(order, find_command(order, request.command).value());
    RunRegister runs = RunRegister::open(world_.paths.order_register(), world_.clock).value();
    Result<RunRegister::Entry> entry = runs.begin(order.run, request.step, order.expires);
    if (!entry) return answer_again(runs, order.run, request.step, entry.error());
    log_info(request.step + " of job " + in_quotes(order.job_name) + ", run " + order.run.hex());
    PrivilegedAnswer last = unit == Unit::hook ? run(order, request.step) : restore({order, confinement_of(request.order, order, rules.allow_restore_to)}, trust);
    const bool complete = last.state == kResultState && last.result.state != "failed";
    if (complete) entry->done(outcome_text(last.result)).value();
    return last;
  }

 private:
  // Who gives an order again has not heard what came of it: nothing is done, and the same is said.
  static PrivilegedAnswer answer_again(const RunRegister& runs, const RunId& run, const std::string& step, const Error& refused) {
    std::optional<RunResult> outcome = refused.kind() == ErrorKind::exists ? kept_outcome(runs, run, step) : std::nullopt;
    if (!outcome) throw refused;
    log_info("its outcome is told again: " + refused.text());
    return result_answer(std::move(*outcome));
  }

  bool stopped() const { return caller_.peer_gone() || (world_.stopped && world_.stopped()); }

  PrivilegedAnswer run(const Order& order, const std::string& step) const {
    LineLimits limits = world_.hooks;
    if (step == kBeforeStep) limits.stopped = [this] { return stopped(); };
    const Result<SkipReason> ran = step == kBeforeStep ? run_hooks(order.backup.before, world_.clock, limits) : run_every_hook(order.backup.after, world_.clock, limits);
    const SkipReason& skip = ran.value();
    RunResult result{.run = order.run, .state = skip ? "skipped" : "complete"};
    if (skip) result.warnings.push_back(*skip);
    return result_answer(std::move(result));
  }

  // Never done: of an output nothing is kept, so a run that needs it once more has to run it again. How often says the register.
  PrivilegedAnswer command(const Order& order, size_t number) const {
    RunRegister runs = RunRegister::open(world_.paths.order_register(), world_.clock).value();
    const RunRegister::Entry entry = runs.begin(order.run, std::string(kCommandStep) + "-" + std::to_string(number), order.expires).value();
    const CommandSource& source = order.backup.commands[number];
    log_info(called(source) + " of job " + in_quotes(order.job_name) + ", run " + order.run.hex());
    Pipe pipe = Pipe::make().value();
    PrivilegedAnswer begun;
    begun.state = kOutputState;
    caller_.send(to_json(begun), Deadline(world_.clock, kSendWithin), pipe.read_end.get()).value();
    pipe.read_end.reset();
    LineLimits limits = world_.commands;
    limits.stopped = [this] { return stopped(); };
    run_command(source, std::move(pipe.write_end), world_.clock, limits).value();
    return result_answer({.run = order.run, .state = "complete"});
  }

  PrivilegedAnswer restore(const CheckedOrder& checked, const UnitTrust& trust) const {
    const auto tell = [this](const RunProgress& progress) {
      PrivilegedAnswer answer;
      answer.state = kProgressState;
      answer.progress = progress;
      static_cast<void>(caller_.send(to_json(answer), Deadline(world_.clock, kSendWithin)));   // a caller that has gone is seen by stopped()
    };
    return restore_in_two(checked, trust, world_, [this] { return stopped(); }, tell);
  }

  Channel& caller_;
  const UnitWorld& world_;
};

}  // namespace

Result<void> serve_order(Unit unit, Descriptor connection, const UnitWorld& world) {
  Channel caller(std::move(connection), kPrivilegedRequestMax);
  PrivilegedAnswer last;
  try {
    last = Session(caller, world).carry_out(unit);
  } catch (const Error& error) {
    last = failure_answer(error);
  }
  const Result<void> told = caller.send(to_json(last), Deadline(world.clock, kSendWithin));
  if (last.state == kFailedState) return result_of(last).error();
  return told;
}

}  // namespace sparekeep::agent
