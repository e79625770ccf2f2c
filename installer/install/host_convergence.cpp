#include "installer/install/host_convergence.h"

#include <algorithm>
#include <utility>

#include "installer/install/fitness.h"
#include "installer/install/health.h"
#include "installer/install/one_host.h"
#include "installer/install/spoken.h"
#include "lib/base/text.h"
#include "lib/wire/json.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kStepLine = "step ", kServicesStep = "services", kHealthStep = "health";
constexpr Duration kCertificateGrace = std::chrono::hours(24 * 365 * 10);   // past its end it tells the id as well

Role role_of(const Service& service) { return service.role == HostRole::storage ? Role::daemon : Role::agent; }

bool runs(const std::vector<Service>& services, std::string_view program) {
  return std::any_of(services.begin(), services.end(), [&](const Service& service) { return service.program == program; });
}

// Whoever replaced that program may have made it say something else, or less.
bool told_by_another(const HostFacts& facts, const Release& release) {
  if (facts.told_by.empty()) return false;
  const auto file = facts.files.find(facts.told_by);
  const auto own = release.files.find(Path(facts.told_by).filename());
  return file == facts.files.end() || own == release.files.end() || file->second.digest != own->second.digest;
}

}  // namespace

HostConvergence::HostConvergence(const ConvergenceWorld& world, const Host& host) : world_(world), host_(host), access_(world.options.door.open(host)) {}

void HostConvergence::done(std::string_view task, bool changed, std::string_view detail) {
  changed_ = changed_ || changed;
  done_.push_back({changed ? TaskState::changed : TaskState::ok, std::string(task), std::string(detail)});
}

void HostConvergence::say_done() { world_.tasks.add(host_.name, std::exchange(done_, {})); }

// Where nothing on the host of a known daemon is to be changed, it counts that the way to its port is open, and that it has answered its own host.
void HostConvergence::reach_daemon() {
  if (host_.is_local() || world_.options.check || !host_.has_role(HostRole::storage)) return;
  probed_ = system_to_reach(world_.systems, host_.name);
  if (probed_) probe_.emplace(Endpoint{probed_->address, probed_->port}, world_.lookups, world_.options.clock);
}

bool HostConvergence::has_answered() {
  if (!probed_ || declared_ || !(plan_.empty() || plan_.only_rereads()) || facts_.hello.empty()) return false;
  return probed_->id == id_ && probe_->opens() && hear_hello(world_.central, *probed_, facts_.hello);
}

Result<HostFacts> HostConvergence::ask_facts(FactsTeller by) const {
  std::vector<std::string> wake{std::string(kAgentService.program)};
  std::string hello;
  const std::shared_ptr<const MasterCopy> master = world_.central.master();
  if (probed_) hello = master->file.version().text() + ":" + master->digest.hex();
  else wake.emplace_back(kDaemonService.program);
  const FactsWish wish{.release = world_.release.id, .wake = std::move(wake), .hello = std::move(hello), .known = world_.known.stamps(host_.name),
                       .by = by};
  const Result<std::string> document = output_of(*access_, {.script = facts_script(host_, wish), .limit = kFactsLimit});
  Result<HostFacts> facts = parse_facts(host_, document.value());
  if (facts) world_.known.meet(host_.name, *facts);
  return facts;
}

// Where a program of the release lay at the last look, nothing is sent that only a host without one needs: nine tenths of the script.
FactsTeller HostConvergence::likely_teller() const {
  const auto lay_there = [&](const Service& service) {
    const auto program = world_.release.files.find(std::string(service.program));
    return program != world_.release.files.end() && world_.known.has(host_.name, program->second.digest);
  };
  return lay_there(kDaemonService) || lay_there(kAgentService) ? FactsTeller::program : FactsTeller::any;
}

