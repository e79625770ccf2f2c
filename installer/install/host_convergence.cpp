#include "installer/install/host_convergence.h"

#include "installer/host/local_host.h"
#include "installer/install/health.h"
#include "installer/install/text_diff.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/wire/json.h"

namespace sparekeep::central {

namespace {

constexpr uint64_t kRoomBeside = 64 << 20;         // free bytes that must be left after the programs

Role role_of(const Service& service) { return service.role == HostRole::storage ? Role::daemon : Role::agent; }

std::string paths_of(const std::vector<DesiredFile>& files) {
  std::vector<std::string> paths;
  for (const DesiredFile& file : files) paths.push_back(file.path);
  return joined(paths, ", ");
}

std::string programs_of(const std::vector<Service>& services) {
  std::vector<std::string> names;
  for (const Service& service : services) names.emplace_back(service.program);
  return joined(names, ", ");
}

}  // namespace

HostConvergence::HostConvergence(const ConvergenceWorld& world, const Host& host) : world_(world), host_(host) {
  if (host.is_local()) access_ = std::make_unique<LocalHost>(host.name, world.options.clock);
}

void HostConvergence::done(std::string_view task, bool changed, std::string_view detail) {
  changed_ = changed_ || changed;
  world_.tasks.add(host_.name, changed ? TaskState::changed : TaskState::ok, task, detail);
}

void HostConvergence::read_facts() {
  if (!access_) throw Error(ErrorKind::failed, "SSH comes with the next release; use connection = \"local\"");
  const Result<std::string> document = output_of(*access_, facts_script(host_), kFactsLimit);
  facts_ = parse_facts(document.value()).value();
  id_ = facts_.host_id();
}

void HostConvergence::plan() {
  task_ = "plan";
  if (host_.has_role(HostRole::storage)) port_ = world_.ports.port_for(host_, facts_);
  desired_ = desired_state(host_, world_.facts, world_.release, port_);
  const std::shared_ptr<const MasterCopy> master = world_.central.master();
  plan_ = make_plan(host_, facts_, desired_, {.authority_pem = world_.central.state().delegation().authority_pem, .now = world_.options.clock.now(),
                                              .revoked = [master](const std::string& serial) { return master->file.is_revoked(serial); }});
  uint64_t bytes = 0;
  for (const DesiredFile& file : plan_.programs) bytes += world_.release.files.at(Path(file.path).filename()).size;
  if (bytes > 0 && facts_.free_bytes < bytes + kRoomBeside)
    throw Error(ErrorKind::failed, "the programs need " + format_size(bytes + kRoomBeside) + " and " + format_size(facts_.free_bytes) + " are free below " +
                                       in_quotes(host_.root));
  show_differences();
}

void HostConvergence::show_differences() {
  if (!world_.options.show_diff) return;
  for (const DesiredFile& file : plan_.settings) {
    if (!file.path.ends_with(".toml")) continue;
    const auto before = facts_.texts.find(file.path);
    world_.options.show_diff(text_diff(host_.name + ":" + file.path, before == facts_.texts.end() ? "" : before->second, std::string(as_text(file.content))));
  }
}

void HostConvergence::say_plan() {
  done("programs", !plan_.programs.empty(), paths_of(plan_.programs));
  if (host_.has_role(HostRole::storage)) done("storage", plan_.make_storage, plan_.make_storage ? host_.storage.path : "");
  done("certificates", !plan_.certificates.empty(), programs_of(plan_.certificates));
  done("configuration", !plan_.settings.empty(), paths_of(plan_.settings));
  for (const Service& service : desired_.services) {
    const std::string reason = reason_to_start(service, facts_, plan_);
    done(service.program, !reason.empty(), reason);
  }
}

bool HostConvergence::predicted() {
  if (!world_.options.check) return false;
  say_plan();
  const std::optional<HostEntry> known = id_ ? world_.central.catalogue().host(*id_) : std::nullopt;
  const bool same = known && known->name == host_.name && known->zone == host_.zone && known->address == host_.address && known->declared;
  done("registration", !same, known && known->name != host_.name ? "renamed from " + known->name : "");
  return true;
}

bool HostConvergence::needs_identity() const {
  if (!id_ || plan_.make_storage || !plan_.certificates.empty()) return true;
  const std::optional<HostEntry> known = world_.central.catalogue().host(*id_);
  return host_.has_role(HostRole::backup) && (!known || known->recipient.is_zero());
}

void HostConvergence::change() {
  if (desired_.services.empty()) throw Error(ErrorKind::failed, "it has no role; give it roles = [\"storage\"] or [\"backup\"]");
  place_programs();
  if (needs_identity()) ask_identity();
  task_ = "registration";
  const bool declared = declare();
  place_settings();
  done("registration", declared);
}

void HostConvergence::place_programs() {
  task_ = "programs";
  if (!plan_.programs.empty()) {
    ChangeScript script(host_);
    script.folders(desired_.services);
    for (const DesiredFile& file : plan_.programs) script.place({.path = file.path, .mode = file.mode, .content = {}, .source = access_->bring(file.source).value()});
    output_of(*access_, script.text(), kChangeLimit).value();
  }
  done("programs", !plan_.programs.empty(), paths_of(plan_.programs));
}

void HostConvergence::ask_identity() {
  task_ = "storage";
  ChangeScript script(host_);
  script.folders(desired_.services);
  for (const Service& service : desired_.services) script.identity(service, plan_.make_storage && service.role == HostRole::storage);
  const std::string answers = output_of(*access_, script.text(), kChangeLimit).value();
  for (const std::string& line : split_text(answers, '\n')) {
    const std::vector<std::string> words = split_text(line, ' ');
    if (words.size() < 3 || words[0] != "identity") continue;
    const size_t head = words[0].size() + words[1].size() + 2;
    identities_[words[1]] = during(words[1] + " identity", from_json<IdentityAnswer>(std::string_view(line).substr(head))).value();
    id_ = identities_[words[1]].host;
  }
  if (identities_.size() != desired_.services.size()) throw Error(ErrorKind::failed, "its programs did not say who they are");
}

HostEntry HostConvergence::entry() const {
  HostEntry entry{.id = *id_, .name = host_.name, .address = host_.address, .zone = host_.zone, .machine = facts_.machine, .local = host_.is_local()};
  for (const Service& service : desired_.services) entry.roles.insert(role_of(service));
  const auto agent = identities_.find(std::string(kAgentService.program));
  if (agent != identities_.end()) entry.recipient = RecipientKey::parse(agent->second.recipient).value();
  return entry;
}

bool HostConvergence::declare() {
  HostDeclaration declaration{.host = entry(), .daemon_port = {}, .daemon_address = host_.storage.address};
  if (host_.has_role(HostRole::storage)) declaration.daemon_port = port_;
  return world_.central.declare(declaration);
}

void HostConvergence::place_settings() {
  if (host_.has_role(HostRole::storage)) done("storage", plan_.make_storage, plan_.make_storage ? host_.storage.path : "");
  task_ = "configuration";
  ChangeScript script(host_);
  script.folders(desired_.services);
  for (const DesiredFile& file : plan_.settings) script.place({.path = file.path, .mode = file.mode, .content = file.content, .source = {}});
  for (const Service& service : plan_.certificates) {
    const std::string& request = identities_.at(std::string(service.program)).request;
    const std::string pem = world_.central.issue_certificate(request, *id_, {role_of(service)});
    const ByteSpan bytes = as_bytes(pem);
    script.place({.path = certificate_file(service), .mode = 0644, .content = Bytes(bytes.begin(), bytes.end()), .source = {}});
  }
  for (const Service& service : plan_.starts) script.stop(service).start(service);
  if (!plan_.settings.empty() || !plan_.certificates.empty() || !plan_.starts.empty()) output_of(*access_, script.text(), kChangeLimit).value();
  done("certificates", !plan_.certificates.empty(), programs_of(plan_.certificates));
  done("configuration", !plan_.settings.empty(), paths_of(plan_.settings));
  for (const Service& service : desired_.services) {
    const std::string reason = reason_to_start(service, facts_, plan_);
    done(service.program, !reason.empty(), reason);
  }
}

void HostConvergence::check_health() {
  task_ = "health";
  if (host_.has_role(HostRole::storage)) {
    wait_for_daemon(world_.central, world_.options.clock, *id_, host_.name);
    wait_for_first_report(world_.central, *id_, host_.name);
  }
  if (host_.has_role(HostRole::backup)) wait_for_polling_agent(world_.central, *id_, host_.name);
  done("health", false);
}

}  // namespace sparekeep::central
