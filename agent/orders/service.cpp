#include "agent/orders/service.h"

#include <malloc.h>

#include <algorithm>

#include "agent/orders/backup_order.h"
#include "agent/orders/deliver.h"
#include "agent/orders/made_snapshot.h"
#include "agent/orders/order_check.h"
#include "agent/orders/own_state.h"
#include "agent/orders/progress_sender.h"
#include "agent/privileged/answers.h"
#include "agent/privileged/unit_client.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/net/message.h"
#include "lib/wire/json.h"

namespace sparekeep::agent {

namespace {

constexpr Duration kOrderWait = std::chrono::seconds(20);
constexpr Duration kCompleteEvery = std::chrono::minutes(1);
constexpr Duration kFirstRetry = std::chrono::milliseconds(200);

RunResult failed_run(const RunId& run, const Error& error) {
  RunResult result{.run = run, .state = "failed"};
  result.errors.push_back({std::string(wire_name_of(error.kind())), "", error.text()});
  return result;
}

}  // namespace

AgentService::AgentService(AgentHost host)
    : host_(std::move(host)), exchange_(*host_.master, host_.clock), renewal_(host_.paths.agent_state(), host_.self, host_.delegation.authority_pem, host_.clock) {
  thread_ = std::thread([this] { run(); });
}

AgentService::~AgentService() {
  stopping_ = true;
  {
    const std::lock_guard lock(mutex_);
    if (central_) central_->close();
  }
  changed_.notify_all();
  thread_.join();
}

void AgentService::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

bool AgentService::wait(Duration& delay) {
  const Duration jitter = Duration(static_cast<int64_t>(host_.random.below(static_cast<uint64_t>(delay.count()) / 4 + 1)));
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, delay - jitter, [this] { return stopping_.load() || woken_; });
  if (woken_) delay = kFirstRetry / 2;
  woken_ = false;
  return !stopping_;
}

void AgentService::run() {
  const Endpoint endpoint{host_.settings.central.address, host_.settings.central.port};
  central_ = std::make_unique<CentralClient>(endpoint, host_.tls, host_.clock);
  try_refused_again(host_);
  keep_untold_outcomes(host_);
  forget_old_made(host_);
  Duration delay = kFirstRetry;
  std::optional<ErrorKind> trouble;                    // of the turn before; another kind is told, too
  while (!stopping_) {
    const Result<void> done = turn(*central_);
    if (next_central_) {
      const std::lock_guard lock(mutex_);
      central_ = std::move(next_central_);
    }
    if (!done && trouble != done.error().kind() && !stopping_) log_info("this turn with the central failed: " + done.error().text());
    if (done && trouble) log_info("the central answers again");
    trouble = done ? std::nullopt : std::optional(done.error().kind());
    delay = done ? kFirstRetry : std::min(host_.settings.central.retry, delay * 2);
    if (!done && !wait(delay)) return;
  }
}

// What is thrown (a key that cannot be read, no memory) is the trouble of one turn: the next one begins anew.
Result<void> AgentService::turn(CentralClient& central) {
  try {
    return exchange(central);
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return Error(ErrorKind::failed, error.what());
  }
}

// Their systems may be back; a start often comes before the network does.
void AgentService::complete_unfinished() {
  if (host_.clock.boot_time() < next_completion_) return;
  static_cast<void>(complete_commits(host_));           // what could not be offered now is offered again
  next_completion_ = host_.clock.boot_time() + kCompleteEvery;
}

Result<void> AgentService::exchange(CentralClient& central) {
  complete_unfinished();
  if (Result<void> sent = send_snapshots(host_, central); !sent) return sent;
  if (Result<void> sent = send_results(host_, central); !sent) return sent;
  if (Result<void> fetched = fetch_master(central); !fetched) return fetched;
  const Result<std::optional<SignedOrder>> order = central.next_order(kOrderWait);
  if (!order) return order.error();
  if (*order) {
    carry_out(**order, central);
    ::malloc_trim(0);                                  // what a run held: an agent that waits needs little
  }
  if (std::optional<Tls> renewed = renewal_.renew_if_due(central)) {
    host_.tls = *renewed;
    next_central_ = std::make_unique<CentralClient>(Endpoint{host_.settings.central.address, host_.settings.central.port}, host_.tls, host_.clock);
  }
  return {};
}