// A program tells them where one of the release lies there. It is believed where its digest is that of the release, which shows only now.
void HostConvergence::read_facts() {
  reach_daemon();
  Result<HostFacts> facts = ask_facts(likely_teller());
  if (!facts || told_by_another(*facts, world_.release)) facts = ask_facts(FactsTeller::script);
  facts_ = std::move(facts.value());
  id_ = facts_.host_id();
  if (!id_) find_lost_id();
  const bool brought = !host_.roles.empty() && !host_.has_role(HostRole::backup) && facts_.files.contains(std::string(kAgentService.settings));
  if (brought) host_.roles.push_back(HostRole::backup);
  refuse_anothers_host(facts_, world_.central.state().root());
  refuse_anothers_id();
  refuse_unfit_host(host_, facts_, world_.release, world_.options.clock.now());
  refuse_anothers_disk(host_, facts_, id_);
  if (!host_.is_local()) world_.seen.check_machine(facts_.machine, host_.name);
  world_.options.door.tell(2, host_.name + ": facts: " + facts_text(host_, facts_, world_.options.clock.now()));
}

// Whoever has certificates of ours was installed before, and is not to become another host for the loss of one small file.
void HostConvergence::find_lost_id() {
  const std::string authority = world_.central.state().delegation().authority_pem;
  for (const Service& service : services_of(host_)) {
    const auto text = facts_.texts.find(certificate_file(service));
    if (text == facts_.texts.end()) continue;
    const Result<CertificateFacts> certificate = verify_certificate(text->second, authority, world_.options.clock.now(), kCertificateGrace);
    if (certificate) lost_id_ = certificate->identity.host;
  }
  if (!lost_id_) return;
  id_ = lost_id_;
  facts_.texts[std::string(kHostIdFile)] = lost_id_->hex() + "\n";
  facts_.files.erase(std::string(kHostIdFile));
}

// A host says itself who it is. Under a name of its own it is believed, since its address and login are declared; under another's name,
// or one that has gone, it would get that one's orders and keys.
void HostConvergence::refuse_anothers_id() const {
  const std::optional<HostEntry> known = id_ ? world_.central.catalogue().host(*id_) : std::nullopt;
  if (!known || known->name == host_.name || !world_.inventory.find(known->name)) return;
  throw Error(ErrorKind::failed, "it has the id of " + in_quotes(known->name) + ", which the inventory names, too; if that is its old name, or both are " +
                                     "names of one machine, take that one out of the inventory; if it is a copy of that machine, remove /etc/sparekeep and " +
                                     "/var/lib/sparekeep on the copy");
}

// An id that was removed still stands for vaults and certificates: whoever has it gets their keys.
bool HostConvergence::needs_proof() const {
  if (!id_) return false;
  Catalogue& catalogue = world_.central.catalogue();
  if (const std::optional<HostEntry> known = catalogue.host(*id_)) return known->name != host_.name;
  return lost_id_.has_value() || !catalogue.certificates(*id_).empty() || catalogue.owned_by(*id_).vaults > 0;
}

// A certificate of that id lies there, and its key, too: the request that a program has just made is signed with it.
void HostConvergence::prove_id() const {
  const std::string& authority = world_.central.state().delegation().authority_pem;
  for (const Service& service : desired_.services) {
    const auto text = facts_.texts.find(certificate_file(service));
    const auto answer = identities_.find(std::string(service.program));
    if (text == facts_.texts.end() || answer == identities_.end()) continue;
    const Result<CertificateFacts> certificate = verify_certificate(text->second, authority, world_.options.clock.now(), kCertificateGrace);
    const Result<PublicKey> key = read_request_key(answer->second.request);
    if (certificate && key && certificate->identity.host == *id_ && certificate->public_key == *key) return;
  }
  const std::optional<HostEntry> known = world_.central.catalogue().host(*id_);
  const std::string become = "remove /etc/sparekeep and /var/lib/sparekeep on it, and it becomes a host of its own";
  if (known)
    throw Error(ErrorKind::failed, "it has the id of " + in_quotes(known->name.empty() ? id_->hex() : known->name) + " and no key that proves it; install it under "
                                   "that name, or " + become);
  throw Error(ErrorKind::failed, "it has the id " + in_quotes(id_->hex()) + " of a host that was removed, and no key of its roles here that proves it; give it the roles "
                                 "that it had, put back what that host had in /var/lib/sparekeep, or " + become);
}

