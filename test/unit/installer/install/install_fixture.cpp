#include "test/unit/installer/install/install_fixture.h"

namespace sparekeep::central {

namespace {

constexpr Duration kLife = std::chrono::hours(24 * 30);

ReleaseFile release_file(const std::string& name) { return {.source = "/release/" + name, .size = 1000, .digest = sha256(as_bytes(name))}; }

UserFact user_as_made(const std::string& name) { return {.uid = 998, .gid = 998, .home = "/nonexistent", .shell = "/usr/sbin/nologin", .groups = {name}}; }

}  // namespace

InstallFixture::InstallFixture() : authority(CertificateAuthority::make("test", random, now, kLife)) {
  host.name = "store1";
  host.address = "127.0.0.1";
  host.connection = Connection::local;
  host.root = "/hosts/store1";
  host.roles = {HostRole::storage, HostRole::backup};
  id = random.id<HostId>();
  central = {.endpoint = {"127.0.0.1", 7420}, .root = random.id<PublicKey>(), .delegation = {1, 2, 3}};
  for (const std::string name : {"sparekeepd", "sparekeep-agent", "libisal.so.2"}) release.files[name] = release_file(name);
  release.id = release_id("0.1.0", release.files);
  for (const Role role : {Role::daemon, Role::agent}) {
    const KeyPair key = make_tls_key(random);
    const std::string request = make_request(key.private_pem, id.hex()).value();
    certificates[role] = authority.issue(request, {.host = id, .roles = {role}}, "store1", now, kLife, random).value();
  }
  check = {.authority_pem = authority.certificate_pem(), .now = now, .revoked = [this](const std::string& serial) { return serial == revoked; }};
}

void InstallFixture::be_real() {
  host.connection = Connection::ssh;
  host.root.clear();
  supervision = Supervision::systemd;
}

HostFacts InstallFixture::facts_as_desired() const {
  HostFacts facts;
  facts.has_marker = facts.has_stored = true;
  for (const DesiredFile& file : desired().files) {
    facts.files[file.path] = {.mode = file.mode, .owner = "root:root", .changed_nanoseconds = 1000, .digest = file.digest};
    if (!file.is_program()) facts.texts[file.path] = std::string(as_text(file.content));
  }
  facts.files[std::string(kCurrentLink)] = {.type = 'l', .mode = 0777, .target = "releases/" + release.id};
  facts.files[proven_file(release.id)] = {};
  for (const DesiredFolder& folder : desired().folders)
    facts.files[folder.path] = {.type = 'd', .mode = folder.mode, .owner = folder.user + ":" + folder.user}, facts.users[folder.user] = user_as_made(folder.user);
  for (const std::string& unit : desired().enabled) {
    facts.files[wants_link(unit)] = {.type = 'l', .mode = 0777, .target = unit_file(unit)};
    facts.units[unit] = {.state = "active", .pid = 100};
  }
  for (const std::string_view order : kPrivilegedOrders) facts.files[socket_file(order)] = {.type = 's', .mode = 0600};
  facts.texts[std::string(kHostIdFile)] = id.hex() + "\n";
  facts.texts[certificate_file(kDaemonService)] = certificates.at(Role::daemon);
  facts.texts[certificate_file(kAgentService)] = certificates.at(Role::agent);
  for (const Service& service : {kDaemonService, kAgentService}) facts.processes[std::string(service.program)] = {.pid = 100, .since_nanoseconds = 2000};
  return facts;
}

std::vector<std::string> paths_of(const std::vector<DesiredFile>& files) {
  std::vector<std::string> paths;
  for (const DesiredFile& file : files) paths.push_back(file.path);
  return paths;
}

std::vector<std::string> programs_of(const std::vector<Service>& services) {
  std::vector<std::string> names;
  for (const Service& service : services) names.emplace_back(service.program);
  return names;
}

}  // namespace sparekeep::central
