// One host on its way to what is declared: facts, plan, change, health. Used by one thread.
#pragma once

#include "installer/host/host.h"
#include "installer/install/change_script.h"
#include "installer/install/converge.h"
#include "installer/install/daemon_ports.h"
#include "lib/wire/identity.h"

namespace sparekeep::central {

struct ConvergenceWorld {
  RunningCentral& central;
  const Release& release;
  const CentralFacts& facts;
  const ConvergeOptions& options;
  DaemonPorts& ports;
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
  std::optional<HostId> known_id() const { return id_; }

 private:
  void done(std::string_view task, bool changed, std::string_view detail = {});
  void show_differences();
  void say_plan();
  bool needs_identity() const;
  void place_programs();
  void ask_identity();
  bool declare();
  void place_settings();
  HostEntry entry() const;

  ConvergenceWorld world_;
  const Host& host_;
  std::unique_ptr<HostAccess> access_;
  std::string task_ = "facts";
  bool changed_ = false;
  uint16_t port_ = 0;
  HostFacts facts_;
  DesiredState desired_;
  Plan plan_;
  std::optional<HostId> id_;
  std::map<std::string, IdentityAnswer> identities_;   // by program, of those that were asked
};

}  // namespace sparekeep::central
