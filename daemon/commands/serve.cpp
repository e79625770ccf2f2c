// The daemon itself: everything that it is made of, in the order in which it comes up.
#include "daemon/commands/commands.h"
#include "daemon/report/greeting_choice.h"
#include "daemon/report/reporter.h"
#include "daemon/report/upkeep.h"
#include "daemon/routes/peer_check.h"
#include "daemon/routes/service.h"
#include "daemon/settings.h"
#include "daemon/shards/lock_time.h"
#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/cli/console.h"
#include "lib/host/certificate_renewal.h"
#include "lib/host/serving.h"
#include "lib/net/server.h"

namespace sparekeep::daemon {

namespace {

constexpr Duration kCentralFresh = std::chrono::minutes(10);
constexpr Duration kUpkeepEvery = std::chrono::minutes(1);

class KeptMaster final : public MasterView {
 public:
  explicit KeptMaster(const MasterKeeper& keeper) : keeper_(keeper) {}
  bool may_write(const VaultId& vault, const HostId& host) const override {
    const std::shared_ptr<const MasterCopy> master = keeper_.newest();
    return master && master->file.may_write(vault, host);
  }
  std::pair<uint64_t, uint64_t> version() const override {
    const MasterVersion version = keeper_.version();
    return {version.epoch, version.number};
  }

 private:
  const MasterKeeper& keeper_;
};

PeerTrust peer_trust(const MasterKeeper& master, const std::atomic<Reporter*>& reporter) {
  const auto central_is_there = [&reporter] {
    const Reporter* reports = reporter;
    return reports && reports->central_answered_within(kCentralFresh);
  };
  return {central_is_there, [&master](const std::string& serial) { return master.is_revoked(serial); }};
}

void serve(const HostPaths& paths, Clock& clock, Random& random) {
  const DaemonSettings settings = read_settings(paths);
  const HostId self = read_host_id(paths);
  const Delegation delegation = read_pinned_delegation(paths, settings);
  const Tls tls = load_host_tls(paths.daemon_state(), delegation.authority_pem);
  PidFile pid(pid_file_path(paths, "sparekeepd"));
  const std::unique_ptr<MasterKeeper> master = MasterKeeper::open(paths.daemon_state() / kMasterFileName, settings.root_key).value();
  ShardDirectory shards(paths.below(settings.storage.path), self, settings.storage.limits());
  shards.remove_leftovers();
  VaultObjects objects(paths.daemon_state() / "vaults", shards.room());
  objects.remove_leftovers();
  ShardIndex index(paths.daemon_state() / "index.db", clock);
  Commit commit(shards, objects, index, clock, self);
  commit.reconcile();
  const KeptMaster view(*master);
  std::atomic<Reporter*> reporter_there{nullptr};
  Renewal renewal(paths.daemon_state(), self, delegation.authority_pem, clock);
  const auto greeted = [&](const Greeting& greeting) {
    Reporter* reporter = reporter_there;
    if (reporter && !spares_report(greeting, master->newest().get(), renewal.due())) reporter->wake();
  };
  Service service{self, clock, shards, objects, index, commit, view, raise_lock(paths.daemon_state(), settings.storage.lock), greeted};
  const Router router = make_routes(service);
  HttpServer server({.listen = {settings.listen.address, settings.listen.port}, .tls = tls, .check = peer_check(clock, peer_trust(*master, reporter_there))}, router);
  server.start().value();
  const Upkeep upkeep(kUpkeepEvery, [&] {
    shards.look_for_disk();
    index.advance();                                   // the clock of lock times goes to disk
  });
  Reporter reporter({self, {settings.central.address, settings.central.port}, settings.central.retry, clock, random, shards, *master}, tls,
                    [&](CentralClient& central) {
                      std::optional<Tls> renewed = renewal.renew_if_due(central);
                      if (renewed) server.renew(*renewed);
                      return renewed;
                    });
  reporter_there = &reporter;
  log_info("serving on " + to_string(server.endpoint()));
  notify_supervisor("READY=1");
  const auto reread = [&] {
    const Result<void> done = caught([&] {
      shards.room().limit(changed_limits(settings, read_settings(paths)).value());
      pid.renew();
    });
    if (!done) return log_warning("reading daemon.toml anew: " + done.error().text());
    log_info("read daemon.toml anew: keep_free and quota");
    reporter.wake();
  };
  (void)wait_for_stop_signal([&] { reporter.wake(); }, reread);
  log_info("stopping");
  notify_supervisor("STOPPING=1");
  reporter_there = nullptr;
  server.stop();
}

}  // namespace

Command serve_command() {
  return {.name = "serve", .group = "Service", .summary = "keep shards and report the disk space until SIGTERM", .options = {}, .positionals = {},
          .example = "  sparekeepd serve\n  sparekeepd --root /tmp/host1 serve",
          .run = [](CommandContext& context) {
            serve({Path(context.arguments.value("root").value())}, system_clock(), system_random());
            return Outcome();
          }};
}

}  // namespace sparekeep::daemon
