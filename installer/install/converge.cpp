#include "installer/install/converge.h"

#include <algorithm>

#include "installer/host/script_talk.h"
#include "installer/install/host_convergence.h"
#include "installer/install/one_host.h"
#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/base/worker_pool.h"

namespace sparekeep::central {

namespace {

// How long each part took, for -v; also of a host that fails.
class Timings {
 public:
  Timings(const ConvergeOptions& options, std::string host) : options_(options), host_(std::move(host)) {}
  ~Timings() {
    if (!text_.empty()) options_.door.tell(1, host_ + ": " + text_);
  }
  Timings(const Timings&) = delete;

  template <typename Work>
  void measure(std::string_view name, const Work& work) {
    const Duration began = options_.clock.boot_time();
    const auto note = [&] { text_ += (text_.empty() ? "" : ", ") + std::string(name) + " " + milliseconds_text(options_.clock.boot_time() - began); };
    try {
      work();
    } catch (...) {
      note();
      throw;
    }
    note();
  }

 private:
  const ConvergeOptions& options_;
  const std::string host_;
  std::string text_;
};

class MasterFilesHeld {
 public:
  explicit MasterFilesHeld(RunningCentral& central) : central_(central) { central_.hold_master_files(); }
  ~MasterFilesHeld() {
    if (!is_held_) return;
    if (const Result<void> done = let_go(); !done) log_warning(done.error().text());
  }
  MasterFilesHeld(const MasterFilesHeld&) = delete;

  Result<void> let_go() {
    is_held_ = false;
    return during("issuing a master file", caught([this] { central_.let_master_files_go(); }));
  }

 private:
  RunningCentral& central_;
  bool is_held_ = true;
};

void converge_one(HostConvergence& host, ConvergedHost& out, const ConvergeOptions& options) {
  Timings timings(options, out.name);
  timings.measure("facts", [&] { host.read_facts(); });
  out.told_id = host.told_id();
  timings.measure("plan", [&] { host.plan(); });
  out.id = host.known_id();
  if (host.predicted()) return;
  timings.measure("change", [&] { host.change(); });
  out.id = host.known_id();
  timings.measure("health", [&] { host.check_health(); });
}

}  // namespace

std::vector<ConvergedHost> converge_hosts(RunningCentral& central, const Inventory& inventory, const std::vector<Host>& hosts,
                                          const ConvergeOptions& options, HostTasks& tasks) {
  const Release release = read_release(options.programs, central.state().paths().release(), options.clock.now());
  PackedRelease packed(release);
  DaemonPorts ports;
  SeenIds seen(central.catalogue(), inventory);
  const std::vector<StorageSystem> systems = central.systems();
  NameLookups lookups;
  KnownPrograms known(central.state().paths().known_programs(), options.clock.now());
  std::vector<ConvergedHost> out(hosts.size());
  for (size_t i = 0; i < hosts.size(); ++i) out[i].name = hosts[i].name, tasks.add_host(hosts[i].name);
  const auto converge = [&](size_t i) {
    if (const auto over = options.rollout ? options.rollout->why_over() : std::nullopt) {
      out[i].begun = false;
      return tasks.leave(hosts[i].name, "rollout", *over);
    }
    tasks.begin(hosts[i].name);
    HostConvergence host({central, inventory, release, packed, options, ports, seen, known, systems, lookups, tasks}, hosts[i]);
    out[i].failed = !carry_through_host(tasks, hosts[i].name, [&] { return host.task(); }, [&] { converge_one(host, out[i], options); });
    out[i].changed = host.changed();
    tasks.end(hosts[i].name);
  };
  const std::vector<Rollout::Batch> whole{{0, hosts.size()}};
  MasterFilesHeld held(central);
  for (const Rollout::Batch& batch : options.rollout ? options.rollout->batches() : whole) {
    parallel_for(batch.count, std::max<size_t>(1, options.forks), [&](size_t i) { converge(batch.first + i); });
    if (options.after_batch) options.after_batch(out, batch);
  }
  known.save();
  held.let_go().value();
  return out;
}

Host with_agent(Host host) {
  if (!host.has_role(HostRole::backup)) host.roles.push_back(HostRole::backup);
  return host;
}

Path program_folder() { return std::filesystem::read_symlink("/proc/self/exe").parent_path(); }

}  // namespace sparekeep::central
