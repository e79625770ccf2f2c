#include "lib/cli/program.h"

#include <unistd.h>

#include "lib/base/text.h"
#include "lib/cli/help.h"
#include "lib/cli/interruption.h"
#include "lib/cli/parse.h"

namespace sparekeep {

namespace {

bool knows_escapes(const Environment& environment) {
  const auto terminal = environment.find("TERM");
  return terminal == environment.end() || terminal->second != "dumb";
}

bool use_color(const Arguments& arguments, const Environment& environment, bool is_terminal) {
  const std::string when = arguments.value("color").value_or("auto");
  if (when == "always") return true;
  if (when == "never") return false;
  const auto no_color = environment.find("NO_COLOR");
  return is_terminal && knows_escapes(environment) && (no_color == environment.end() || no_color->second.empty());
}

ConsoleOptions console_options(const Arguments& arguments, const Environment& environment, const Streams& streams) {
  ConsoleOptions options;
  options.json = arguments.flag("json");
  options.quiet = arguments.flag("quiet");
  options.verbosity = static_cast<int>(arguments.times("verbose"));
  options.color_out = use_color(arguments, environment, streams.out_is_terminal);
  options.color_err = use_color(arguments, environment, streams.err_is_terminal);
  options.knows_escapes = knows_escapes(environment);
  return options;
}

void print_text(Console& console, std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  console.print(text);
}

Outcome run_command(const Program& program, const Command& command, const Arguments& arguments, Console& console) {
  CommandContext context{arguments, console, program};
  try {
    return command.run(context);
  } catch (const Error& error) {
    console.error(error.text());
    return error.kind();
  } catch (const std::exception& error) {
    console.error("this is a bug in sparekeep, or memory is short: " + std::string(error.what()));
    return ErrorKind::failed;
  }
}

int run_chosen(const Program& program, const CommandChoice& choice, const Environment& environment, Streams streams) {
  const Arguments arguments = parse_arguments(program, choice, environment);
  Console plain(streams, {});
  if (arguments.flag("version") && !has_own(choice.command, "version")) return plain.print(program.name + " " + program.version), 0;
  if (arguments.flag("help")) return print_text(plain, choice.command ? command_help(program, *choice.command) : program_help(program)), 0;
  if (!choice.command) throw Error(ErrorKind::usage, "no command is named; " + program.name + " --help lists them");
  Console console(streams, console_options(arguments, environment, streams));
  std::optional<Interruption> interruption;
  if (program.ends_at_signals) interruption.emplace(console);
  return run_command(program, *choice.command, arguments, console).exit_code();
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

namespace {

// Output that went nowhere (a full disk) is no success: what reads it would take half a document for all of it.
int with_output_written(int code, Streams streams) {
  if (streams.out.flush()) return code;
  Console(streams, {}).error("writing to standard output failed: what was printed is not whole");
  return code == 0 ? exit_code(ErrorKind::failed) : code;
}

}  // namespace

int run_program(const Program& program, const std::vector<std::string>& arguments, const Environment& environment, Streams streams) {
  try {
    return with_output_written(run_chosen(program, choose_command(program, arguments), environment, streams), streams);
  } catch (const Error& error) {
    Console(streams, {}).error(error.text());
    return exit_code(error.kind());
  } catch (const std::exception& error) {
    Console(streams, {}).error("this is a bug in sparekeep, or memory is short: " + std::string(error.what()));
    return exit_code(ErrorKind::failed);
  }
}

}  // namespace sparekeep
