#include "lib/cli/program.h"

#include "test/support/catch.h"

#include <fstream>
#include <sstream>

using namespace sparekeep;

namespace {

Program program() {
  const Command greet{
      .name = "greet",
      .group = "Talking",
      .summary = "says hello",
      .options = {{.name = "name", .taking = Taking::value, .value_name = "NAME", .documentation = "whom to greet", .fallback = "you"}},
      .positionals = {{"WORD", 0, 5}},
      .example = "sparekeep greet --name web1",
      .run = [](CommandContext& context) {
        context.console.print("hello " + *context.arguments.value("name"));
        context.console.json(JsonObject().set("hello", *context.arguments.value("name")));
        context.console.progress("on the way");
        context.console.say("said", Color::green);
        return Outcome();
      }};
  const Command fail{.name = "fail", .group = "Failing", .summary = "fails", .run = [](CommandContext&) -> Outcome {
                       throw Error(ErrorKind::busy, "no time");
                     }};
  const Command crash{
      .name = "crash", .group = "Failing", .summary = "breaks", .run = [](CommandContext&) -> Outcome { throw std::runtime_error("oh"); }};
  const Command partly{
      .name = "partly", .group = "Failing", .summary = "half", .run = [](CommandContext&) -> Outcome { return ErrorKind::partial; }};
  const Command older{.name = "older",
                      .group = "Talking",
                      .summary = "has a version",
                      .options = {{.name = "version", .taking = Taking::value, .value_name = "N", .documentation = "which"}},
                      .run = [](CommandContext& context) {
                        context.console.print("version " + context.arguments.value("version").value_or("none"));
                        return Outcome();
                      }};
  return {.name = "sparekeep",
          .summary = "backs up",
          .version = "0.1.0",
          .options = central_options(),
          .commands = {greet, fail, crash, partly, older}};
}

struct Ran {
  int code;
  std::string out, err;
};

Ran run(const std::vector<std::string>& arguments, const Environment& environment = {}, bool terminal = false) {
  std::istringstream in;
  std::ostringstream out, err;
  const int code = run_program(program(), arguments, environment, {in, out, err, terminal, terminal, terminal, 80});
  return {code, out.str(), err.str()};
}

}  // namespace

TEST_CASE("output that could not be written is no success") {
  std::istringstream in;
  std::ostringstream err;
  std::ofstream out("/dev/full");
  CHECK(run_program(program(), {"greet"}, {}, {in, out, err, false, false, false, 80}) == 1);
  CHECK(err.str().find("error: writing to standard output failed: what was printed is not whole\n") != std::string::npos);
}

TEST_CASE("a command runs with what was typed") {
  CHECK(run({"greet"}).out == "hello you\nsaid\n");
  CHECK(run({"greet", "--name", "web1", "-q"}).out == "hello web1\n");
  const Ran json = run({"--json", "greet"});
  CHECK(json.out == "{\"hello\":\"you\"}\n");
  CHECK(json.err == "said\n");
  CHECK(json.code == 0);
}

TEST_CASE("failure becomes a message and an exit code") {
  CHECK(run({"fail"}).err == "error: no time\n");
  CHECK(run({"fail"}).code == 11);
  CHECK(run({"crash"}).err == "error: this is a bug in sparekeep, or memory is short: oh\n");
  CHECK(run({"crash"}).code == 1);
  CHECK(run({"partly"}).code == 3);
  CHECK(run({"gret"}).code == 2);
  CHECK(run({"gret"}).err == "error: unknown command 'gret'; did you mean 'greet'?\n");
  CHECK(run({"greet", "--nam", "x"}).code == 2);
  CHECK(run({}).err == "error: no command is named; sparekeep --help lists them\n");
  CHECK(run({}).code == 2);
  CHECK(run({"greet", "--color", "pink"}).err == "error: --color is 'pink'; 'auto', 'always' or 'never' is expected\n");
}

TEST_CASE("a command's own option stands before the global one of its name") {
  CHECK(run({"older", "--version", "3"}).out == "version 3\n");
  CHECK(run({"older"}).out == "version none\n");
  CHECK(run({"--version", "older"}).err == "error: option '--version' has no value; one is expected\n");
  CHECK(run({"greet", "--version"}).out == "sparekeep 0.1.0\n");
}

TEST_CASE("version and help") {
  CHECK(run({"--version"}).out == "sparekeep 0.1.0\n");
  const Ran all = run({"--help"});
  CHECK(all.code == 0);
  CHECK(all.out.starts_with(
      "sparekeep: backs up\n\nUsage: sparekeep COMMAND [OPTIONS] [ARGUMENTS]\n\nTalking:\n  greet                       says hello\n"));
  CHECK(all.out.find("\nGlobal options, which may stand anywhere:\n      --state DIR             the central's state (default "
                     "/var/lib/sparekeep/central, env\n"
                     "                              SPAREKEEP_STATE)\n  -i, --inventory FILE") != std::string::npos);
  CHECK(run({"help"}).out == all.out);
  CHECK(run({"help", "greet"}).out == run({"greet", "--help"}).out);
  CHECK(run({"help", "greet"}).code == 0);
  const Ran one = run({"greet", "-h"});
  CHECK(
      one.out.starts_with("sparekeep greet: says hello\n\nUsage: sparekeep greet [OPTIONS] [WORD...]\n\nOptions:\n"
                          "      --name NAME             whom to greet (default you)\n"));
  CHECK(one.out.ends_with("\nExample:\n  sparekeep greet --name web1\n"));
}

TEST_CASE("colors: on a terminal, unless told otherwise") {
  const std::string green = "\x1b[32msaid\x1b[0m";
  const auto is_green = [&](const Ran& ran) { return ran.out.find(green) != std::string::npos; };
  CHECK(is_green(run({"greet"}, {}, true)));
  CHECK_FALSE(is_green(run({"greet"}, {{"NO_COLOR", "1"}}, true)));
  CHECK_FALSE(is_green(run({"greet"}, {{"TERM", "dumb"}}, true)));
  CHECK(run({"greet"}, {}, true).err.find("\x1b[K") != std::string::npos);
  CHECK(run({"greet"}, {{"TERM", "dumb"}}, true).err.find('\x1b') == std::string::npos);
  CHECK_FALSE(is_green(run({"greet", "--color", "never"}, {}, true)));
  CHECK_FALSE(is_green(run({"greet"})));
  CHECK(is_green(run({"greet", "--color=always"}, {{"NO_COLOR", "1"}})));
}
