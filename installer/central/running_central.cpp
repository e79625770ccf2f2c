#include "installer/central/running_central.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "installer/central/certificate_desk.h"
#include "installer/central/daemon_stores.h"
#include "installer/central/escrow.h"
#include "installer/central/known_certificates.h"
#include "installer/central/lost_catalogue.h"
#include "installer/central/object_intake.h"
#include "installer/central/record_news.h"
#include "installer/central/routes.h"
#include "installer/central/sqlite_catalogue.h"
#include "installer/central/system_board.h"
#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/worker_pool.h"
#include "lib/net/client.h"
#include "lib/net/server.h"
#include "lib/wire/json.h"
#include "lib/wire/paths.h"

namespace sparekeep::central {

namespace {

constexpr Duration kOwnCertificateLife = std::chrono::hours(24 * 30);   // made at each start, its key lies nowhere
constexpr Duration kOrderLife = std::chrono::hours(24);
constexpr Duration kLookEvery = std::chrono::milliseconds(500);
constexpr Duration kProbeLimit = std::chrono::seconds(3);
constexpr size_t kProbesAtOnce = 16;
constexpr Duration kNewsLimit = std::chrono::seconds(3);
constexpr uint64_t kMarkSizeMax = 1 << 20, kAddressMax = 1024;

TlsFiles own_certificate(const CentralState& state, const Clock& clock, Random& random) {
  KeyPair key = make_tls_key(random);
  const Identity identity{.host = state.id(), .roles = {Role::central, Role::admin}};
  std::string certificate = state.authority().issue_own(key.public_key, identity, "sparekeep", clock.now(), kOwnCertificateLife, random).value();
  return {.certificate_pem = std::move(certificate), .private_pem = std::move(key.private_pem), .authority_pem = state.delegation().authority_pem};
}

// A command without an inventory listens where the last one with an inventory did.
Endpoint chosen_listener(const CentralOptions& options, const StatePaths& paths) {
  const std::string address = options.listen.empty() ? options.address : options.listen;
  if (options.port) return {address, *options.port};
  const Result<std::string> kept = read_text(paths.address(), kAddressMax);
  if (!kept) return {address, 0};
  Endpoint endpoint = during(in_quotes(paths.address().string()), parse_endpoint(kept->substr(0, kept->find('\n')))).value();
  if (!options.listen.empty()) endpoint.host = address;
  return endpoint;
}

// A sync waits for whatever else the disk is to write: what stands there already is not written again.
void keep_address(const Path& file, const std::string& text) {
  const Result<std::string> kept = read_text(file, kAddressMax);
  if (!kept || *kept != text) write_durably(file, as_bytes(text), {.mode = 0600}).value();
}

// Noted durably before the new catalogue stands, so that one made half is not taken for whole.
bool needs_rebuild(const StatePaths& paths, bool had_catalogue) {
  if (had_catalogue) return std::filesystem::exists(paths.rebuilding());
  write_durably(paths.rebuilding(), ByteSpan(), {.mode = 0600}).value();
  return true;
}

// Whom a rebuilding has still to hear: the ids in its mark, one a line; an empty mark: every system of the master file.
std::vector<HostId> still_to_hear(const StatePaths& paths, const MasterFile& master) {
  const std::string mark = read_text(paths.rebuilding(), kMarkSizeMax).value();
  std::vector<HostId> systems;
  for (const StorageSystem& system : master.systems)
    if (mark.empty() || mark.find(system.id.hex()) != std::string::npos) systems.push_back(system.id);
  return systems;
}

PeerCheck known_and_not_revoked(const Clock& clock, const MasterHistory& masters) {
  return not_revoked(within_time(clock, kCertificateGrace),
                     [&masters](const std::string& serial) { return masters.newest()->file.is_revoked(serial); });
}

}  // namespace

struct RunningCentral::Parts {
  Parts(const CentralOptions& options, Clock& clock_at_hand, Random& random_at_hand)
      : clock(clock_at_hand), random(random_at_hand), state(CentralState::open(options.state, options.wait_lock, clock)), known(state.paths().known_certificates()),
        had_catalogue(!catalogue_was_lost(state.paths())), rebuild(needs_rebuild(state.paths(), had_catalogue)), catalogue(state.paths().catalogue()),
        masters(state.paths(), state.root()), systems(state, catalogue, masters, clock), runs(catalogue, clock),
        intake(catalogue, masters, state.catalogue_key(), clock),
        room(state.paths().state, catalogue), from_hosts(catalogue, masters, state.catalogue_key(), clock, &room), certificates(state, catalogue, systems, clock, random),
        escrow(state, catalogue, clock, random), router(central_routes({state, catalogue, masters, systems, runs, from_hosts, certificates, clock, polls})),
        tls(TlsContext::when_needed([this] { return own_certificate(state, clock, random); })) {}

