// One host on its way to what is declared: facts, plan, change, health. Used by one thread.
#pragma once

#include "installer/install/change_script.h"
#include "installer/install/converge.h"
#include "installer/install/daemon_ports.h"
#include "installer/install/known_programs.h"
#include "installer/install/reach_probe.h"
#include "installer/install/seen_ids.h"
#include "installer/ssh/host_door.h"
#include "lib/wire/identity.h"

namespace sparekeep::central {

struct ConvergenceWorld {
  RunningCentral& central;
  const Inventory& inventory;
  const Release& release;
  PackedRelease& packed;
  const ConvergeOptions& options;
  DaemonPorts& ports;
  SeenIds& seen;
  KnownPrograms& known;
  const std::vector<StorageSystem>& systems;           // as known before
  NameLookups& lookups;
  HostTasks& tasks;
};

class HostConvergence {                            // every step may throw; task() says at what
 public:
  HostConvergence(const ConvergenceWorld& world, const Host& host);
  void read_facts();
  void plan();
  bool predicted();                                // with check: says what would change; nothing else is to be done
  void change();
  void check_health();

  const std::string& task() const { return task_; }
  bool changed() const { return changed_; }
  std::optional<HostId> told_id() const { return id_; }
  std::optional<HostId> known_id() const { return needs_proof() ? std::nullopt : id_; }   // none that it has still to prove

 private:
  void done(std::string_view task, bool changed, std::string_view detail = {});
  void say_done();
  void find_lost_id();
  void refuse_anothers_id() const;
  bool needs_proof() const;
  void prove_id() const;
  void show_differences();
  void say_plan();
  bool needs_identity() const;
  bool has_other_recipient(const HostEntry& known) const;
  ChangeScript change_script(std::vector<ByteSpan>& input) const;
  void place_settings(ChangeScript& script, bool id) const;
  Result<std::string> answer(const std::string& out);
  void declare_host();
  Result<std::string> certificates_for(const std::string& answers);
  void read_identities(const std::string& answers);
  bool would_register() const;
  void note_step(std::string_view line);
  Result<std::string> verdict();
  void wait_for_health();
  void reach_daemon();
  FactsTeller likely_teller() const;
  Result<HostFacts> ask_facts(FactsTeller by) const;
  bool has_answered();
  HostDeclaration declaration() const;

  ConvergenceWorld world_;
  Host host_;                                          // with the role of an agent that was brought to it without being declared
  std::unique_ptr<HostAccess> access_;
  std::string task_ = "facts";
  std::vector<TaskDone> done_;                         // and not yet said
  bool changed_ = false, declared_ = false, works_ = false;
  bool asks_ = false;                                  // its script asks for certificates, or for a proof of its id
  std::optional<ReachProbe> probe_;                    // of the port of `probed_`, beside the login
  const StorageSystem* probed_ = nullptr;
  std::optional<Error> sick_;                          // what the script was told, where it had no way back
  Duration started_{};                                 // boot time: when its services began to start
  uint16_t port_ = 0;
  Endpoint told_;                                      // where this host reaches the central
  HostFacts facts_;
  DesiredState desired_;
  Plan plan_;
  std::optional<HostId> id_, lost_id_;                 // lost: its file is to be written anew
  std::map<std::string, IdentityAnswer> identities_;   // by program, of those that were asked
};

}  // namespace sparekeep::central
