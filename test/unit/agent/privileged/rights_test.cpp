#include "agent/privileged/rights.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "lib/base/files.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

constexpr uid_t kUser = 65534;

bool is_asked_for(const std::string& line) {
  const std::string_view names[] = {"Uid:", "Groups:", "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:"};
  return std::any_of(std::begin(names), std::end(names), [&](std::string_view name) { return line.starts_with(name); });
}

// What /proc says of a process that has given rights up: "NAME VALUE" of the lines asked for.
template <typename GiveUp>
std::string status_after(const GiveUp& give_up) {
  const TemporaryFolder folder;
  const pid_t parent = ::getpid();
  const std::string file = folder / "status";
  std::ofstream out(file);
  const pid_t child = ::fork();
  if (child == 0) {
    const Result<void> done = give_up(parent);
    if (!done) out << done.error().text();
    std::ifstream status("/proc/thread-self/status");
    for (std::string line; std::getline(status, line);)
      if (is_asked_for(line)) out << line << '\n';
    out.flush();
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  return read_text(file, 4096).value();
}

bool has_line(const std::string& status, const std::string& line) { return ("\n" + status).find("\n" + line + "\n") != std::string::npos; }

}  // namespace

TEST_CASE("who writes a restore keeps ten capabilities, and nothing can give it more") {
  const std::string status = status_after([](pid_t) { return keep_restore_capabilities(); });
  INFO(status);
  CHECK(has_line(status, "NoNewPrivs:\t1"));
  if (::geteuid() != 0) return;
  for (const std::string name : {"CapPrm", "CapEff", "CapBnd"}) CHECK(has_line(status, name + ":\t000000008820023f"));
}

TEST_CASE("who reads a restore has no rights, and no way to any") {
  if (::geteuid() != 0) return;                        // the whole test runs as root in CI
  const std::string status = status_after([](pid_t parent) { return become_user(kUser, kUser, parent); });
  INFO(status);
  CHECK(has_line(status, "NoNewPrivs:\t1"));
  CHECK(has_line(status, "Uid:\t65534\t65534\t65534\t65534"));
  CHECK(has_line(status, "Groups:\t "));
  for (const std::string name : {"CapPrm", "CapEff", "CapAmb", "CapInh"}) CHECK(has_line(status, name + ":\t0000000000000000"));
}