void HostConvergence::plan() {
  task_ = "plan";
  if (services_of(host_).empty()) throw Error(ErrorKind::failed, "it has no role; give it roles = [\"storage\"] or [\"backup\"]");
  if (host_.has_role(HostRole::storage)) port_ = world_.ports.port_for(host_, facts_);
  const CentralState& state = world_.central.state();
  told_ = {world_.inventory.central.address.empty() || host_.is_local() ? access_->central_address().value() : world_.inventory.central.address,
           world_.central.endpoint().port};
  const CentralFacts central{told_, state.root(), state.delegation_object()};
  desired_ = desired_state(host_, central, world_.release, {.supervision = supervision_of(host_, facts_), .daemon_port = port_, .machine = facts_.machine,
                                                            .has_daemon = facts_.files.contains(std::string(kDaemonService.settings)), .id = id_});
  const std::shared_ptr<const MasterCopy> master = world_.central.master();
  plan_ = make_plan(host_, facts_, desired_, {.authority_pem = state.delegation().authority_pem, .now = world_.options.clock.now(),
                                              .revoked = [master](const std::string& serial) { return master->file.is_revoked(serial); }});
  refuse_unfit_places(host_, facts_, world_.release, plan_);
  if (id_ && !needs_proof()) world_.seen.check(*id_, host_.name);
  world_.options.door.tell(2, host_.name + ": plan: " + plan_text(plan_, host_, facts_));
  show_differences();
}

void HostConvergence::show_differences() {
  if (!world_.options.show_diff) return;
  std::vector<DesiredFile> texts = plan_.settings;
  texts.insert(texts.end(), plan_.units.begin(), plan_.units.end());
  for (const DesiredFile& file : texts) {
    if (file.path == kDelegationFile) continue;
    world_.options.show_diff(difference_of(host_.name, facts_, file, desired_.supervision));
  }
}

void HostConvergence::say_plan() {
  const std::string owned = users_and_folders_of(plan_);
  if (desired_.supervision != Supervision::folder) done("users and folders", !owned.empty(), owned);
  done("programs", !plan_.programs.empty() || plan_.switches || plan_.proves || plan_.tidies, release_of(plan_, facts_.current_release()));
  if (host_.has_role(HostRole::storage)) done("storage", plan_.make_storage, plan_.make_storage ? host_.storage.path : "");
  done("certificates", !plan_.certificates.empty(), program_names(plan_.certificates));
  const std::string settings = settings_of(plan_);
  done("configuration", !settings.empty(), settings);
  const std::string units = units_of(plan_);
  if (desired_.supervision == Supervision::systemd || !units.empty()) done("units", !units.empty(), units);
  for (const Service& service : desired_.services) {
    const std::string reason = reason_to_start(service, facts_, plan_, desired_.supervision);
    done(service.program, !reason.empty(), reason);
  }
  const bool starts_daemon = std::any_of(plan_.starts.begin(), plan_.starts.end(), [](const Service& each) { return each.role == HostRole::storage; });
  if (desired_.keeps_daemon && starts_daemon) done(kDaemonService.program, true, "release " + plan_.release);
}

bool HostConvergence::predicted() {
  if (!world_.options.check) return false;
  say_plan();
  const std::optional<HostEntry> known = id_ ? world_.central.catalogue().host(*id_) : std::nullopt;
  done("registration", would_register(), known && !known->name.empty() && known->name != host_.name ? "renamed from " + known->name : "");
  say_done();
  return true;
}

// Exactly when declare() would say so.
bool HostConvergence::would_register() const {
  if (!id_) return true;
  const HostDeclaration wanted = declaration();
  const std::optional<HostEntry> known = world_.central.catalogue().host(*id_);
  if (known && host_.has_role(HostRole::backup) && has_other_recipient(*known)) return true;
  if (host_.has_role(HostRole::backup) && facts_.lost_keys.contains(recipient_key_file())) return true;
  if (!known || !known->declared || known->name != wanted.host.name || known->zone != wanted.host.zone || known->address != wanted.host.address) return true;
  if (known->machine != wanted.host.machine || known->local != wanted.host.local) return true;
  if (!std::includes(known->roles.begin(), known->roles.end(), wanted.host.roles.begin(), wanted.host.roles.end())) return true;
  if (!wanted.daemon_port) return false;
  const std::optional<SystemEntry> entry = world_.central.catalogue().system(*id_);
  if (!entry) return true;
  const StorageSystem& system = entry->system;
  return system.port != *wanted.daemon_port || system.address != wanted.daemon_address || system.state == SystemState::undeclared;
}

