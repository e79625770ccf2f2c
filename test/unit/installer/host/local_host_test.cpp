#include <unistd.h>

#include "installer/host/local_host.h"
#include "installer/host/shell_text.h"
#include "test/support/catch.h"

using namespace sparekeep;
using namespace sparekeep::central;

namespace {

constexpr Duration kLimit = std::chrono::seconds(30);

Result<ScriptResult> run(const std::string& script, Duration limit = kLimit) {
  LocalHost host("web1", system_clock());
  return host.run({.script = script, .limit = limit});
}

}  // namespace

TEST_CASE("a script gives its streams and its exit code") {
  const Result<ScriptResult> result = run("echo out; echo err >&2; exit 7\n");
  REQUIRE(result);
  CHECK(result->out == "out\n");
  CHECK(result->err == "err\n");
  CHECK(result->exit_code == 7);
}

TEST_CASE("a script longer than a pipe, with an answer longer than a pipe") {
  std::string script;
  for (int i = 0; i < 20'000; ++i) script += "echo " + std::to_string(i) + " >&2\n";
  const Result<ScriptResult> result = run(script + "head -c 300000 /dev/zero\n");
  REQUIRE(result);
  CHECK(result->out.size() == 300'000);
  CHECK(result->err.ends_with("19999\n"));
}

TEST_CASE("a script past its limit is ended with what it started") {
  const Result<ScriptResult> result = run("sleep 300 & sleep 300\n", std::chrono::seconds(1));
  REQUIRE(!result);
  CHECK(result.error().kind() == ErrorKind::timeout);
  CHECK(result.error().text() == "a script on 'web1' did not end within 1 s");
}

TEST_CASE("a script sees none of our descriptors and signals as they are by default") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Result<ScriptResult> result = run("ls /proc/self/fd | tr '\\n' ' '; grep SigBlk /proc/self/status\n");
  ::close(ends[0]);
  ::close(ends[1]);
  REQUIRE(result);
  CHECK(result->out == "0 1 2 3 SigBlk:\t0000000000000000\n");   // 3 is the folder that ls reads
}

TEST_CASE("a failed script is told by its last lines") {
  LocalHost host("web1", system_clock());
  const Result<std::string> said = output_of(host, {.script = "for i in 1 2 3 4 5 6; do echo line $i >&2; done; exit 1\n", .limit = kLimit});
  REQUIRE(!said);
  CHECK(said.error().text() == "line 3; line 4; line 5; line 6");
  CHECK(output_of(host, {.script = "exit 3\n", .limit = kLimit}).error().text() == "a script exited with 3");
  CHECK(output_of(host, {.script = "echo yes\n", .limit = kLimit}).value() == "yes\n");
}

TEST_CASE("quoted text and bytes come through the shell as they are") {
  const std::string text = "it's \"$HOME\" `id` \\ \n*";
  CHECK(run("printf %s " + shell_quoted(text) + "\n")->out == text);
  std::string bytes;
  for (int value = 0; value < 256; ++value) bytes += static_cast<char>(value);
  CHECK(run("printf " + shell_format(as_bytes(bytes)) + "\n")->out == bytes);
}

TEST_CASE("a word for people is quoted only where a shell would take it for something else") {
  CHECK(shell_word("/srv/sparekeep-1/a_b.c") == "/srv/sparekeep-1/a_b.c");
  for (const std::string text : {"", "/srv/bob's shards", "~/x", "/srv/a;b", "/srv/$(id)", "/srv/\xc3\xa4"})
    CHECK(run("printf %s " + shell_word(text) + "\n")->out == text);
}

TEST_CASE("a script takes its input, asks as often as it likes, and gets the answers") {
  LocalHost host("web1", system_clock());
  const Bytes input(300'000, 'x');
  ScriptRun run{.script = "head -c 300000 | wc -c; echo ask; read -r word; echo $word; echo ask; read -r word; echo $word\n", .limit = kLimit, .input = {input}};
  run.answer = [](const std::string& out) { return Result<std::string>("after " + out); };
  std::vector<std::string> lines;
  run.on_line = [&](std::string_view line) { lines.emplace_back(line); };
  CHECK(host.run(run)->out == "300000\nask\nafter 300000\nask\nafter 300000\n");
  CHECK(lines == std::vector<std::string>{"300000", "after 300000", "after 300000"});
  run.answer = [](const std::string&) { return Result<std::string>(Error(ErrorKind::failed, "not you")); };
  CHECK(host.run(run).error().text() == "not you");
}
