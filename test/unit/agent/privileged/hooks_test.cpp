#include "agent/orders/hooks.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>

#include "lib/base/files.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

constexpr Duration kMoment = std::chrono::milliseconds(300);

Result<SkipReason> run(const std::string& line, const LineLimits& limits = {}, const std::string& user = "") {
  return run_hooks({{.run = line, .user = user}}, system_clock(), limits);
}

}  // namespace

TEST_CASE("hooks run in order, and the first that fails ends them") {
  const TemporaryFolder folder;
  const std::string file = folder / "trace";
  REQUIRE(run_hooks({{"echo one >> " + file, ""}, {"echo two >> " + file, ""}}, system_clock()));
  CHECK(run_hooks({{"exit 3", ""}, {"echo three >> " + file, ""}}, system_clock()).error().text() == "hook 'exit 3' exited with 3: ");
  CHECK(read_text(file, 100).value() == "one\ntwo\n");
  CHECK(run("echo why >&2; false").error().text() == "hook 'echo why >&2; false' exited with 1: why\\x0a");
  CHECK(run("exit 75").value() == "hook 'exit 75' asks to skip this run");
  CHECK(run("true", {}, "no-such-user").error().text() == "hook 'true': no user 'no-such-user' on this host");
}

TEST_CASE("a hook has nothing open but input, output and errors, and what this process was given to pass on") {
  const TemporaryFolder folder;
  const std::string file = folder / "open";
  std::string expected = "0\n1\n2\n";
  for (int number = STDERR_FILENO + 1; number < 1024; ++number)
    if (const int flags = ::fcntl(number, F_GETFD); flags >= 0 && (flags & FD_CLOEXEC) == 0) expected += std::to_string(number) + "\n";
  REQUIRE(run("ls /proc/$$/fd | sort -n > " + file + "; true"));
  CHECK(read_text(file, 10'000).value() == expected);
}

TEST_CASE("every hook after a backup runs, and the first that fails is told, with how many more there were") {
  const TemporaryFolder folder;
  const std::string file = folder / "trace", mark = "echo x >> " + file;
  CHECK_FALSE(run_every_hook({{mark, ""}, {mark, ""}}, system_clock()).value());
  CHECK(run_every_hook({{"exit 3", ""}, {mark, ""}}, system_clock()).error().text() == "hook 'exit 3' exited with 3: ");
  CHECK(run_every_hook({{mark, ""}, {"exit 3", ""}, {"true", "no-such-user"}, {mark, ""}, {"exit 75", ""}, {mark, ""}}, system_clock()).error().text() ==
        "hook 'exit 3' exited with 3: ; 2 hooks behind it failed, too");
  CHECK(run_every_hook({{"exit 75", ""}, {"sleep 60", ""}, {mark, ""}}, system_clock(), {.deadline = kMoment}).value() ==
        "hook 'exit 75' asks to skip this run; 1 hook behind it failed, too");
  CHECK(run_every_hook({{"sleep 60", ""}, {mark, ""}}, system_clock(), {.deadline = kMoment}).error().kind() == ErrorKind::timeout);
  CHECK(read_text(file, 100).value() == "x\nx\nx\nx\nx\nx\nx\nx\n");
}

TEST_CASE("a hook that does not end is ended, with all that it started") {
  const Error late = run("sleep 60 & sleep 60", {.deadline = kMoment}).error();
  CHECK(late.kind() == ErrorKind::timeout);
  CHECK(late.text() == "hook 'sleep 60 & sleep 60' did not end within 300 ms");
  CHECK(run("trap '' TERM; sleep 60 & wait; sleep 60", {.deadline = kMoment, .grace = kMoment}).error().kind() == ErrorKind::timeout);
  const Error stopped = run("sleep 60", {.stopped = [] { return true; }}).error();
  CHECK(stopped.kind() == ErrorKind::interrupted);
  CHECK(stopped.text() == "hook 'sleep 60' was stopped");
}

TEST_CASE("what a hook leaves running in the background holds nobody up") {
  const Deadline deadline(system_clock(), std::chrono::seconds(20));
  CHECK(run("sleep 30 & true"));
  CHECK_FALSE(deadline.passed());
}

TEST_CASE("a hook of a user runs as that user") {
  if (::geteuid() != 0) return;                        // the whole test runs as root in CI
  const TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  REQUIRE(run("id -un > " + (folder / "who").string() + "; echo $USER $HOME >> " + (folder / "who").string(), {}, "nobody"));
  CHECK(read_text(folder / "who", 100).value() == "nobody\nnobody /nonexistent\n");
}
