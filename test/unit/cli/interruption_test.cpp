#include "lib/cli/interruption.h"

#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/cli/program.h"
#include "test/support/catch.h"
#include "test/support/temporary_folder.h"

using namespace sparekeep;

namespace {

constexpr Duration kPatience = std::chrono::seconds(30), kLook = std::chrono::milliseconds(5);

struct Ended {
  int status = 0;
  std::string out, err;
};

// A command that has done a part, says so by a file, and goes on for long; run in a process of its own, which gets `signal`.
Ended interrupted_by(int signal, bool has_summary, void (*before)() = nullptr) {
  const TemporaryFolder folder;
  const Path ready = folder / "ready", out = folder / "out", err = folder / "err";
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (before) before();
    std::ifstream nothing;
    std::ofstream to_out(out), to_err(err);
    const Command command{.name = "work", .group = "Jobs", .summary = "works", .run = [&](CommandContext& context) -> Outcome {
      std::optional<LastWords> words;
      if (has_summary) words.emplace(context.console, [] { return JsonObject().set("type", "summary").set("done", 3); });
      (void)write_durably(ready, ByteSpan());
      system_clock().sleep(kPatience);
      return {};
    }};
    const Program program{.name = "sparekeep", .summary = "works", .version = "1", .options = standard_options(), .commands = {command}, .ends_at_signals = true};
    std::_Exit(run_program(program, {"work", "--json"}, {}, {nothing, to_out, to_err}));
  }
  const Deadline deadline(system_clock(), kPatience);
  while (!std::filesystem::exists(ready) && !deadline.passed()) system_clock().sleep(kLook);
  REQUIRE(::kill(child, signal) == 0);
  Ended ended;
  REQUIRE(::waitpid(child, &ended.status, 0) == child);
  ended.out = read_text(out, 1000).value(), ended.err = read_text(err, 1000).value();
  return ended;
}

}  // namespace

TEST_CASE("an interrupted command says how far it came, and has the exit code of its signal") {
  const Ended typed = interrupted_by(SIGINT, true);
  CHECK(WIFEXITED(typed.status));
  CHECK(WEXITSTATUS(typed.status) == 130);
  CHECK(typed.out == "{\"type\":\"summary\",\"done\":3,\"interrupted\":true}\n");
  CHECK(typed.err == "error: interrupted; what runs on hosts goes on there, and the same command again goes on from here\n");
  const Ended ended = interrupted_by(SIGTERM, false);
  CHECK(WIFEXITED(ended.status));
  CHECK(WEXITSTATUS(ended.status) == 143);
  CHECK(ended.out.empty());
  CHECK(ended.err == "error: terminated\n");
}

TEST_CASE("what has to be done at an interruption is done before the end, and not once it is taken back") {
  std::ifstream nothing;
  std::ostringstream out, err;
  Console console({nothing, out, err}, {});
  int done = 0;
  console.set_last_deed([&] { ++done; });
  console.say_last_words("interrupted");
  CHECK(done == 1);
  console.set_last_deed({});
  console.say_last_words("interrupted");
  CHECK(done == 1);
}

TEST_CASE("a terminal that has gone ends a command, too, unless nohup started it") {
  const Ended gone = interrupted_by(SIGHUP, true);
  CHECK(WIFEXITED(gone.status));
  CHECK(WEXITSTATUS(gone.status) == 129);
  CHECK(gone.out == "{\"type\":\"summary\",\"done\":3,\"interrupted\":true}\n");
  CHECK(gone.err == "error: the terminal has gone; what runs on hosts goes on there, and the same command again goes on from here\n");
  const Ended kept = interrupted_by(SIGHUP, false, [] { std::signal(SIGHUP, SIG_IGN), ::alarm(2); });
  CHECK(WIFSIGNALED(kept.status));
  CHECK(WTERMSIG(kept.status) == SIGALRM);
  CHECK(kept.err.empty());
}

namespace {

bool shows_typing(int terminal) {
  termios settings{};
  REQUIRE(::tcgetattr(terminal, &settings) == 0);
  return (settings.c_lflag & ECHO) != 0;
}

}  // namespace

TEST_CASE("a terminal shows what is typed again after Ctrl-C at a hidden question") {
  int terminal = -1, end = -1;
  REQUIRE(::openpty(&terminal, &end, nullptr, nullptr, nullptr) == 0);
  const Descriptor closes_terminal(terminal), closes_end(end);      // both: with its last end closed a terminal forgets its settings
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    REQUIRE(::login_tty(::dup(end)) == 0);
    std::ofstream to_err(folder / "err");
    const Command command{.name = "ask", .group = "Jobs", .summary = "asks", .run = [](CommandContext& context) -> Outcome {
      context.console.ask_hidden("password:");
      return {};
    }};
    const Program program{.name = "sparekeep", .summary = "asks", .version = "1", .options = standard_options(), .commands = {command}, .ends_at_signals = true};
    std::_Exit(run_program(program, {"ask"}, {}, {std::cin, std::cout, to_err, true}));
  }
  const Deadline deadline(system_clock(), kPatience);
  while (shows_typing(terminal) && !deadline.passed()) system_clock().sleep(kLook);
  CHECK_FALSE(shows_typing(terminal));
  REQUIRE(::write(terminal, "\x03", 1) == 1);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 130);
  CHECK(shows_typing(terminal));
  CHECK(read_text(folder / "err", 1000).value() == "password: \nerror: interrupted\n");
}

TEST_CASE("a command that was carried through leaves signals as they were") {
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  const Program program{.name = "sparekeep", .summary = "works", .version = "1", .options = standard_options(),
                        .commands = {{.name = "work", .group = "Jobs", .summary = "works", .run = [](CommandContext&) { return Outcome(); }}},
                        .ends_at_signals = true};
  std::ifstream nothing;
  std::ofstream sink;
  CHECK(run_program(program, {"work"}, {}, {nothing, sink, sink}) == 0);
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  CHECK(sigismember(&before, SIGINT) == sigismember(&after, SIGINT));
  CHECK(sigismember(&before, SIGTERM) == sigismember(&after, SIGTERM));
  CHECK(sigismember(&before, SIGHUP) == sigismember(&after, SIGHUP));
}
