// The central as hosts meet it: over HTTPS, with certificates that it issued.
#include "installer/central/running_central.h"

#include <thread>

#include "lib/central/central_client.h"
#include "lib/wire/json.h"
#include "lib/wire/paths.h"
#include "test/support/catch.h"
#include "test/unit/installer/central/fixture.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

constexpr uint64_t kGiB = 1 << 30;

struct World {
  World() : central(std::in_place, CentralOptions{.state = made.state_path(), .address = "127.0.0.1", .port = {}}, system_clock(), made.random) {}

  CentralClient client(const std::string& name, const HostId& id, const std::set<Role>& roles) {
    HostDeclaration declaration;
    declaration.host.id = id;
    declaration.host.name = name;
    declaration.host.address = "127.0.0.1";
    declaration.host.zone = "rack-a";
    declaration.host.local = true;
    if (roles.contains(Role::daemon)) declaration.daemon_port = uint16_t{7421};
    central->declare(declaration);
    KeyPair key = make_tls_key(made.random);
    const std::string request = make_request(key.private_pem, name).value();
    certificate = central->issue_certificate(request, id, roles);
    return with(certificate, std::move(key.private_pem));
  }
  CentralClient with(const std::string& certificate_pem, Secret key) {
    Tls tls = TlsContext::load({.certificate_pem = certificate_pem, .private_pem = std::move(key),
                                .authority_pem = central->state().delegation().authority_pem}).value();
    return CentralClient(central->endpoint(), tls, system_clock());
  }
  DaemonReport report(const HostId& id, uint64_t available) const {
    DaemonReport out;
    out.host = id;
    out.now = system_clock().now();
    out.capacity_bytes = 10 * kGiB;
    out.available_bytes = available;
    out.shards = 1;
    return out;
  }

  TestCentral made;
  std::optional<RunningCentral> central;
  std::string certificate;
};

Order backup_order(const HostId& host) {
  Order order;
  order.kind = "backup";
  order.host = host;
  order.backup.paths = {"/srv"};
  return order;
}

}  // namespace

TEST_CASE("a daemon reports, and the master file follows") {
  World world;
  const HostId id = world.made.random.id<HostId>();
  CentralClient daemon = world.client("store1", id, {Role::daemon});
  CHECK(world.central->systems().at(0).state == SystemState::fresh);
  CHECK(world.central->master()->file.version() == MasterVersion{1, 2});

  const ReportAnswer answer = daemon.report(world.report(id, 8 * kGiB)).value();
  CHECK(answer.master_number == 3);
  CHECK(answer.next_in_milliseconds == 2000);
  CHECK(world.central->wait_for_reports({id}, std::chrono::seconds(0)).empty());
  CHECK(daemon.report(world.report(id, 8 * kGiB - kGiB / 20)).value().master_number == 3);       // below the threshold
  CHECK(daemon.report(world.report(id, 7 * kGiB)).value().master_number == 4);

  const std::optional<Bytes> object = daemon.master_newer_than(1, 3).value();
  REQUIRE(object);
  const MasterCopy copy = read_master_file(*object, world.central->state().root()).value();
  CHECK(copy.file.find(id)->available_bytes == 7 * kGiB);
  CHECK(copy.file.find(id)->state == SystemState::up);
  CHECK_FALSE(daemon.master_newer_than(1, 4).value());
  CHECK(daemon.get_object("/v1/master/4").value() == *object);

  const HostId other = world.made.random.id<HostId>();
  CHECK(daemon.report(world.report(other, 1)).error().kind() == ErrorKind::denied);
  CHECK(daemon.next_order(Duration(0)).error().kind() == ErrorKind::denied);
}

TEST_CASE("an order goes to the host that it names, signed; its progress and result come back") {
  World world;
  const HostId id = world.made.random.id<HostId>(), other_id = world.made.random.id<HostId>();
  CentralClient agent = world.client("web1", id, {Role::agent});
  CentralClient other = world.client("web2", other_id, {Role::agent});
  CHECK_FALSE(agent.next_order(Duration(0)).value());
  CHECK(world.central->last_seen(id));

  const RunId run = world.central->enqueue(backup_order(id));
  CHECK_FALSE(other.next_order(Duration(0)).value());
  const std::optional<SignedOrder> got = agent.next_order(std::chrono::seconds(5)).value();
  REQUIRE(got);
  const PublicKey key = PublicKey::parse(got->key).value();
  CHECK(world.central->state().delegation().has_admin(key));
  CHECK(verify_signature(key, kOrderDomain, as_bytes(got->text), Signature::parse(got->signature).value()));
  const Order order = from_json<Order>(got->text).value();
  CHECK(order.run == run);
  CHECK(order.host == id);

  std::vector<std::string> phases;
  agent.progress({.run = run, .phase = "backup"}).value();
  CHECK_FALSE(agent.next_order(Duration(0)).value());                       // it is at work: not given again
  CHECK(other.progress({.run = run, .phase = "backup"}).error().kind() == ErrorKind::denied);
  RunResult result;
  result.run = run;
  result.state = "complete";
  result.files = 3;
  CHECK(other.result(result).error().kind() == ErrorKind::denied);
  agent.result(result).value();
  agent.result(result).value();
  const RunResult seen =
      world.central->wait_for(run, {}, {.on_progress = [&](const RunProgress& progress) { phases.push_back(progress.phase); }}).value();
  CHECK(seen.files == 3);
  CHECK(phases == std::vector<std::string>{"backup"});
  CHECK(world.central->catalogue().run(run)->state == "complete");
}

