#include "test/unit/agent/orders/agent_world.h"

#include <fstream>

#include "lib/wire/json.h"
#include "lib/wire/paths.h"
#include "lib/wire/shards.h"

namespace sparekeep::agent {

namespace {

constexpr int kNoContent = 204, kCreated = 201, kNotModified = 304;

ServerOptions serving(const Tls& tls) {
  ServerOptions options;
  options.tls = tls;
  options.check = within_time(system_clock());
  return options;
}

// So that nothing is renewed meanwhile.
std::string young_certificate(const HostId& host) {
  const Time now = system_clock().now();
  constexpr Duration kLife = std::chrono::hours(24 * 30);
  const CertificateAuthority authority = CertificateAuthority::make("test", system_random(), now, kLife);
  const std::string request = make_request(make_tls_key(system_random()).private_pem, "web1").value();
  return authority.issue(request, {host, {Role::agent}}, "web1", now, kLife, system_random()).value();
}

}  // namespace

ToldCentral::ToldCentral(const Tls& tls) : server_(serving(tls), router_) {
  add_routes();
  server_.start().value();
}

void ToldCentral::add_routes() {
  router_.add_taking("PUT", "/v1/vaults/{vault}/{kind}/{name}", {}, [this](HttpRequest& request) { return take(request); });
  router_.add("GET", std::string(kMasterPath), {}, [](const HttpRequest&) { return HttpResponse::of_status(kNotModified); });
  router_.add("GET", std::string(kHelloPath), {}, [](const HttpRequest&) {
    const Hello as_the_host{.master_epoch = 1, .master_number = 1};
    return HttpResponse::of_text(200, to_json(as_the_host), "application/json");
  });
  router_.add("GET", std::string(kOrdersPath), {}, [this](const HttpRequest&) {
    const std::lock_guard lock(mutex_);
    if (orders_.empty()) return system_clock().sleep(std::chrono::milliseconds(10)), HttpResponse::of_status(kNoContent);
    const std::string order = to_json(orders_.front());
    orders_.erase(orders_.begin());
    return HttpResponse::of_text(200, order, "application/json");
  });
  router_.add("POST", "/v1/runs/{run}/progress", {}, [](const HttpRequest&) { return HttpResponse::of_status(kNoContent); });
  router_.add("PUT", "/v1/runs/{run}/result", {}, [this](const HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    results_.push_back(from_json<RunResult>(as_text(request.body)).value());
    return HttpResponse::of_status(kNoContent);
  });
}

HttpResponse ToldCentral::take(HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  for (const auto& [part, error] : refused_)
    if (request.path.find(part) != std::string::npos) throw error;
  objects_.push_back(request.path);
  return HttpResponse::of_status(kCreated);
}

void ToldCentral::refuse_objects(const std::string& path_part, const Error& error) {
  const std::lock_guard lock(mutex_);
  refused_.erase(path_part);
  if (!error.text().empty()) refused_.emplace(path_part, error);
}

void ToldCentral::give(const SignedOrder& order) {
  const std::lock_guard lock(mutex_);
  orders_.push_back(order);
}

std::vector<std::string> ToldCentral::objects() const {
  const std::lock_guard lock(mutex_);
  return objects_;
}

std::vector<RunResult> ToldCentral::results() const {
  const std::lock_guard lock(mutex_);
  return results_;
}

AgentWorld::AgentWorld(size_t daemons) : chain(daemons), central(chain.client({Role::central})) {
  const HostPaths paths{root.path()};
  std::filesystem::create_directories(paths.agent_state().parent_path());
  std::filesystem::create_directory_symlink(chain.state(), paths.agent_state());
  std::ofstream(chain.state() / kTlsCertificateName) << young_certificate(chain.host());
  std::ofstream(source / "file") << "something to keep";
}

AgentHost AgentWorld::host() {
  std::vector<StorageSystem> systems;
  for (size_t i = 0; i < chain.size(); ++i) {
    StorageSystem system = trust.system("store" + std::to_string(i + 1), "rack-a", 1 << 30);
    system.id = chain.daemon(i).host(), system.address = "127.0.0.1", system.port = chain.daemon(i).port();
    systems.push_back(system);
  }
  AgentSettings settings;
  settings.host = "web1", settings.root_key = trust.root.public_key(), settings.local = true;
  settings.central = {central.endpoint().host, central.endpoint().port, std::chrono::milliseconds(50)};
  std::unique_ptr<MasterKeeper> master = MasterKeeper::open(chain.state() / kMasterFileName, trust.root.public_key()).value();
  if (!master->newest()) master->offer(trust.master(1, systems).object).value();
  return {{root.path()}, std::move(settings), chain.host(), trust.delegation, chain.client({Role::agent}), OpeningKey::make(system_random()),
          std::move(master), system_clock(), system_random()};
}

std::string AgentWorld::back_up() {
  const RunResult made = chain.back_up(source.path(), copies(2));
  return record_name(SnapshotId::parse(made.snapshot).value(), 1);
}

Order AgentWorld::order(const std::string& kind) {
  Order order;
  order.kind = kind, order.run = system_random().id<RunId>(), order.job = system_random().id<JobId>();
  order.host = chain.host(), order.host_name = "web1", order.job_name = "job";
  order.issued = system_clock().now(), order.expires = order.issued + std::chrono::hours(1);
  order.backup.paths = {source.path().native()}, order.backup.data = 1, order.backup.parity = 1;
  order.restore.target = root / "restored";
  return order;
}

SignedOrder AgentWorld::signed_order(const Order& order) const {
  const std::string text = to_json(order);
  return {text, trust.admin.public_key().hex(), trust.admin.sign(kOrderDomain, as_bytes(text)).hex()};
}

}  // namespace sparekeep::agent
