#include "agent/orders/service.h"

#include <algorithm>

#include "agent/orders/backup_order.h"
#include "agent/orders/deliver.h"
#include "agent/orders/order_check.h"
#include "agent/orders/progress_sender.h"
#include "agent/privileged/unit_client.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/wire/json.h"

namespace sparekeep::agent {

namespace {

constexpr Duration kOrderWait = std::chrono::seconds(20);
constexpr Duration kFirstRetry = std::chrono::milliseconds(200);

// Kind of a failed run, as the central turns it into an exit code.
std::string_view failure_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::lost:
    case ErrorKind::corrupt: return "lost";
    case ErrorKind::unreachable:
    case ErrorKind::timeout: return "unreachable";
    case ErrorKind::denied: return "denied";
    case ErrorKind::no_space: return "no_space";
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::interrupted:
    case ErrorKind::terminated: return "interrupted";
    case ErrorKind::closed: return "skipped";
    case ErrorKind::failed:
    case ErrorKind::usage:
    case ErrorKind::no_state:
    case ErrorKind::busy:
    case ErrorKind::host_failed:
    case ErrorKind::degraded:
    case ErrorKind::partial:
    case ErrorKind::pending:
    case ErrorKind::exists:
    case ErrorKind::unsupported:
    case ErrorKind::locked: return "failed";
  }
  return "failed";
}

RunResult failed_run(const RunId& run, const Error& error) {
  RunResult result{.run = run, .state = error.kind() == ErrorKind::closed ? "skipped" : "failed"};
  result.errors.push_back({std::string(failure_name(error.kind())), "", error.text()});
  return result;
}

}  // namespace

AgentService::AgentService(AgentHost host)
    : host_(std::move(host)), renewal_(host_.paths.agent_state(), host_.self, host_.delegation.authority_pem, host_.clock) {
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
  complete_commits(host_);
  Duration delay = kFirstRetry;
  bool was_there = true;
  while (!stopping_) {
    const Result<void> done = exchange(*central_);
    if (next_central_) {
      const std::lock_guard lock(mutex_);
      central_ = std::move(next_central_);
    }
    if (!done && was_there && !stopping_) log_info("no word with the central: " + done.error().text());
    if (done && !was_there) log_info("the central answers again");
    was_there = done.has_value();
    delay = done ? kFirstRetry : std::min(host_.settings.central.retry, delay * 2);
    if (!done && !wait(delay)) return;
  }
}

Result<void> AgentService::exchange(CentralClient& central) {
  if (Result<void> sent = send_snapshots(host_, central); !sent) return sent;
  if (Result<void> sent = send_results(host_, central); !sent) return sent;
  if (Result<void> fetched = fetch_master(central); !fetched) return fetched;
  const Result<std::optional<SignedOrder>> order = central.next_order(kOrderWait);
  if (!order) return order.error();
  if (*order) carry_out(**order, central);
  if (std::optional<Tls> renewed = renewal_.renew_if_due(central)) {
    host_.tls = *renewed;
    next_central_ = std::make_unique<CentralClient>(Endpoint{host_.settings.central.address, host_.settings.central.port}, host_.tls, host_.clock);
  }
  return {};
}

Result<void> AgentService::fetch_master(CentralClient& central) {
  const MasterVersion seen = host_.master->version();
  const Result<std::optional<Bytes>> newer = central.master_newer_than(seen.epoch, seen.number);
  if (!newer) return newer.error();
  if (!*newer) return {};
  if (const Result<bool> kept = host_.master->offer(**newer); !kept) log_warning("a master file is refused: " + kept.error().text());
  return {};
}

// The central waits for a word of its run; of an expired one it does not wait any more.
void AgentService::refuse(const SignedOrder& signed_order, const Error& error) {
  log_error("an order is refused: " + error.text());
  const Result<Order> named = from_json<Order>(signed_order.text);
  if (!named || named->host != host_.self || named->expires < host_.clock.now()) return;
  const RunResult result = failed_run(named->run, Error(error.kind(), "the host refuses the order: " + error.text()));
  if (const Result<void> kept = keep_result(host_, result); !kept) log_error("the result of a run: " + kept.error().text());
}

void AgentService::carry_out(const SignedOrder& signed_order, CentralClient& central) {
  const OrderRules rules{host_.delegation, host_.self, host_.settings.allow_restore_to, host_.clock.now()};
  const Result<Order> order = check_order(signed_order, rules);
  if (!order) return refuse(signed_order, order.error());
  log_info(order->kind + " of job " + in_quotes(order->job_name) + ", run " + order->run.hex());
  (void)fetch_master(central);                         // the newest list of systems, when the central still answers
  RunResult result;
  try {
    result = execute(signed_order, *order);
  } catch (const Error& error) {
    result = failed_run(order->run, error);
  }
  log_info("run " + order->run.hex() + " is " + result.state + (result.errors.empty() ? "" : ": " + result.errors[0].text));
  if (const Result<void> kept = keep_result(host_, result); !kept) log_error("the result of a run: " + kept.error().text());
}

RunResult AgentService::execute(const SignedOrder& signed_order, const Order& order) {
  constexpr Duration kPatience = std::chrono::seconds(2);       // a run that is over does not wait longer for its last word
  const ClientDeadlines deadlines{.connect = kPatience, .tls = kPatience, .first_byte = kPatience};
  ProgressSender sender(CentralClient({host_.settings.central.address, host_.settings.central.port}, host_.tls, host_.clock, deadlines), order.run);
  const RunHooks hooks = with_rights(host_, signed_order, order, {[&](const RunProgress& progress) { sender.tell(progress); }, [this] { return stopping_.load(); }});
  if (order.kind == "backup") {
    complete_commits(host_);
    return run_backup_order(order, host_, hooks);
  }
  if (order.kind == "restore") return run_restore_order(order, host_, hooks);
  throw Error(ErrorKind::unsupported, "an order of kind " + in_quotes(order.kind) + "; upgrade this host");
}

}  // namespace sparekeep::agent
