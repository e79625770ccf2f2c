#include "test/cli/local_fleet.h"

#include <signal.h>
#include <sys/resource.h>

#include <fstream>

#include "test/support/awkward_tree.h"

namespace sparekeep {

namespace {

constexpr int kStores = 6, kStoresPerZone = 2;

std::string inventory_text(const std::string& folder) {
  std::string text = "[defaults]\nconnection = \"local\"\nroot = \"" + folder + "/${host}\"\n\n[groups.storage]\nhosts = [\"store[1:6]\"]\n"
                     "roles = [\"storage\"]\nstorage = { keep_free = \"1 MiB\", quota = \"4 GiB\" }\n\n[groups.sources]\nhosts = [\"web1\", \"web2\", \"spare\"]\n"
                     "roles = [\"backup\"]\n";
  for (int i = 1; i <= kStores; ++i)
    text += "\n[hosts.store" + std::to_string(i) + "]\nzone = \"zone-" + std::to_string((i - 1) / kStoresPerZone) + "\"\n";
  return text;
}

bool kill_process(const std::filesystem::path& pid_file) {
  std::ifstream file(pid_file);
  pid_t pid = 0;
  if (!(file >> pid) || pid <= 1) return false;
  std::error_code fault;
  const std::string program = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", fault).string();
  if (fault || program.find("sparekeep") == std::string::npos) return false;
  return ::kill(pid, SIGKILL) == 0;
}

// Programs get no more open files than an ordinary user has.
void limit_open_files() {
  const rlimit ordinary{.rlim_cur = 1024, .rlim_max = 1024};
  ::setrlimit(RLIMIT_NOFILE, &ordinary);
}

}  // namespace

LocalFleet::LocalFleet() {
  limit_open_files();
  std::filesystem::create_directory(folder_ / "run");
  std::ofstream(folder_ / "inventory.toml") << inventory_text(folder_.path().string());
  for (const std::string host : {"web1", "web2"}) std::filesystem::create_directories(source(host));
}

LocalFleet::~LocalFleet() {
  for (const auto& host : std::filesystem::directory_iterator(folder_.path()))
    for (const std::string program : {"sparekeepd", "sparekeep-agent"}) kill_process(host.path() / "run" / (program + ".pid"));
  clear_tree(folder_.path());
}

ProgramRun LocalFleet::sparekeep(const std::vector<std::string>& arguments, const SentSignal& sent) const {
  return run_beside("sparekeep", arguments,
                    {{"SPAREKEEP_STATE", (folder_ / "central").string()}, {"SPAREKEEP_INVENTORY", (folder_ / "inventory.toml").string()}}, folder_ / "run", sent);
}

void LocalFleet::write_playbook(const std::string& text) const { std::ofstream(playbook(), std::ios::trunc) << text; }

bool LocalFleet::kill_daemon(const std::string& host) const { return kill_process(folder_ / host / "run" / "sparekeepd.pid"); }

}  // namespace sparekeep