Result<void> AgentService::fetch_master(CentralClient& central) {
  const Result<bool> kept = exchange_.turn(central);
  if (!kept) return kept.error();
  if (*kept) next_completion_ = {};                    // systems may have come back
  return {};
}

// Kept first, so that a stop loses no word; a host that cannot keep it (a full disk) says it at once. false: nobody has it.
bool AgentService::tell(const RunResult& result, CentralClient& central) {
  Result<void> told = keep_result(host_, result);
  if (!told) log_error("the result of a run: " + told.error().text());
  if (!told) told = central.result(result);
  return told.has_value();
}

// The central waits for a word of its run; of an expired one it does not wait any more.
void AgentService::refuse(const SignedOrder& signed_order, const Error& error, CentralClient& central) {
  log_error("an order is refused: " + error.text());
  const Result<Order> named = from_json<Order>(signed_order.text);
  if (!named || named->host != host_.self || named->expires < host_.clock.now()) return;
  tell(failed_run(named->run, Error(error.kind(), "the host refuses the order: " + error.text())), central);
}

void AgentService::carry_out(const SignedOrder& signed_order, CentralClient& central) {
  const OrderRules rules{host_.delegation, host_.self, host_.settings.allow_restore_to, host_.clock.now()};
  const Result<Order> order = check_order(signed_order, rules);
  if (!order) return refuse(signed_order, order.error(), central);
  Result<RunRegister> runs = RunRegister::open(orders_folder(host_), host_.clock);
  Result<RunRegister::Entry> entry = runs ? runs->begin(order->run, kOrderStep, order->expires) : runs.error();
  if (!entry && entry.error().kind() == ErrorKind::exists) return repeat(*runs, *order, entry.error(), central);
  if (!entry) return refuse(signed_order, Error(ErrorKind::failed, entry.error().text()), central);
  log_info(order->kind + " of job " + in_quotes(order->job_name) + ", run " + order->run.hex());
  (void)fetch_master(central);                         // the newest list of systems, when the central still answers
  RunResult result;
  try {
    result = execute(signed_order, *order);
  } catch (const Error& error) {
    result = failed_run(order->run, error);
  } catch (const std::exception& error) {
    result = failed_run(order->run, Error(ErrorKind::failed, error.what()));
  }
  if (const std::optional<std::string> expired = host_.expired_master()) result.warnings.push_back(*expired);
  log_info("run " + order->run.hex() + " is " + result.state + (result.errors.empty() ? "" : ": " + result.errors[0].text));
  const Result<void> done = entry->done(outcome_text(result));
  if (!done) log_error("run " + order->run.hex() + ": " + done.error().text());     // should nobody hear of it either, it may be given again
  tell(result, central);
}

void AgentService::repeat(const RunRegister& runs, const Order& order, const Error& refused, CentralClient& central) {
  log_warning("an order comes again: " + refused.text());
  if (const std::optional<RunResult> outcome = kept_outcome(runs, order.run, kOrderStep)) tell(*outcome, central);
}

RunResult AgentService::execute(const SignedOrder& signed_order, const Order& order) {
  constexpr Duration kPatience = std::chrono::seconds(2);       // a run that is over does not wait longer for its last word
  const ClientDeadlines deadlines{.connect = kPatience, .tls = kPatience, .first_byte = kPatience};
  ProgressSender sender(CentralClient({host_.settings.central.address, host_.settings.central.port}, host_.tls, host_.clock, deadlines), order.run);
  const RunHooks hooks = with_rights(host_, signed_order, order, {[&](const RunProgress& progress) { sender.tell(progress); }, [this] { return stopping_.load(); }});
  if (order.kind == "backup") return run_backup_order(without_own_state(order, host_.paths.agent_state()), host_, hooks);
  if (order.kind == "restore") return run_restore_order(order, host_, hooks);
  if (order.kind == "reach") return run_reach_order(order, host_);
  throw Error(ErrorKind::unsupported, "an order of kind " + in_quotes(order.kind) + "; upgrade this host");
}

}  // namespace sparekeep::agent
