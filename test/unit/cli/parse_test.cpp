#include "lib/cli/parse.h"

#include "test/support/catch.h"

using namespace sparekeep;

namespace {

using Words = std::vector<std::string>;

Program program() {
  const Command apply{.name = "apply",
                      .options = {{.name = "limit", .taking = Taking::value, .value_name = "P"},
                                  {.name = "job", .taking = Taking::value, .value_name = "NAME", .repeatable = true},
                                  {.name = "check"},
                                  {.name = "forks", .taking = Taking::value, .value_name = "N", .fallback = "8"},
                                  {.name = "read-data", .taking = Taking::optional_value, .value_name = "PERCENT", .implicit = "100"}},
                      .positionals = {{"PLAYBOOK", 1, SIZE_MAX}}};
  const Command list{.name = "token list"}, token{.name = "token"};
  const Command restore{.name = "restore", .positionals = {{"SNAPSHOT", 1, 1}, {"PATH", 0, 1}}};
  return {.name = "sparekeep", .options = central_options(), .commands = {apply, token, list, restore}};
}

struct Parsed {
  std::string command;
  Arguments arguments;
};

Parsed parse(const Words& words, const std::map<std::string, std::string>& environment = {}) {
  static const Program table = program();  // the arguments point into it
  const CommandChoice choice = choose_command(table, words);
  return {choice.command ? choice.command->name : "", parse_arguments(table, choice, environment)};
}

std::string refused(const Words& words) {
  try {
    parse(words);
    return "nothing";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.text();
  }
}

}  // namespace

TEST_CASE("global options stand anywhere") {
  for (const Words& words : {Words{"--state", "/s", "-vv", "apply", "a.toml", "-i", "x", "--inventory=y"},
                             Words{"apply", "--inventory", "x", "-v", "a.toml", "-v", "--state=/s", "-iy"},
                             Words{"-vvi", "x", "--inventory", "y", "--state=/s", "apply", "a.toml"}}) {
    const Parsed parsed = parse(words);
    CHECK(parsed.command == "apply");
    CHECK(parsed.arguments.value("state") == "/s");
    CHECK(parsed.arguments.values("inventory") == Words{"x", "y"});
    CHECK(parsed.arguments.times("verbose") == 2);
    CHECK(parsed.arguments.positionals() == Words{"a.toml"});
  }
}

TEST_CASE("own options, fallbacks, repeated ones") {
  const Parsed parsed = parse({"apply", "a", "--job", "x", "b", "--job=y", "--check", "--", "--odd"});
  CHECK(parsed.arguments.values("job") == Words{"x", "y"});
  CHECK(parsed.arguments.flag("check"));
  CHECK_FALSE(parsed.arguments.flag("json"));
  CHECK_FALSE(parsed.arguments.value("limit"));
  CHECK(parsed.arguments.integer("forks", 1, 100) == 8);
  CHECK(parsed.arguments.duration("wait-lock") == std::chrono::minutes(5));
  CHECK(parsed.arguments.positionals() == Words{"a", "b", "--odd"});
}

TEST_CASE("an optional value is given only with =") {
  CHECK(parse({"apply", "--read-data", "50"}).arguments.positionals() == Words{"50"});
  CHECK(parse({"apply", "--read-data", "50"}).arguments.value("read-data") == "100");
  CHECK(parse({"apply", "--read-data=50", "a"}).arguments.value("read-data") == "50");
}

TEST_CASE("a dash alone and an empty text are arguments") {
  CHECK(parse({"apply", "-"}).arguments.positionals() == Words{"-"});
  CHECK(parse({"apply", ""}).arguments.positionals() == Words{""});
}

TEST_CASE("two dashes end the options, also before the command") {
  CHECK(parse({"restore", "--", "-i", "--state"}).arguments.positionals() == Words{"-i", "--state"});
  const Parsed parsed = parse({"-v", "--", "restore", "-v", "--help"});
  CHECK(parsed.command == "restore");
  CHECK(parsed.arguments.times("verbose") == 1);
  CHECK(parsed.arguments.positionals() == Words{"-v", "--help"});
  CHECK(parse({"--"}).command.empty());
  CHECK(refused({"--", "--state"}) == "unknown command '--state'; sparekeep --help lists what is known");
}

TEST_CASE("a dash alone is the value of an option, too") {
  CHECK(parse({"apply", "a", "-i", "-"}).arguments.values("inventory") == Words{"-"});
  CHECK(parse({"-i-", "--inventory", "-", "apply", "a"}).arguments.values("inventory") == Words{"-", "-"});
}

