#include "installer/central/system_board.h"

#include <algorithm>
#include <utility>

#include "installer/central/rebuild.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/net/tls.h"

namespace sparekeep::central {

namespace {

constexpr Duration kReissueAfter = kMasterLife / 3;
constexpr Duration kClockMargin = std::chrono::hours(24);

// Foreign numbers, made possible ones.
void take_numbers(StorageSystem& system, const DaemonReport& report, Time now) {
  system.capacity_bytes = report.capacity_bytes;
  system.available_bytes = std::min(report.available_bytes, report.capacity_bytes);
  system.stored_bytes = report.stored_bytes;
  system.reported = now;
}

bool follows_reports(SystemState state) {
  switch (state) {
    case SystemState::fresh:
    case SystemState::up:
    case SystemState::late:
    case SystemState::offline: return true;
    case SystemState::draining:
    case SystemState::undeclared: return false;
  }
  return false;
}

SystemState state_after(Duration silence, SystemState state, const ReportPace& pace) {
  if (silence >= pace.offline_after) return SystemState::offline;
  if (silence >= pace.late_after && state == SystemState::up) return SystemState::late;
  return state;
}

template <typename Item>
std::vector<Item> both(std::vector<Item> all, const std::vector<Item>& others) {
  for (const Item& item : others)
    if (std::find(all.begin(), all.end(), item) == all.end()) all.push_back(item);
  return all;
}

// Systems that were declared after the copy of STATE was made. What is known of others stays: an install corrects it.
void take_unknown(Catalogue& catalogue, const MasterFile& master) {
  for (const StorageSystem& system : master.systems) {
    if (!catalogue.host(system.id)) catalogue.put_host(host_of(system));
    if (!catalogue.system(system.id)) catalogue.put_system({.system = system, .report = {}, .report_received = system.reported});
  }
}

// Certificates that ended before it are taken by nobody: by this clock and by the middle one of the daemons', so that one clock that was set
// wrong takes no revocation back. Where no daemon has reported, none.
Time nobody_takes_before(const std::vector<SystemEntry>& systems, Time now) {
  std::vector<Time> clocks;
  for (const SystemEntry& entry : systems)
    if (entry.report) clocks.push_back(entry.report->now);
  if (clocks.empty()) return Time{};
  const auto middle = clocks.begin() + static_cast<ptrdiff_t>((clocks.size() - 1) / 2);
  std::nth_element(clocks.begin(), middle, clocks.end());
  return std::min(now, *middle) - kCertificateGrace - kClockMargin;
}

}  // namespace

SystemBoard::SystemBoard(const CentralState& state, Catalogue& catalogue, MasterHistory& masters, const Clock& clock)
    : state_(state), catalogue_(catalogue), masters_(masters), clock_(clock), started_(clock.boot_time()) {}

void SystemBoard::open() {
  const std::lock_guard lock(mutex_);
  publish({});
}

SystemEntry SystemBoard::entry_of(const HostId& host) {
  std::optional<SystemEntry> entry = catalogue_.system(host);
  if (!entry) throw Error(ErrorKind::not_found, "host " + in_quotes(host.hex()) + " is no storage system of this central; run sparekeep install");
  return std::move(*entry);
}

ReportPace SystemBoard::pace_of(const HostId& host) {
  const std::optional<HostEntry> entry = catalogue_.host(host);
  return entry && entry->local ? kLocalPace : kRemotePace;
}

void SystemBoard::hold() {
  const std::lock_guard lock(mutex_);
  ++holds_;
}

void SystemBoard::let_go() {
  const std::lock_guard lock(mutex_);
  if (--holds_ == 0) publish_due();
}

void SystemBoard::publish_due() {
  if (is_due_) publish_now({});
}

// A revocation waits for nothing.
void SystemBoard::publish(const std::vector<std::string>& newly_revoked) {
  is_due_ = true;
  if (holds_ == 0 || !newly_revoked.empty()) publish_now(newly_revoked);
}

// What cannot be issued stays due.
void SystemBoard::publish_now(const std::vector<std::string>& newly_revoked) {
  issue_if_changed(newly_revoked);
  is_due_ = false;
}

void SystemBoard::issue_if_changed(const std::vector<std::string>& newly_revoked) {
  const std::vector<StorageSystem> now = systems();
  const std::shared_ptr<const MasterCopy> newest = masters_.newest();
  const bool same_trust = newest && newest->file.delegation_object == state_.delegation_object();
  if (same_trust && !is_old() && newly_revoked.empty() && !changed_enough(newest->file.systems, now)) return;
  MasterContents contents;
  if (newest) contents.writers = newest->file.writers, contents.revoked = newest->file.revoked;
  contents.revoked.insert(contents.revoked.end(), newly_revoked.begin(), newly_revoked.end());
  issue(std::move(contents));
}

bool SystemBoard::is_old() const {
  const std::shared_ptr<const MasterCopy> newest = masters_.newest();
  return !newest || clock_.now() >= newest->file.issued + kReissueAfter;
}

bool SystemBoard::moved_enough(const StorageSystem& system) const {
  const std::shared_ptr<const MasterCopy> newest = masters_.newest();
  const StorageSystem* published = newest ? newest->file.find(system.id) : nullptr;
  return !published || changed_enough({*published}, {system});
}

bool SystemBoard::numbers_may_go() {
  return std::any_of(moved_.begin(), moved_.end(), [&](const HostId& host) {
    const auto before = numbers_issued_.find(host);
    return before == numbers_issued_.end() || clock_.boot_time() - before->second >= pace_of(host).every;
  });
}

// `contents`: writers and revoked serials.
void SystemBoard::issue(MasterContents contents) {
  contents.delegation = state_.delegation(), contents.delegation_object = state_.delegation_object();
  contents.systems = systems();
  const Time ended_before = nobody_takes_before(catalogue_.systems(), clock_.now());
  contents.revoked = revoked_now(contents.revoked, ended_before);
  masters_.issue(std::move(contents), state_.master_signer(), clock_.now());
  for (const HostId& host : std::exchange(moved_, {})) numbers_issued_[host] = clock_.boot_time();
  catalogue_.forget_certificates(ended_before);
}

// Each once, in their order; without those that have ended for everybody.
std::vector<std::string> SystemBoard::revoked_now(const std::vector<std::string>& serials, Time ended_before) {
  std::set<std::string> left_out;
  for (const CertificateEntry& certificate : catalogue_.certificates_ended(ended_before)) left_out.insert(certificate.serial);
  std::vector<std::string> revoked;
  for (const std::string& serial : serials)
    if (left_out.insert(serial).second) revoked.push_back(serial);
  return revoked;
}

void SystemBoard::hear_master(const HostId& peer, ByteSpan object) {
  const MasterCopy copy = read_master_file(object, state_.root()).value();
  const MasterVersion version = copy.file.version();
  if (copy.file.delegation_object != state_.delegation_object())
    throw Error(ErrorKind::denied, "master file " + version.text() + " is of another delegation than this central's, whose epoch is " +
                                       std::to_string(state_.delegation().epoch));
  const std::lock_guard lock(mutex_);
  const std::shared_ptr<const MasterCopy> own = masters_.newest();
  if (version < own->file.version() || copy.digest == own->digest) return;
  take_unknown(catalogue_, copy.file);
  write_durably(state_.paths().rebuilding(), ByteSpan(), {.mode = 0600}).value();     // the next command asks the daemons what it lacks
  if (version > own->file.version()) masters_.adopt(copy);
  issue({.writers = both(copy.file.writers, own->file.writers), .revoked = both(copy.file.revoked, own->file.revoked)});
  tell_put_back(peer, version, own->file.version());
}

// Once a command: others may hold a still higher one.
void SystemBoard::tell_put_back(const HostId& peer, const MasterVersion& heard, const MasterVersion& known) {
  if (std::exchange(told_put_back_, true)) return;
  const std::optional<HostEntry> host = catalogue_.host(peer);
  log_warning("the state in " + in_quotes(state_.paths().state.string()) + " was put back from an older copy: " +
              in_quotes(host ? host->name : peer.hex()) + " holds master file " + heard.text() + ", the newest here was " + known.text() + "; it goes on with " +
              masters_.newest()->file.version().text() + ". Run sparekeep install and apply again for what was declared after that copy; later snapshots come "
              "from the daemons with the next command");
}

void SystemBoard::take(const HostId& peer, const DaemonReport& report) {
  if (report.host != peer) {
    throw Error(ErrorKind::denied, "a report of host " + in_quotes(report.host.hex()) + " by host " + in_quotes(peer.hex()));
  }
  SystemEntry entry = entry_of(peer);
  const StorageSystem before = entry.system;
  take_numbers(entry.system, report, clock_.now());
  if (follows_reports(entry.system.state)) entry.system.state = SystemState::up;
  entry.report = report;
  entry.report_received = clock_.now();
  const bool only_numbers = before.reported != Time{} && before.state == entry.system.state;
  if (only_numbers) {
    catalogue_.put_numbers(entry);
    if (moved_enough(entry.system)) moved_.insert(peer);
  } else {
    catalogue_.put_system(entry);
  }
  if (!only_numbers || numbers_may_go()) publish({});
  heard_[peer] = clock_.boot_time();
  reported_changed_.notify_all();
}

void SystemBoard::take_answer(const HostId& peer, const DaemonReport& report) {
  const std::lock_guard lock(mutex_);
  take(peer, report);
}

ReportAnswer SystemBoard::report(const HostId& peer, const DaemonReport& report) {
  const std::lock_guard lock(mutex_);
  take(peer, report);
  delivered_[peer] = clock_.boot_time();
  const std::shared_ptr<const MasterCopy> newest = masters_.newest();
  const MasterVersion version = newest->file.version();
  const Duration every = pace_of(peer).every;
  return {.master_epoch = version.epoch,
          .master_number = version.number,
          .master_digest = newest->digest.hex(),
          .next_in_milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(every).count()};
}

void SystemBoard::look_at_times() {
  const std::lock_guard lock(mutex_);
  catalogue_.keep_numbers();                           // whatever the rest comes to
  bool changed = false;
  for (SystemEntry& entry : catalogue_.systems()) {
    if (!follows_reports(entry.system.state) || entry.report_received == Time{}) continue;
    const auto heard = heard_.find(entry.system.id);
    const Duration silence = clock_.boot_time() - (heard == heard_.end() ? started_ : heard->second);
    const SystemState state = state_after(silence, entry.system.state, pace_of(entry.system.id));
    if (state == entry.system.state) continue;
    entry.system.state = state;
    catalogue_.put_system(entry);
    changed = true;
  }
  is_due_ = is_due_ || changed || is_old() || numbers_may_go();
  publish_due();
}

void SystemBoard::publish_numbers() {
  const std::lock_guard lock(mutex_);
  if (!moved_.empty()) publish({});
}

bool SystemBoard::declare(const StorageSystem& system) {
  const std::lock_guard lock(mutex_);
  const std::optional<SystemEntry> before = catalogue_.system(system.id);
  SystemEntry entry = before.value_or(SystemEntry{});
  StorageSystem& to = entry.system;
  to.id = system.id, to.name = system.name, to.machine = system.machine;
  to.address = system.address, to.port = system.port, to.zone = system.zone;
  if (to.state == SystemState::undeclared) to.state = to.reported == Time{} ? SystemState::fresh : SystemState::up;
  if (before && before->system == to) return false;
  catalogue_.put_system(entry);
  publish({});
  return true;
}

void SystemBoard::set_declared(const HostId& host, bool declared) {
  const std::lock_guard lock(mutex_);
  std::optional<SystemEntry> entry = catalogue_.system(host);
  if (!entry || (entry->system.state != SystemState::undeclared) == declared) return;
  const SystemState known = entry->system.reported == Time{} ? SystemState::fresh : SystemState::up;
  entry->system.state = declared ? known : SystemState::undeclared;
  catalogue_.put_system(*entry);
  publish({});
}

void SystemBoard::remove(const HostId& host, const std::vector<std::string>& serials) {
  const std::lock_guard lock(mutex_);
  catalogue_.remove_system(host);
  publish(serials);
}

void SystemBoard::set_state(const HostId& host, SystemState state) {
  const std::lock_guard lock(mutex_);
  SystemEntry entry = entry_of(host);
  if (entry.system.state == state || !follows_reports(entry.system.state)) return;
  entry.system.state = state;
  catalogue_.put_system(entry);
  publish({});
}

std::vector<StorageSystem> SystemBoard::systems() {
  std::vector<StorageSystem> out;
  for (SystemEntry& entry : catalogue_.systems()) out.push_back(std::move(entry.system));
  return out;
}

std::vector<HostId> SystemBoard::wait_for_reports(const std::vector<HostId>& hosts, Duration limit) {
  const auto missing = [&] {
    std::vector<HostId> out;
    std::copy_if(hosts.begin(), hosts.end(), std::back_inserter(out), [&](const HostId& host) { return !heard_.contains(host); });
    return out;
  };
  std::unique_lock lock(mutex_);
  reported_changed_.wait_for(lock, limit, [&] { return missing().empty(); });
  return missing();
}

bool SystemBoard::wait_for_delivered(const HostId& host, Duration since, Duration limit) {
  std::unique_lock lock(mutex_);
  return reported_changed_.wait_for(lock, limit, [&] {
    const auto delivered = delivered_.find(host);
    return delivered != delivered_.end() && delivered->second >= since;
  });
}

bool SystemBoard::reported(const HostId& host) const {
  const std::lock_guard lock(mutex_);
  return heard_.contains(host);
}

}  // namespace sparekeep::central