  void start(const CentralOptions& options);
  void rebuild_now();
  RecordNews take_up_records();
  void watch(const std::stop_token& stopping);
  std::optional<SystemState> probe(const StorageSystem& system);

  Clock& clock;
  Random& random;
  CentralState state;
  const KnownCertificates known;
  const bool had_catalogue, rebuild;
  std::vector<std::string> unheard;
  SqliteCatalogue catalogue;
  MasterHistory masters;
  SystemBoard systems;
  RunBoard runs;
  ObjectIntake intake;
  IntakeRoom room;
  ObjectIntake from_hosts;
  CertificateDesk certificates;
  Escrow escrow;
  std::atomic<int> polls{0};
  Router router;
  Tls tls;
  std::unique_ptr<HttpServer> server;
  Endpoint endpoint;
  std::mutex watch_mutex;
  std::condition_variable_any watch_ends;
  std::jthread watcher;
};

void RunningCentral::Parts::rebuild_now() {
  log_warning(had_catalogue ? "the catalogue is not whole: taking what it lacks from the daemons" : "the catalogue was lost: making it again from what the daemons hold");
  const std::shared_ptr<const MasterCopy> master = masters.newest();
  const RebuildContext context{.catalogue = catalogue, .intake = intake, .master = *master, .clock = clock};
  rebuild_systems(context);
  DaemonStores stores(master->file, still_to_hear(state.paths(), master->file), tls, clock);
  const std::vector<HostId> absent = rebuild_from(context, stores.systems());
  if (absent.empty()) return remove_durably(state.paths().rebuilding()).value();
  std::string mark;
  for (const HostId& host : absent) {
    mark += host.hex() + "\n";
    unheard.push_back(master->file.find(host)->name);
  }
  write_durably(state.paths().rebuilding(), as_bytes(mark), {.mode = 0600}).value();
  log_warning("the catalogue may lack what lies on '" + joined(unheard, "', '") + "' alone: the next command asks again");
}

RecordNews RunningCentral::Parts::take_up_records() {
  const std::shared_ptr<const MasterCopy> master = masters.newest();
  std::vector<HostId> all;
  for (const StorageSystem& system : master->file.systems) all.push_back(system.id);
  DaemonStores stores(master->file, all, tls, clock);
  return take_record_news({.catalogue = catalogue, .intake = intake, .master = *master, .clock = clock}, stores.systems(), kNewsLimit);
}

void RunningCentral::Parts::start(const CentralOptions& options) {
  remove_leftovers(state.paths().state);
  remove_leftovers(state.paths().masters());
  if (rebuild) rebuild_now();
  runs.give_up_left_runs();
  systems.open();
  ServerOptions serving;
  serving.listen = chosen_listener(options, state.paths());
  serving.tls = tls;
  serving.check = known_and_not_revoked(clock, masters);
  serving.workers = kCentralWorkers;
  const std::string listens = serving.listen.host;
  server = std::make_unique<HttpServer>(std::move(serving), router);
  during("starting the central", server->start()).value();
  endpoint = {options.address, server->port()};
  if (options.keep_address) keep_address(state.paths().address(), to_string({listens, endpoint.port}) + "\n");
  watcher = std::jthread([this](const std::stop_token& stopping) { watch(stopping); });
}

void RunningCentral::Parts::watch(const std::stop_token& stopping) {
  std::unique_lock lock(watch_mutex);
  std::string told;                                // once, not with each look
  while (!stopping.stop_requested()) {
    watch_ends.wait_for(lock, stopping, kLookEvery, [] { return false; });
    const Result<void> done = caught([this] { systems.look_at_times(); });
    const std::string trouble = done ? "" : done.error().text();
    if (trouble != std::exchange(told, trouble) && !done) log_warning("looking for late systems: " + trouble);
  }
}

// What it is unless it reports. Nobody answers: offline. It answers too late: late. It answers: nothing, and its report comes at once.
std::optional<SystemState> RunningCentral::Parts::probe(const StorageSystem& system) {
  ClientOptions options;
  options.host = system.address;
  options.port = system.port;
  options.tls = tls;
  options.expected = system.id;
  options.check = known_and_not_revoked(clock, masters);
  options.deadlines = {.connect = kProbeLimit, .tls = kProbeLimit, .first_byte = kProbeLimit, .stall = kProbeLimit};
  HttpRequest hello;
  hello.path = std::string(kHelloPath);
  const Result<HttpResponse> answer = HttpClient(std::move(options), clock).send(hello, kProbeLimit);
  if (answer) return std::nullopt;
  return answer.error().kind() == ErrorKind::timeout ? SystemState::late : SystemState::offline;
}

RunningCentral::RunningCentral(const CentralOptions& options, Clock& clock, Random& random)
    : parts_(std::make_unique<Parts>(options, clock, random)) {
  parts_->start(options);
}

RunningCentral::~RunningCentral() {
  parts_->watcher = {};
  parts_->server->stop();
  static_cast<void>(caught([this] { parts_->known.save(parts_->clock.now()); }));
}

const CentralState& RunningCentral::state() const { return parts_->state; }
Catalogue& RunningCentral::catalogue() { return parts_->catalogue; }
std::vector<std::string> RunningCentral::unheard() const { return parts_->unheard; }
Endpoint RunningCentral::endpoint() const { return parts_->endpoint; }
Tls RunningCentral::tls() const { return parts_->tls; }
PeerCheck RunningCentral::peer_check() const { return known_and_not_revoked(parts_->clock, parts_->masters); }

namespace {

// The inventory says whose the name is: another host that had it (a machine that was made anew has another id) is in no inventory any more.
void give_name_to(Catalogue& catalogue, const HostEntry& host) {
  for (const HostEntry& other : catalogue.hosts()) {
    if (other.name != host.name || other.id == host.id || !other.declared) continue;
    catalogue.change_host(other.id, [](std::optional<HostEntry>& known) {
      if (known) known->declared = false;
    });
  }
}

}  // namespace

bool RunningCentral::declare(const HostDeclaration& declaration) {
  const HostEntry& host = declaration.host;
  const bool host_changed = parts_->catalogue.change_host(host.id, [&](std::optional<HostEntry>& known) {
    HostEntry now = host;
    if (known) now.roles.insert(known->roles.begin(), known->roles.end());
    if (known && now.recipient.is_zero()) now.recipient = known->recipient;
    known = std::move(now);
  });
  give_name_to(parts_->catalogue, host);
  if (!declaration.daemon_port) return host_changed;
  const StorageSystem system{.id = host.id,
                             .name = host.name,
                             .machine = host.machine,
                             .address = declaration.daemon_address.empty() ? host.address : declaration.daemon_address,
                             .port = *declaration.daemon_port,
                             .zone = host.zone,
                             .reported = {}};
  return parts_->systems.declare(system) || host_changed;
}

void RunningCentral::hold_master_files() { parts_->systems.hold(); }
void RunningCentral::let_master_files_go() { parts_->systems.let_go(); }

void RunningCentral::set_declared(const HostId& host, bool declared) {
  parts_->catalogue.change_host(host, [&](std::optional<HostEntry>& known) {
    if (known) known->declared = declared;
  });
  parts_->systems.set_declared(host, declared);
}

void RunningCentral::end_storage(const HostId& host) { parts_->systems.set_declared(host, false); }

void RunningCentral::remove(const HostId& host) { parts_->certificates.remove(host); }

std::string RunningCentral::issue_certificate(const std::string& request_pem, const HostId& host, const std::set<Role>& roles) {
  return parts_->certificates.issue(request_pem, host, roles);
}

void RunningCentral::set_recipient(const HostId& agent, const RecipientKey& key) {
  parts_->catalogue.change_host(agent, [&](std::optional<HostEntry>& known) {
    if (!known) throw Error(ErrorKind::not_found, "host " + in_quotes(agent.hex()) + " is not known here");
    known->recipient = key;
  });
}

std::vector<StorageSystem> RunningCentral::systems() { return parts_->systems.systems(); }
std::shared_ptr<const MasterCopy> RunningCentral::master() const { return parts_->masters.newest(); }

std::vector<HostId> RunningCentral::wait_for_reports(const std::vector<HostId>& systems, Duration limit) {
  return parts_->systems.wait_for_reports(systems, limit);
}

void RunningCentral::take_report(const HostId& daemon, const DaemonReport& report) { parts_->systems.take_answer(daemon, report); }

bool RunningCentral::wait_for_delivered_report(const HostId& system, Duration since, Duration limit) {
  return parts_->systems.wait_for_delivered(system, since, limit);
}

void RunningCentral::refresh(Duration limit) {
  const std::vector<StorageSystem> all = systems();
  std::vector<HostId> ids;
  for (const StorageSystem& system : all) ids.push_back(system.id);
  const Deadline deadline(parts_->clock, limit);
  std::vector<std::optional<SystemState>> unless_reported(all.size());
  parallel_for(all.size(), kProbesAtOnce, [&](size_t i) { unless_reported[i] = parts_->probe(all[i]); });
  wait_for_reports(ids, deadline.left());
  for (size_t i = 0; i < all.size(); ++i)
    if (unless_reported[i] && !parts_->systems.reported(all[i].id)) parts_->systems.set_state(all[i].id, *unless_reported[i]);
  parts_->systems.publish_numbers();
}

RecordNews RunningCentral::take_up_records() { return parts_->take_up_records(); }

RunId RunningCentral::enqueue(Order order) {
  if (order.run.is_zero()) order.run = parts_->random.id<RunId>();
  if (order.issued == Time{}) order.issued = parts_->clock.now();
  if (order.expires == Time{}) order.expires = order.issued + kOrderLife;
  const SigningKey admin = parts_->state.admin_key();
  SignedOrder signed_order;
  signed_order.text = to_json(order);
  signed_order.key = admin.public_key().hex();
  signed_order.signature = admin.sign(kOrderDomain, as_bytes(signed_order.text)).hex();
  parts_->runs.enqueue(order, signed_order);
  return order.run;
}

Result<RunResult> RunningCentral::wait_for(const RunId& run, const WaitLimits& limits, const RunListener& listener) {
  return parts_->runs.wait_for(run, limits, listener);
}

std::optional<Time> RunningCentral::last_seen(const HostId& agent) const { return parts_->runs.last_seen(agent); }
bool RunningCentral::wait_for_agent(const HostId& agent, Duration limit, Duration since) {
  return parts_->runs.wait_for_agent(agent, limit, since);
}

Result<std::string> RunningCentral::reseal_key(const VaultId& vault, const RunId& run, const SnapshotId& snapshot, const HostId& agent) {
  return parts_->escrow.reseal(vault, run, snapshot, agent);
}

Result<VaultKeys> RunningCentral::open_vault_keys(const VaultId& vault, const std::string& actor, const std::string& purpose) {
  return parts_->escrow.open(vault, actor, purpose);
}

Result<MetadataKeys> RunningCentral::open_metadata_keys(const VaultId& vault, const std::string& actor, const std::string& purpose) {
  return parts_->escrow.open_metadata(vault, actor, purpose);
}

}  // namespace sparekeep::central