TEST_CASE("a waiting agent is woken at once, and a stopping central lets it go") {
  World world;
  const HostId id = world.made.random.id<HostId>();
  CentralClient agent = world.client("web1", id, {Role::agent});
  std::optional<SignedOrder> got;
  bool failed = false;
  std::thread polling([&] {
    if (const auto order = agent.next_order(std::chrono::seconds(30))) got = *order;
    failed = agent.next_order(std::chrono::seconds(30)).has_error();        // nothing more comes; the central goes away
  });
  REQUIRE(world.central->wait_for_agent(id, std::chrono::seconds(20)));
  const Duration before = system_clock().boot_time();
  const RunId run = world.central->enqueue(backup_order(id));
  while (!world.central->catalogue().run(run)) system_clock().sleep(std::chrono::milliseconds(10));
  system_clock().sleep(std::chrono::milliseconds(500));
  world.central.reset();
  polling.join();
  CHECK(got);
  CHECK(system_clock().boot_time() - before < std::chrono::seconds(25));
  (void)failed;
}

TEST_CASE("the result of a run outlives the central that ordered it") {
  World world;
  const HostId id = world.made.random.id<HostId>();
  { CentralClient agent = world.client("web1", id, {Role::agent}); }
  KeyPair key = make_tls_key(world.made.random);
  const std::string certificate =
      world.central->issue_certificate(make_request(key.private_pem, "web1").value(), id, {Role::agent});
  const RunId run = world.central->enqueue(backup_order(id));
  const Endpoint before = world.central->endpoint();
  world.central.reset();
  world.central.emplace(CentralOptions{.state = world.made.state_path(), .address = "127.0.0.1", .port = {}}, system_clock(), world.made.random);
  CHECK(world.central->endpoint() == before);                               // the port is kept
  CentralClient agent = world.with(certificate, std::move(key.private_pem));
  RunResult result;
  result.run = run;
  result.state = "degraded";
  agent.result(result).value();
  CHECK(world.central->catalogue().run(run)->state == "degraded");
}

TEST_CASE("certificates are renewed for the same host and roles, and a removed host's are revoked") {
  World world;
  const HostId id = world.made.random.id<HostId>();
  CentralClient daemon = world.client("store1", id, {Role::daemon});
  KeyPair key = make_tls_key(world.made.random);
  const std::string renewed = daemon.renew(make_request(key.private_pem, "any name").value()).value();
  const CertificateFacts facts = read_certificate(renewed).value();
  CHECK(facts.identity == Identity{.host = id, .roles = {Role::daemon}});
  CHECK(facts.common_name == "store1");
  CHECK(facts.public_key == key.public_key);
  CentralClient with_new = world.with(renewed, std::move(key.private_pem));
  with_new.report(world.report(id, kGiB)).value();

  world.central->remove(id);
  CHECK(world.central->master()->file.systems.empty());
  CHECK(world.central->master()->file.is_revoked(facts.serial));
  CHECK(with_new.report(world.report(id, kGiB)).has_error());
  CHECK(daemon.report(world.report(id, kGiB)).has_error());
}

TEST_CASE("vault objects go over the wire, and the key is resealed to a restoring agent, with an entry in the log") {
  World world;
  TestHost host(world.central->state().delegation(), 5);
  CentralClient agent = world.client("web1", host.id, {Role::agent});
  const SnapshotId snapshot = host.random.id<SnapshotId>();
  const Bytes key_record = host.key_record(host.recipients), record = host.record(snapshot, 1, "web-content");
  CHECK(agent.put_object(block_path(host.vault, pack_list_digest(host.block)), host.block).error().kind() == ErrorKind::not_found);
  for (int twice = 0; twice < 2; ++twice) {
    agent.put_object(descriptor_path(host.vault, 1), host.descriptor).value();
    agent.put_object(key_record_path(host.vault, sha256(key_record)), key_record).value();
    agent.put_object(block_path(host.vault, pack_list_digest(host.block)), host.block).value();
    agent.put_object(record_path(host.vault, snapshot, 1), record).value();
  }
  CHECK(agent.get_object(record_path(host.vault, snapshot, 1)).value() == record);
  CHECK(as_text(agent.get_object(vault_path(host.vault) + "/records").value()) == "{\"names\":[\"" + snapshot.hex() + ".1\"]}");
  CHECK(world.central->catalogue().snapshots({}).at(0).metadata.files == 3);

  const HostId other_id = world.made.random.id<HostId>();
  CentralClient other = world.client("web2", other_id, {Role::agent});
  CHECK(other.get_object(record_path(host.vault, snapshot, 1)).error().kind() == ErrorKind::denied);
  CHECK(other.put_object(record_path(host.vault, snapshot, 2), record).error().kind() == ErrorKind::denied);

  const OpeningKey restoring = OpeningKey::make(world.made.random);
  const RunId run = world.made.random.id<RunId>();
  CHECK(world.central->reseal_key(host.vault, run, snapshot, other_id).error().kind() == ErrorKind::denied);
  world.central->set_recipient(other_id, restoring.recipient());
  const Bytes box = from_base64(world.central->reseal_key(host.vault, run, snapshot, other_id).value()).value();
  ByteWriter context;
  context.raw(as_bytes("sparekeep restore key v1"));
  context.u8(0);
  context.raw(run.bytes());
  context.raw(snapshot.bytes());
  CHECK(same_bytes(restoring.open(context.bytes(), box).value().reveal(), host.keys.vault_key().reveal()));
  const std::vector<AuditEntry> log = world.central->catalogue().audit(0, 10);
  REQUIRE(log.size() == 1);
  CHECK(log[0].action == "reseal the vault key to host 'web2' for snapshot '" + snapshot.hex() + "'");
}

