// The central for the duration of one command: STATE opened and locked, HTTPS served to daemons and agents, master file
// issued as reports come in. It stays until it is destroyed, and leaves nothing behind. All calls are thread safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "installer/central/catalogue.h"
#include "installer/central/run_board.h"
#include "installer/central/state.h"
#include "lib/net/endpoint.h"
#include "lib/net/tls.h"
#include "lib/vault/vault_keys.h"
#include "lib/wire/order.h"
#include "lib/wire/report.h"
#include "lib/wire/run.h"

namespace sparekeep::central {

struct RecordNews;

struct CentralOptions {
  Path state;
  Duration wait_lock{};
  std::string address = "127.0.0.1";       // where hosts reach it, as far as that is the same for all of them
  std::string listen = {};                 // where it listens; empty: there
  std::optional<uint16_t> port;            // none: the one kept in STATE, otherwise a free one, kept from then on
  bool keep_address = true;                // false: what STATE says of that stays as it is
};

// What install found out on a host and declares. Ids are made on the host.
struct HostDeclaration {
  HostEntry host;                                  // recipient may be empty: what is known already is kept
  std::optional<uint16_t> daemon_port;             // it is a storage system, and agents reach it here
  std::string daemon_address;                      // where agents reach it; host.address where empty
};

class RunningCentral {
 public:
  // Throws as CentralState::open does; busy when the port is taken. Rebuilds a missing catalogue from the daemons.
  RunningCentral(const CentralOptions& options, Clock& clock, Random& random);
  ~RunningCentral();
  RunningCentral(const RunningCentral&) = delete;

  const CentralState& state() const;
  Catalogue& catalogue();
  std::vector<std::string> unheard() const;        // systems by whose copies a lost catalogue is not yet made again; none: it is whole
  Endpoint endpoint() const;                       // what hosts are told
  Tls tls() const;                                 // for clients of daemons: a certificate with the roles central and admin
  PeerCheck peer_check() const;                    // of daemons: an ended certificate is taken for a while, a revoked one is not

  // --- membership and certificates (install)
  // Adds or updates a host; a new storage system enters the master file as `new`. Says whether anything changed.
  bool declare(const HostDeclaration& declaration);
  // Between these two, master files are issued now and then instead of at each change: what is declared stands in one at the latest at the second.
  void hold_master_files();
  void let_master_files_go();
  void set_declared(const HostId& host, bool declared);          // a system that no inventory names is `undeclared`
  void end_storage(const HostId& host);                          // so is one whose host has lost the role: it is read, and gets nothing new
  void remove(const HostId& host);                               // uninstall: out of the master file; its certificates are revoked
  std::string issue_certificate(const std::string& request_pem, const HostId& host, const std::set<Role>& roles);  // and notes its serial
  void set_recipient(const HostId& agent, const RecipientKey& key);

  // --- systems and master file
  std::vector<StorageSystem> systems();                          // as known now, by name
  std::shared_ptr<const MasterCopy> master() const;              // the newest; never null
  std::vector<HostId> wait_for_reports(const std::vector<HostId>& systems, Duration limit);   // those that did not report since the start
  bool wait_for_delivered_report(const HostId& system, Duration since, Duration limit);   // not by an answer to a greeting; since: boot time
  void take_report(const HostId& daemon, const DaemonReport& report);   // by its answer to a greeting; throws denied, not_found
  void refresh(Duration limit);                                  // says hello to each, and waits for their reports; offline where nobody answers
  RecordNews take_up_records();                                  // what the systems hold and the catalogue does not know (record_news.h)

  // --- runs (apply, restore)
  // Signs with the admin's key, notes the run, wakes the agent. run, issued and expires are filled in where they are empty.
  RunId enqueue(Order order);
  Result<RunResult> wait_for(const RunId& run, const WaitLimits& limits, const RunListener& listener);
  std::optional<Time> last_seen(const HostId& agent) const;      // since the start
  bool wait_for_agent(const HostId& agent, Duration limit, Duration since = {});   // until it polls (after that boot time); true if it did

  // --- keys. Each use of the escrow key is in the audit log before it is made. denied: escrow is offline, or the host has
  // no recipient key; not_found: no key record of that vault here.
  Result<std::string> reseal_key(const VaultId& vault, const RunId& run, const SnapshotId& snapshot, const HostId& agent);   // RestoreOrder::key_box
  Result<VaultKeys> open_vault_keys(const VaultId& vault, const std::string& actor, const std::string& purpose);        // for reading here
  Result<MetadataKeys> open_metadata_keys(const VaultId& vault, const std::string& actor, const std::string& purpose);  // for browsing here

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sparekeep::central
