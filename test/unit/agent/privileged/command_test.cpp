// The output of a command comes as it was written, in bounded memory, and never whole where the command has failed.
#include "agent/orders/command_run.h"

#include <unistd.h>

#include <optional>

#include "lib/base/files.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

constexpr Duration kMoment = std::chrono::milliseconds(300);

struct Heard {
  std::string text;
  std::optional<Error> error;
};

Heard heard(const std::string& line, const std::function<bool()>& stopped = {}, const OutputLimits& limits = {}, const std::string& user = "") {
  Heard all;
  const Result<StartedCommand> started = start_own_command({"db.sql", line, user}, system_clock(), stopped, limits);
  if (!started) return {"", started.error()};
  Bytes buffer(100'000);
  while (true) {
    const Result<size_t> got = started->output->read(buffer);
    if (!got) all.error = got.error();
    if (!got || *got == 0) return all;
    all.text += as_text(ByteSpan(buffer).first(*got));
  }
}

}  // namespace

TEST_CASE("what a command writes on standard output comes whole, and nothing else") {
  CHECK(heard("printf 'a\\0b'; echo warning >&2").text == std::string("a\0b", 3));
  CHECK_FALSE(heard("printf x; echo warning >&2").error);
  CHECK(heard("true").text.empty());
  CHECK(heard("head -c 5000000 /dev/zero").text.size() == 5'000'000);
  CHECK(heard("cat").text.empty());                      // its input is nothing
  CHECK(heard("printf x; exec >&-; sleep 0.2").text == "x");
}

TEST_CASE("a command that fails is told with the end of its standard error, however much it wrote before") {
  const auto error = [](const std::string& line) { return heard(line).error.value().text(); };
  CHECK(error("echo half; echo 'no such database' >&2; exit 3") == "command 'db.sql' exited with 3: no such database\\x0a");
  CHECK(error("exit 75") == "command 'db.sql' exited with 75");
  CHECK(error("kill -9 $$") == "command 'db.sql' exited with 137 (signal 9)");
  CHECK(error("exec no-such-program").starts_with("command 'db.sql' exited with 127: "));
  CHECK(error("head -c 100000 /dev/zero | tr '\\0' 'e' >&2; echo last >&2; exit 1").ends_with("elast\\x0a"));
  CHECK(error("head -c 100000 /dev/zero | tr '\\0' 'e' >&2; exit 1").size() < 3000);
  CHECK(heard("true", {}, {}, "no-such-user").error.value().text() == "command 'db.sql': no user 'no-such-user' on this host");
  if (::geteuid() != 0) CHECK(heard("true", {}, {}, "root").error.value().text() == "command 'db.sql' cannot be run as 'root' by this process");
}

TEST_CASE("a command that says nothing, leaves its output open, or is not wanted any more, is ended and told") {
  const Error silent = heard("echo x; sleep 60", {}, {.silence = kMoment}).error.value();
  CHECK(silent.kind() == ErrorKind::timeout);
  CHECK(silent.text() == "command 'db.sql' wrote nothing for 300 ms");
  const Error open = heard("echo x; sleep 3 & exit 0", {}, {.left_open = kMoment}).error.value();
  CHECK(open.text() == "command 'db.sql' has ended and left something running that still holds its output");
  CHECK(heard("sleep 3 & exit 4", {}, {.left_open = kMoment}).error.value().text() == "command 'db.sql' exited with 4");
  const Error stopped = heard("sleep 60", [] { return true; }).error.value();
  CHECK(stopped.kind() == ErrorKind::interrupted);
  CHECK(stopped.text() == "command 'db.sql' was stopped");
}

TEST_CASE("a command whose output nobody reads waits, and goes when it is left") {
  const TemporaryFolder folder;
  const std::string mark = (folder / "mark").string();
  {
    const Result<StartedCommand> started = start_own_command({"big", "head -c 100000000 /dev/zero; touch " + mark, ""}, system_clock(), {});
    REQUIRE(started);
    Bytes buffer(1000);
    CHECK(started->output->read(buffer).value() > 0);
    system_clock().sleep(kMoment);
    CHECK_FALSE(std::filesystem::exists(mark));          // all but what the pipe holds is not made yet
  }
  system_clock().sleep(kMoment);
  CHECK_FALSE(std::filesystem::exists(mark));
}

TEST_CASE("a command of a user runs as that user, and its file is that user's") {
  if (::geteuid() != 0) return;
  CHECK(heard("id -un; echo $HOME", {}, {}, "nobody").text == "nobody\n/nonexistent\n");
  const Result<StartedCommand> started = start_own_command({"x", "true", "nobody"}, system_clock(), {});
  CHECK(started->uid == 65534);
  CHECK(start_own_command({"x", "true", ""}, system_clock(), {})->uid == 0);
}