bool HostConvergence::needs_identity() const {
  if (!id_ || plan_.make_storage || !plan_.certificates.empty() || needs_proof()) return true;
  const std::optional<HostEntry> known = world_.central.catalogue().host(*id_);
  return host_.has_role(HostRole::backup) && (!known || has_other_recipient(*known));
}

// What is sealed for this host is sealed for its key: another one in its place, whosoever it is, is registered.
bool HostConvergence::has_other_recipient(const HostEntry& known) const {
  return known.recipient.is_zero() || (!facts_.recipient.is_zero() && facts_.recipient != known.recipient);
}

// The id is read by what comes after it; all others are for programs that start at the end.
void HostConvergence::place_settings(ChangeScript& script, bool id) const {
  for (const DesiredFile& file : plan_.settings)
    if ((file.path == kHostIdFile) == id) script.place({.path = file.path, .mode = file.mode, .content = file.content, .source = {}});
}

// In an order in which each step finds what it needs; the answer comes in the middle, so that one script does it all.
ChangeScript HostConvergence::change_script(std::vector<ByteSpan>& input) const {
  ChangeScript script(host_, desired_.supervision, plan_.release);
  script.step("users and folders").of_central(world_.central.state().root());
  script.users(plan_.users).mend(plan_.mends).folders(desired_.services, plan_.folders).keys(plan_.keys).discard(plan_.leftovers);
  place_settings(script, true);
  script.step("programs");
  for (const DesiredFile& file : plan_.programs) {
    if (access_->shares_files()) {
      script.place({.path = file.path, .mode = file.mode, .content = {}, .source = file.source});
      continue;
    }
    input.push_back(world_.packed.packed(Path(file.path).filename()));
    script.unpack(file, input.back().size());
  }
  script.settle();
  if (needs_identity()) {
    script.step("storage");
    for (const Service& service : desired_.services) script.identity(service, plan_.make_storage && service.role == HostRole::storage);
    script.step("certificates").ask_certificates(plan_.certificates);
  }
  script.step("configuration");
  if (plan_.switches) script.use_release();
  place_settings(script, false);
  for (const DesiredFile& file : plan_.units) script.place({.path = file.path, .mode = file.mode, .content = file.content, .source = {}});
  script.settle().enable(plan_.links);
  script.step(kServicesStep).remove_units(plan_.strays).stop_units(plan_.unread).reread(plan_.rereads).start(plan_.starts, plan_.sockets, plan_.reload);
  if (plan_.proves) return script.step(kHealthStep).prove();
  return plan_.tidies ? script.tidy() : script;
}

void HostConvergence::change() {
  task_ = "change";
  asks_ = needs_identity();
  if (!plan_.empty() || asks_) {
    std::vector<ByteSpan> input;
    const std::string script = change_script(input).text();
    ScriptRun run{.script = script, .limit = kChangeLimit, .input = std::move(input)};
    run.answer = [this](const std::string& out) { return answer(out); };
    run.on_line = [this](std::string_view line) { note_step(line); };
    output_of(*access_, run).value();
  }
  task_ = "registration";
  if (!declared_) declare_host();
  say_plan();
  done("registration", declared_);
  say_done();
}

// What runs there may be another script: it is answered as ours asks, for certificates once, and whether all works where that is to be proven.
Result<std::string> HostConvergence::answer(const std::string& out) {
  if (plan_.proves && task_ == kHealthStep) return verdict();
  if (asks_ && identities_.empty()) return certificates_for(out);
  return Error(ErrorKind::failed, "it asks something where no script of ours does");
}

