#include <algorithm>
#include <optional>

#include "daemon/commands/commands.h"
#include "daemon/report/own_hello.h"
#include "lib/cli/console.h"
#include "lib/host/host_facts.h"

namespace sparekeep::daemon {

namespace {

constexpr std::string_view kHelloWord = "hello=";

// The greeting goes on while the rest is looked at.
std::string facts(const std::string& root, std::vector<std::string> words) {
  const auto hello = std::find_if(words.begin(), words.end(), [](const std::string& word) { return word.starts_with(kHelloWord); });
  std::optional<OwnHello> greeting;
  if (hello != words.end()) {
    greeting.emplace(HostPaths{Path(root)}, hello->substr(kHelloWord.size()), system_clock());
    words.erase(hello);
  }
  return told_facts(root, words, system_clock().now(), [&] {
    const std::string said = greeting ? greeting->words() : "";
    return said.empty() ? "" : "hello " + said + "\n";
  });
}

}  // namespace

// Asked by install's script of facts, which tells all itself where this fails.
Command facts_command() {
  return {.name = "facts", .group = "Install", .summary = "say what install looks at, where all is much as it left it", .options = {},
          .positionals = {{.name = "WHAT=WHICH", .at_most = 32}}, .example = "  sparekeepd facts files=./etc/sparekeep/delegation.bin",
          .run = [](CommandContext& context) {
            context.console.print_raw(facts(context.arguments.value("root").value(), context.arguments.positionals()));
            return Outcome();
          },
          .hidden = true};
}

}  // namespace sparekeep::daemon
