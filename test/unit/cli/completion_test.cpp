#include "lib/cli/completion.h"

#include "test/support/catch.h"

using namespace sparekeep;

namespace {

Program program() {
  Command apply{.name = "apply", .summary = "runs jobs"};
  apply.options = {{.name = "junit", .taking = Taking::value, .meaning = Meaning::file},
                   {.name = "job", .letter = 'j', .taking = Taking::value, .repeatable = true},
                   {.name = "read", .taking = Taking::optional_value, .choices = {"some", "all"}},
                   {.name = "now"}};
  apply.positionals = {{.name = "PLAYBOOK", .at_least = 1, .at_most = SIZE_MAX, .meaning = Meaning::file}};
  Command shell{.name = "shell"};
  shell.positionals = {{.name = "SHELL", .at_most = 1, .choices = {"bash", "fish"}}, {.name = "TO", .at_most = 1, .meaning = Meaning::folder}};
  return {.name = "sparekeep", .options = central_options(),
          .commands = {apply, shell, {.name = "token create"}, {.name = "token list"}, {.name = "secret", .hidden = true}, complete_command()}};
}

std::vector<std::string> words(const std::vector<std::string>& typed) {
  const Program of = program();
  std::vector<std::string> out;
  for (const Candidate& candidate : complete_words(of, typed).candidates) out.push_back(candidate.word);
  return out;
}

Meaning meaning(const std::vector<std::string>& typed) {
  const Program of = program();
  return complete_words(of, typed).meaning;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("commands, also of two words, without hidden ones") {
  CHECK(words({""}) == Words{"apply", "shell", "token"});
  CHECK(words({}) == Words{"apply", "shell", "token"});
  CHECK(words({"a"}) == Words{"apply"});
  CHECK(words({"s"}) == Words{"shell"});
  CHECK(words({"token", ""}) == Words{"create", "list"});
  CHECK(words({"--state", "x", "-v", "-i", "y", "ap"}) == Words{"apply"});
  CHECK(words({"nothing", "x", ""}).empty());
  CHECK(complete_words(program(), {"a"}).candidates == std::vector<Candidate>{{"apply", "runs jobs"}});
}

TEST_CASE("options: those of the command and global ones, each once unless it is repeatable") {
  CHECK(words({"apply", "--j"}) == Words{"--junit", "--job", "--json"});
  CHECK(words({"apply", "--junit", "a", "--job", "b", "--j"}) == Words{"--job", "--json"});
  CHECK(words({"apply", "--junit=a", "-j", "b", "--json", "--j"}) == Words{"--job"});
  CHECK(words({"--n"}).empty());
  CHECK(words({"apply", "--", "--n"}).empty());
  CHECK(words({"apply", "-jx", "--n"}) == Words{"--now"});
  const Words all = words({"apply", "-"});
  CHECK(std::find(all.begin(), all.end(), "--inventory") != all.end());
}

TEST_CASE("values: choices, files, folders") {
  CHECK(words({"--color", ""}) == Words{"auto", "always", "never"});
  CHECK(words({"--color=al"}) == Words{"--color=always"});
  CHECK(words({"apply", "--color", "n"}) == Words{"never"});
  CHECK(words({"apply", "--read="}) == Words{"--read=some", "--read=all"});
  CHECK(words({"apply", "--read", "s"}).empty());
  CHECK(meaning({"apply", "--read", ""}) == Meaning::file);      // a playbook: an optional value comes with = only
  CHECK(words({"apply", "--now=x"}).empty());
  CHECK(meaning({"apply", "--junit", ""}) == Meaning::file);
  CHECK(meaning({"apply", "--junit=/tm"}) == Meaning::file);
  CHECK(meaning({"-i", ""}) == Meaning::file);
  CHECK(meaning({"-vi", ""}) == Meaning::file);
  CHECK(meaning({"-ix", ""}) == Meaning::word);
  CHECK(meaning({"--state", ""}) == Meaning::folder);
  CHECK(meaning({"apply", "--job", ""}) == Meaning::word);
}

TEST_CASE("arguments by their place") {
  CHECK(meaning({"apply", ""}) == Meaning::file);
  CHECK(meaning({"apply", "a", "b", ""}) == Meaning::file);
  CHECK(meaning({"apply", "--", "-"}) == Meaning::file);
  CHECK(words({"shell", ""}) == Words{"bash", "fish"});
  CHECK(meaning({"shell", "bash", ""}) == Meaning::folder);
  CHECK(meaning({"shell", "bash", "x", ""}) == Meaning::word);
}

TEST_CASE("each script names the program, and a function of its own") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = completion_script({.name = "sparekeep-agent"}, shell);
    CHECK(script.find("PROGRAM") == script.npos);
    CHECK(script.find("FUNCTION") == script.npos);
    CHECK(script.find("sparekeep_agent") != script.npos);
  }
}
