#include "test/chain/test_daemons.h"

namespace sparekeep {

namespace {

constexpr Duration kLife = std::chrono::hours(24);

daemon::PeerTrust trust_of(const TestDaemon& daemon) {
  return {[&daemon] { return daemon.central_is_there; }, [&daemon](const std::string& serial) { return daemon.revoked.contains(serial); }};
}

}  // namespace

TestAuthority::TestAuthority(Random& random)
    : random_(random), authority_(CertificateAuthority::make("test", random, system_clock().now(), 10 * kLife)) {}

TestAuthority::Certificate TestAuthority::certificate(const HostId& host, const std::set<Role>& roles, Time issued) const {
  KeyPair key = make_tls_key(random_);
  const std::string request = make_request(key.private_pem, "test").value();
  std::string certificate = authority_.issue(request, {host, roles}, "test", issued, kLife, random_).value();
  const std::string serial = read_certificate(certificate).value().serial;
  Tls tls = TlsContext::load({std::move(certificate), std::move(key.private_pem), authority_.certificate_pem()}).value();
  return {std::move(tls), serial};
}

std::string TestAuthority::certificate(const Secret& private_pem, const HostId& host, const std::set<Role>& roles) const {
  const std::string request = make_request(private_pem, "test").value();
  return authority_.issue(request, {host, roles}, "test", system_clock().now() - ago_, kLife, random_).value();
}

struct TestDaemon::Parts {
  Parts(TestDaemon& self, uint16_t port)
      : shards(self.storage_, self.host_, {}), objects(self.folder_ / "state" / "vaults", shards.room()), index(self.folder_ / "state" / "index.db", self.clock_),
        commit(shards, objects, index, self.clock_, self.host_),
        service{self.host_, self.clock_, shards, objects, index, commit, self.master_, self.lock_,
                [&self](const daemon::Greeting& greeting) { ++self.hellos_of_the_central, self.last_greeting = greeting; }},
        router(daemon::make_routes(service)),
        server({.listen = {"127.0.0.1", port}, .tls = self.tls_, .check = daemon::peer_check(self.clock_, trust_of(self))}, router) {
    commit.reconcile();
    server.start().value();
  }
  daemon::ShardDirectory shards;
  daemon::VaultObjects objects;
  daemon::ShardIndex index;
  daemon::Commit commit;
  daemon::Service service;
  Router router;
  HttpServer server;
};

TestDaemon::TestDaemon(std::string name, const TestAuthority& authority, Random& random, Clock& clock, Duration lock)
    : name_(std::move(name)), host_(random.id<HostId>()), tls_(authority.tls(host_, {Role::daemon})), clock_(clock), lock_(lock),
      storage_(folder_ / "storage") {
  daemon::ShardDirectory::prepare(storage_, host_).value();
  make_folders(folder_ / "state").value();
  start();
}

TestDaemon::~TestDaemon() { stop(); }

void TestDaemon::start() {
  parts_ = std::make_unique<Parts>(*this, port_);
  port_ = parts_->server.port();
}

void TestDaemon::stop() {
  if (parts_) parts_->server.stop();
  parts_.reset();
}

std::shared_ptr<ShardStore> TestDaemon::store(const Tls& client, Clock& clock) const {
  return std::make_shared<RemoteStore>(RemoteStoreOptions{.name = name_, .host = host_, .endpoint = {"127.0.0.1", port_}, .tls = client, .deadlines = {}},
                                       clock);
}

std::vector<Path> shard_files(const Path& storage) {
  std::vector<Path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(storage))
    if (entry.is_regular_file() && entry.path().filename() != daemon::kMarkerName) files.push_back(entry.path());
  return files;
}

}  // namespace sparekeep
