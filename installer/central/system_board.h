// Storage systems as their reports show them, and the master file that follows: a report comes in, the state changes, and
// when enough is new (changed_enough) the next version is signed and kept before anybody can ask for it. While many systems change one after
// the other (an install), that is held back to one version at each look_at_times(): each names them all, is synced, and goes to all of them.
// What is new in a system's numbers alone makes one version within its pace at most: no daemon fills the disk. The rest waits for look_at_times().
//
// States: new until the first report; up with each report; late, then offline, when reports stay away, counted from this
// central's start at the earliest (it was not there to hear them); undeclared when no inventory names it, whatever it says.
#pragma once

#include <condition_variable>
#include <mutex>
#include <map>

#include "installer/central/catalogue.h"
#include "installer/central/master_history.h"
#include "installer/central/state.h"

namespace sparekeep::central {

struct ReportPace {                                // how often a daemon reports, and when it is missed
  Duration every, late_after, offline_after;
};
constexpr ReportPace kLocalPace{std::chrono::seconds(2), std::chrono::seconds(15), std::chrono::seconds(60)};
constexpr ReportPace kRemotePace{std::chrono::seconds(30), std::chrono::seconds(120), std::chrono::minutes(15)};

constexpr size_t kReportMax = 64 << 10;            // bytes of what a daemon says of itself

class SystemBoard {                                // thread safe
 public:
  SystemBoard(const CentralState& state, Catalogue& catalogue, MasterHistory& masters, const Clock& clock);

  void open();                                                           // a version that is due at the start (age, new delegation)
  ReportAnswer report(const HostId& peer, const DaemonReport& report);   // that it delivered. denied: of another host; not_found: no system here
  void take_answer(const HostId& peer, const DaemonReport& report);      // that the central fetched: it shows no way from the daemon to the central
  // A host holds a master file that this central signed and does not know: STATE was put back from an older copy. It becomes the newest, and a
  // version above it is issued. One that is older, or the newest itself, changes nothing. denied: not of this central's delegation. corrupt.
  void hear_master(const HostId& peer, ByteSpan object);
  void look_at_times();                                                  // late and offline; called now and then
  void publish_numbers();                          // what is new of them, whatever the pace
  void hold();                                     // versions are issued by look_at_times() alone, until as many calls of:
  void let_go();                                   // throws: what is due could not be issued, and stays due

  bool declare(const StorageSystem& system);       // name, machine, address, port, zone; true: something changed
  void set_declared(const HostId& host, bool declared);
  void remove(const HostId& host, const std::vector<std::string>& serials);   // and revokes these certificates
  void set_state(const HostId& host, SystemState state);

  std::vector<StorageSystem> systems();            // as known now, by name
  std::vector<HostId> wait_for_reports(const std::vector<HostId>& hosts, Duration limit);   // who stayed away
  bool wait_for_delivered(const HostId& host, Duration since, Duration limit);   // since: boot time
  bool reported(const HostId& host) const;         // since the start

 private:
  void take(const HostId& peer, const DaemonReport& report);             // with mutex_ held, as all that follow
  void publish(const std::vector<std::string>& newly_revoked);
  bool moved_enough(const StorageSystem& system) const;
  bool numbers_may_go();
  bool is_old() const;
  void publish_due();
  void publish_now(const std::vector<std::string>& newly_revoked);
  void issue_if_changed(const std::vector<std::string>& newly_revoked);
  void issue(MasterContents contents);
  void tell_put_back(const HostId& peer, const MasterVersion& heard, const MasterVersion& known);
  std::vector<std::string> revoked_now(const std::vector<std::string>& serials, Time ended_before);
  ReportPace pace_of(const HostId& host);
  SystemEntry entry_of(const HostId& host);

  const CentralState& state_;
  Catalogue& catalogue_;
  MasterHistory& masters_;
  const Clock& clock_;
  const Duration started_;                         // by the boot clock, as all silence: a step of the wall clock is none
  mutable std::mutex mutex_;
  std::condition_variable reported_changed_;
  bool told_put_back_ = false, is_due_ = false;
  int holds_ = 0;
  std::map<HostId, Duration> heard_;               // when each reported last, since the start
  std::map<HostId, Duration> delivered_;           // the same, of those that came to POST
  std::set<HostId> moved_;                         // whose numbers are no longer those of the newest version
  std::map<HostId, Duration> numbers_issued_;      // when those of each made a version last
};

}  // namespace sparekeep::central