// The only way into the catalogue: whatever a host says or leaves out, it gets no id that it has to prove and did not.
void HostConvergence::declare_host() {
  if (asks_ && identities_.empty()) throw Error(ErrorKind::failed, "its programs did not say who they are");
  refuse_anothers_id();
  if (needs_proof()) prove_id();
  if (id_) world_.seen.check(*id_, host_.name);
  declared_ = world_.central.declare(declaration()) || declared_;
}

void HostConvergence::note_step(std::string_view line) {
  if (!line.starts_with(kStepLine)) return;
  task_ = printable(line.substr(kStepLine.size()));
  if (task_ == kServicesStep) started_ = world_.options.clock.boot_time();
}

// What the script asks when all runs: whether it works, seen from here.
Result<std::string> HostConvergence::verdict() {
  try {
    declare_host();
    wait_for_health();
    works_ = true;
    return std::string("good\n");
  } catch (const std::exception& fault) {
    sick_ = error_of(fault);
    return "bad " + printable(sick_->text()) + "\n";
  }
}

// A host is declared before it gets certificates: they are noted with it.
Result<std::string> HostConvergence::certificates_for(const std::string& answers) {
  try {
    read_identities(answers);
    declare_host();
    std::string out;
    for (const Service& service : plan_.certificates) {
      const std::string pem = world_.central.issue_certificate(identities_.at(std::string(service.program)).request, *id_, {role_of(service)});
      out += std::to_string(pem.size()) + "\n" + pem;
    }
    return out;
  } catch (const std::exception& fault) {
    return error_of(fault);
  }
}

void HostConvergence::read_identities(const std::string& answers) {
  for (const std::string& line : split_text(answers, '\n')) {
    const std::vector<std::string> words = split_text(line, ' ');
    if (words.size() < 3 || words[0] != "identity") continue;
    if (!runs(desired_.services, words[1])) throw Error(ErrorKind::failed, "it says who " + in_quotes(words[1]) + " is, which is no program of it");
    const size_t head = words[0].size() + words[1].size() + 2;
    identities_[words[1]] = during(words[1] + " identity", from_json<IdentityAnswer>(std::string_view(line).substr(head))).value();
    id_ = identities_[words[1]].host;
  }
  if (identities_.size() != desired_.services.size()) throw Error(ErrorKind::failed, "its programs did not say who they are");
}

HostDeclaration HostConvergence::declaration() const {
  if (!id_) throw Error(ErrorKind::failed, "its programs did not say who they are");
  HostEntry entry{.id = *id_, .name = host_.name, .address = host_.address, .zone = host_.zone, .machine = facts_.machine, .local = host_.is_local()};
  for (const Service& service : desired_.services) entry.roles.insert(role_of(service));
  const auto agent = identities_.find(std::string(kAgentService.program));
  if (agent != identities_.end()) entry.recipient = RecipientKey::parse(agent->second.recipient).value();
  HostDeclaration declaration{.host = entry, .daemon_port = {}, .daemon_address = host_.storage.address};
  if (host_.has_role(HostRole::storage)) declaration.daemon_port = port_;
  return declaration;
}

void HostConvergence::wait_for_health() {
  HealthWords words{host_.name, told_};
  for (const Service& service : plan_.starts) {
    if (service.role == HostRole::backup) words.since = started_;
    else words.daemon_since = started_;
  }
  if (host_.has_role(HostRole::storage)) {
    if (!has_answered()) wait_for_daemon(world_.central, world_.options.clock, *id_, host_.name);
    wait_for_report(world_.central, *id_, words);
    refuse_unusable_disk(world_.central, *id_, host_.storage.path);
  }
  if (host_.has_role(HostRole::backup)) wait_for_polling_agent(world_.central, *id_, words);
}

void HostConvergence::check_health() {
  task_ = "health";
  try {
    if (sick_) throw Error(*sick_);
    if (!works_) wait_for_health();
  } catch (const Error& fault) {
    throw Error(fault.kind(), fault.text() + last_logged(*access_, host_, desired_.supervision));
  }
  done("health", false);
  say_done();
}

}  // namespace sparekeep::central
