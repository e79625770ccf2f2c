#include "installer/commands/login.h"

#include <cstdlib>
#include <memory>
#include <mutex>

#include "installer/commands/central_access.h"
#include "installer/install/converge.h"
#include "lib/cli/console.h"

namespace sparekeep::central {

namespace {

constexpr int64_t kForksMax = 256;

}  // namespace

std::vector<Option> with_login_options(std::vector<Option> options) {
  options.push_back({.name = "forks", .taking = Taking::value, .value_name = "N", .documentation = "hosts worked on at once", .fallback = std::to_string(kForksDefault)});
  options.push_back({.name = "ask-pass", .letter = 'k', .documentation = "ask for the password to log in with where no key is taken"});
  options.push_back({.name = "become", .letter = 'b', .documentation = "run what needs root by sudo"});
  options.push_back({.name = "ask-become-pass", .letter = 'K', .documentation = "ask for the password of sudo; implies --become"});
  return options;
}

void check_login_options(const CommandContext& context) {
  for (const std::string option : {"ask-pass", "ask-become-pass"})
    if (context.arguments.flag(option) && !context.console.interactive())
      throw Error(ErrorKind::usage, "--" + option + ": nobody is there to type a password; a terminal as standard input is expected");
}

LoginOptions login_options_of(CommandContext& context) {
  check_login_options(context);
  const Arguments& arguments = context.arguments;
  const HomeFolder home = home_of(arguments);
  const char* agent = std::getenv("SSH_AUTH_SOCK");  // NOLINT(concurrency-mt-unsafe): nothing here sets the environment
  LoginOptions options{.home = home.path, .agent = agent ? agent : ""};
  options.ask_pass = arguments.flag("ask-pass"), options.become = arguments.flag("become"), options.ask_become_pass = arguments.flag("ask-become-pass");
  if (!home.note.empty()) options.before_first = [&console = context.console, note = home.note] { console.say(note); };
  options.warn = [&console = context.console](const std::string& text) { console.warn(text); };
  options.tell = [&console = context.console](int level, const std::string& text) { console.detail(level, text); };
  options.at_interruption = [&console = context.console](std::function<void()> deed) { console.set_last_deed(std::move(deed)); };
  options.ask = [&console = context.console, one_at_a_time = std::make_shared<std::mutex>()](const std::string& question) {
    const std::lock_guard lock(*one_at_a_time);   // several hosts may want answers, and there is one keyboard
    return Secret(as_bytes(console.ask_hidden(question)));
  };
  return options;
}

size_t forks_of(const Arguments& arguments) { return static_cast<size_t>(arguments.integer("forks", 1, kForksMax).value()); }

void check_exit_code_option(const Arguments& arguments) {
  if (arguments.flag("exit-code") && !arguments.flag("check")) throw Error(ErrorKind::usage, "--exit-code without --check says nothing; both are expected");
}

}  // namespace sparekeep::central
