// Against real processes: copies of sleep, which a signal ends.
#include "installer/install/wake.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

class Sleeper {
 public:
  explicit Sleeper(const Path& program) : pid_(::fork()) {
    if (pid_ == 0) {
      ::execl(program.c_str(), program.c_str(), "60", nullptr);
      ::_exit(1);
    }
    while (!std::filesystem::equivalent("/proc/" + std::to_string(pid_) + "/exe", program)) system_clock().sleep(std::chrono::milliseconds(1));
  }
  ~Sleeper() {
    ::kill(pid_, SIGKILL);
    if (!over_) ::waitpid(pid_, nullptr, 0);
  }
  Sleeper(const Sleeper&) = delete;
  std::string pid() const { return std::to_string(pid_); }
  bool was_woken(int options) {
    int status = 0;
    over_ = ::waitpid(pid_, &status, options) == pid_;
    return over_ && WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1;
  }

 private:
  const pid_t pid_;
  bool over_ = false;
};

}  // namespace

TEST_CASE("the programs of the current release are woken, and nobody else for what a pid file says") {
  const TemporaryFolder folder;
  Host host;
  host.name = "h1", host.connection = Connection::local, host.root = folder / "a root's";
  const Path programs = Path(host.root) / "usr/lib/sparekeep", release = programs / "releases/x";
  std::filesystem::create_directories(release);
  std::filesystem::create_directories(Path(host.root) / "run");
  std::filesystem::create_directory_symlink("releases/x", programs / "current");
  for (const char* name : {"sparekeepd", "sparekeep-agent", "other"}) std::filesystem::copy_file("/usr/bin/sleep", release / name);
  Sleeper daemon(release / "sparekeepd"), other(release / "other");
  const auto note = [&](const char* name, const std::string& text) { write_durably(Path(host.root) / "run" / name, as_bytes(text)).value(); };
  note("sparekeepd.pid", daemon.pid() + "\n");
  HostDoor door(system_clock(), {});
  for (const std::string& wrong : {other.pid(), std::string("self"), std::string("-1"), std::string()}) {
    note("sparekeep-agent.pid", wrong + "\n");
    wake_hosts(door, {host}, 1);
  }
  CHECK(daemon.was_woken(0));
  CHECK_FALSE(other.was_woken(WNOHANG));  note("sparekeep-agent.pid", other.pid());
  std::filesystem::resize_file(Path(host.root) / "run/sparekeep-agent.pid", uint64_t{1} << 40);   // by a service that was broken into
  const Duration began = system_clock().boot_time();
  wake_hosts(door, {host}, 1);
  CHECK(system_clock().boot_time() - began < std::chrono::seconds(10));
}