TEST_CASE("help is a word, too") {
  CHECK(parse({"help"}).command.empty());
  CHECK(parse({"help"}).arguments.flag("help"));
  CHECK(parse({"-v", "help", "token", "list"}).command == "token list");
  CHECK(parse({"help", "restore"}).command == "restore");
  CHECK(parse({"help", "restore", "--json"}).arguments.flag("help"));
  CHECK(parse({"help", "--json"}).arguments.flag("json"));
  CHECK(parse({"restore", "help"}).arguments.positionals() == Words{"help"});
  CHECK(refused({"help", "restroe"}) == "unknown command 'restroe'; did you mean 'restore'?");
  CHECK(refused({"hepl"}) == "unknown command 'hepl'; did you mean 'help'?");
}

TEST_CASE("commands of two words") {
  CHECK(parse({"token", "list"}).command == "token list");
  CHECK(parse({"token"}).command == "token");
  CHECK(parse({}).command.empty());
  CHECK(parse({"--help"}).arguments.flag("help"));
}

TEST_CASE("the environment stands for absent options") {
  const std::map<std::string, std::string> environment{{"SPAREKEEP_STATE", "/e"}, {"SPAREKEEP_INVENTORY", "a:b"}};
  CHECK(parse({"token"}, environment).arguments.value("state") == "/e");
  CHECK(parse({"token"}, environment).arguments.values("inventory") == Words{"a", "b"});
  CHECK(parse({"token", "--state", "/s", "-i", "c"}, environment).arguments.value("state") == "/s");
  CHECK(parse({"token", "--state", "/s", "-i", "c"}, environment).arguments.values("inventory") == Words{"c"});
  CHECK(parse({"token"}, {{"SPAREKEEP_STATE", ""}}).arguments.value("state") == "/var/lib/sparekeep/central");
}

TEST_CASE("each kind of fault has its message") {
  CHECK(refused({"aply"}) == "unknown command 'aply'; did you mean 'apply'?");
  CHECK(refused({"banana"}) == "unknown command 'banana'; sparekeep --help lists what is known");
  CHECK(refused({"apply", "a", "--chekc"}) == "unknown option '--chekc' of command 'apply'; did you mean '--check'?");
  CHECK(refused({"apply", "a", "--lim", "x"}) == "unknown option '--lim' of command 'apply'; did you mean '--limit'?");
  CHECK(refused({"apply", "a", "-x"}) == "unknown option '-x' of command 'apply'; --help lists what is known");
  CHECK(refused({"--jsno", "apply", "a"}) == "unknown option '--jsno'; did you mean '--json'?");
  CHECK(refused({"--check", "apply", "a"}) == "unknown option '--check'; --help lists what is known");
  CHECK(refused({"apply", "a", "--limit"}) == "option '--limit' has no value; one is expected");
  CHECK(refused({"apply", "a", "--limit="}) == "option '--limit' has no value; one is expected");
  CHECK(refused({"apply", "a", "--check=yes"}) == "option '--check' has a value; none is expected");
  CHECK(refused({"apply", "a", "--limit=x", "--limit=y"}) == "option '--limit' is given twice; once is expected");
  CHECK(refused({"apply"}) == "command 'apply' without PLAYBOOK; its --help shows an example");
  CHECK(refused({"restore"}) == "command 'restore' without SNAPSHOT; its --help shows an example");
  CHECK(refused({"restore", "a", "b", "c"}) == "argument 'c' is one too many for command 'restore'; at most 2 are expected");
  CHECK(refused({"token", "x"}) == "argument 'x' is one too many for command 'token'; none is expected");
  CHECK(refused({"apply", "a", "--positional arguments=x"}) ==
        "unknown option '--positional arguments' of command 'apply'; --help lists what is known");
}

TEST_CASE("numbers and durations are checked where they are asked for") {
  const auto text_of = [](auto ask) {
    try {
      ask();
    } catch (const Error& error) {
      return error.text();
    }
    return std::string("nothing");
  };
  const Parsed parsed = parse({"apply", "a", "--forks", "many", "--wait-lock", "soon"});
  CHECK(text_of([&] { parsed.arguments.integer("forks", 1, 64); }) == "--forks is 'many'; an integer from 1 to 64 is expected");
  CHECK(text_of([&] { parsed.arguments.duration("wait-lock"); }) == "--wait-lock is 'soon'; a duration such as \"5m\" is expected");
}