TEST_CASE("a system that nobody answers for is offline after a refresh") {
  World world;
  const HostId id = world.made.random.id<HostId>();
  CentralClient daemon = world.client("store1", id, {Role::daemon});          // reports, but nothing listens on its port
  daemon.report(world.report(id, kGiB)).value();
  world.central.reset();
  world.central.emplace(CentralOptions{.state = world.made.state_path(), .address = "127.0.0.1", .port = {}}, system_clock(), world.made.random);
  CHECK(world.central->systems().at(0).state == SystemState::up);
  world.central->refresh(Duration(0));
  CHECK(world.central->systems().at(0).state == SystemState::offline);
  CHECK(world.central->master()->file.systems.at(0).state == SystemState::offline);
}

TEST_CASE("a catalogue that was lost is not whole until each system has answered or is gone") {
  World world;
  const HostId id = world.made.random.id<HostId>();
  CentralClient daemon = world.client("store1", id, {Role::daemon});          // nothing listens on its port
  const StatePaths paths = world.central->state().paths();
  const auto again = [&] {
    world.central.reset();
    world.central.emplace(CentralOptions{.state = world.made.state_path(), .address = "127.0.0.1", .port = {}}, system_clock(), world.made.random);
  };
  world.central.reset();
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(paths.catalogue().native() + end);
  again();
  CHECK(read_text(paths.rebuilding(), 100).value() == id.hex() + "\n");
  again();
  CHECK(read_text(paths.rebuilding(), 100).value() == id.hex() + "\n");
  world.central->remove(id);
  again();
  CHECK_FALSE(std::filesystem::exists(paths.rebuilding()));
}

TEST_CASE("an empty catalogue is a lost one, not a new one") {
  World world;
  const HostId id = world.made.random.id<HostId>();
  CentralClient daemon = world.client("store1", id, {Role::daemon});
  daemon.report(world.report(id, kGiB)).value();
  const StatePaths paths = world.central->state().paths();
  world.central.reset();
  REQUIRE(write_durably(paths.catalogue(), ByteSpan(), {.mode = 0600}));
  world.central.emplace(CentralOptions{.state = world.made.state_path(), .address = "127.0.0.1", .port = {}}, system_clock(), world.made.random);
  CHECK(std::filesystem::exists(paths.rebuilding()));
  CHECK(std::filesystem::file_size(paths.catalogue().native() + ".lost-1") == 0);      // moved aside, not removed
  REQUIRE(world.central->systems().size() == 1);
  CHECK(world.central->systems()[0].id == id);
  CHECK(world.central->master()->file.systems.size() == 1);
}

TEST_CASE("who has no certificate of this central's authority is not let in") {
  World world;
  SeededRandom random(77);
  const CertificateAuthority foreign = CertificateAuthority::make("other", random, system_clock().now(), std::chrono::hours(1));
  KeyPair key = make_tls_key(random);
  const std::string certificate = foreign.issue(make_request(key.private_pem, "x").value(), {.host = random.id<HostId>(), .roles = {Role::daemon}}, "x",
                                                system_clock().now(), std::chrono::hours(1), random).value();
  CentralClient client = world.with(certificate, std::move(key.private_pem));
  CHECK(client.master_newer_than(0, 0).has_error());
}

TEST_CASE("where it listens is kept in its state, and a prediction leaves that alone") {
  World world;
  const Path file = world.central->state().paths().address();
  const std::string kept = read_text(file, 100).value();
  CHECK(kept == "127.0.0.1:" + std::to_string(world.central->endpoint().port) + "\n");
  world.central.reset();
  CentralOptions options{.state = world.made.state_path(), .address = "127.0.0.1", .listen = "::", .port = uint16_t{0}, .keep_address = false};
  world.central.emplace(options, system_clock(), world.made.random);
  CHECK(read_text(file, 100).value() == kept);
  world.central.reset();
  options.keep_address = true;
  world.central.emplace(options, system_clock(), world.made.random);
  CHECK(read_text(file, 100).value() == "[::]:" + std::to_string(world.central->endpoint().port) + "\n");
}
