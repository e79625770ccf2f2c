#include "lib/cli/parse.h"

#include <algorithm>
#include <boost/program_options.hpp>

#include "lib/base/suggestion.h"
#include "lib/base/text.h"

namespace sparekeep {

bool has_own(const Command* command, std::string_view name) {
  return command && std::any_of(command->options.begin(), command->options.end(), [&](const Option& option) { return option.name == name; });
}

namespace {

namespace po = boost::program_options;

constexpr size_t kArgumentsMax = 100'000;
constexpr const char* kEndOfOptions = "--";
constexpr const char* kHelp = "help";      // `help`, `help COMMAND`: what --help prints
constexpr const char* kPositionals = "positional arguments";  // no option can be called so

Error usage(const std::string& text) { return Error(ErrorKind::usage, text); }

std::vector<const Option*> options_of(const Program& program, const Command* command) {
  std::vector<const Option*> options;
  for (const Option& option : program.options)
    if (!has_own(command, option.name)) options.push_back(&option);
  if (command)
    for (const Option& option : command->options) options.push_back(&option);
  return options;
}

Error unknown_option(const std::string& typed, const std::vector<const Option*>& options, const Command* command) {
  std::vector<std::string> known;
  known.reserve(options.size());
  for (const Option* option : options) known.push_back(option->name);
  const std::string nearest = typed.starts_with("--") ? nearest_name(std::string_view(typed).substr(2), known) : "";
  const std::string where = command ? " of command " + in_quotes(command->name) : "";
  const std::string hint = nearest.empty() ? "--help lists what is known" : "did you mean " + in_quotes("--" + nearest) + "?";
  return usage("unknown option " + in_quotes(typed) + where + "; " + hint);
}

// Does this global option, as typed, take the next argument as its value?
bool takes_next(const Option& option, std::string_view typed) {
  return option.taking == Taking::value && typed.find('=') == std::string_view::npos;
}

const Option* global_long(const Program& program, std::string_view typed) {
  const std::string_view name = typed.substr(2, typed.find('=') - 2);
  const auto found =
      std::find_if(program.options.begin(), program.options.end(), [&](const Option& option) { return option.name == name; });
  return found == program.options.end() ? nullptr : &*found;
}

// Letters that belong together: -vi FILE. Null where one is unknown; `next` where the last takes the next argument.
const Option* global_letters(const Program& program, std::string_view typed, bool& next) {
  const Option* last = nullptr;
  for (size_t i = 1; i < typed.size(); ++i) {
    const auto found =
        std::find_if(program.options.begin(), program.options.end(), [&](const Option& option) { return option.letter == typed[i]; });
    if (found == program.options.end()) return nullptr;
    last = &*found;
    next = last->taking == Taking::value && i + 1 == typed.size();
    if (last->taking != Taking::nothing) return last;
  }
  return last;
}

// How many arguments the global option at the front takes, itself counted; 0 where it is none.
size_t global_length(const Program& program, std::string_view typed) {
  bool next = false;
  const Option* option = typed.starts_with("--") ? global_long(program, typed) : global_letters(program, typed, next);
  if (!option) return 0;
  if (typed.starts_with("--")) next = takes_next(*option, typed);
  return next ? 2 : 1;
}

// How many arguments stand before the command: global options with their values.
size_t leading_globals(const Program& program, const std::vector<std::string>& arguments) {
  size_t at = 0;
  while (at < arguments.size() && arguments[at].size() > 1 && arguments[at][0] == '-' && arguments[at] != kEndOfOptions) {
    const size_t length = global_length(program, arguments[at]);
    if (length == 0) throw unknown_option(arguments[at], options_of(program, nullptr), nullptr);
    at = std::min(at + length, arguments.size());
  }
  return at;
}

Error unknown_command(const Program& program, const std::string& typed) {
  std::vector<std::string> known{kHelp};
  for (const Command& command : program.commands)
    if (!command.hidden) known.push_back(command.name);
  const std::string nearest = nearest_name(typed, known);
  const std::string hint = nearest.empty() ? program.name + " --help lists what is known" : "did you mean " + in_quotes(nearest) + "?";
  return usage("unknown command " + in_quotes(typed) + "; " + hint);
}

const Command* find_command(const Program& program, const std::string& name) {
  const auto found =
      std::find_if(program.commands.begin(), program.commands.end(), [&](const Command& command) { return command.name == name; });
  return found == program.commands.end() ? nullptr : &*found;
}

po::options_description description_of(const std::vector<const Option*>& options) {
  po::options_description description;
  for (const Option* option : options) {
    const std::string names = option->letter ? option->name + "," + option->letter : option->name;
    auto* semantic = po::value<std::string>();
    if (option->taking == Taking::nothing) semantic->zero_tokens();
    description.add_options()(names.c_str(), semantic, "");
  }
  description.add_options()(kPositionals, po::value<std::string>(), "");
  return description;
}

// The library would give the next argument to an option whose value may be missing: so it is never missing.
std::vector<std::string> with_implicit_values(std::vector<std::string> arguments, const std::vector<const Option*>& options) {
  for (std::string& argument : arguments) {
    if (argument == kEndOfOptions) return arguments;
    for (const Option* option : options)
      if (option->taking == Taking::optional_value && argument == "--" + option->name) argument += "=" + option->implicit;
  }
  return arguments;
}

// The library's own refusals, in our words.
po::parsed_options parse_tokens(const std::vector<std::string>& arguments, const std::vector<const Option*>& options,
                                const Command* command) {
  const po::options_description description = description_of(options);
  po::positional_options_description positionals;
  positionals.add(kPositionals, -1);
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  try {
    return po::command_line_parser(with_implicit_values(arguments, options))
        .options(description)
        .positional(positionals)
        .style(style)
        .run();
  } catch (const po::unknown_option& error) {
    throw unknown_option(error.get_option_name(), options, command);
  } catch (const po::invalid_command_line_syntax& error) {
    using Kind = po::invalid_syntax::kind_t;
    const bool extra = error.kind() == Kind::extra_parameter;
    throw usage("option " + in_quotes(error.get_option_name()) +
                (extra ? " has a value; none is expected" : " has no value; one is expected"));
  } catch (const po::error& error) {
    throw usage(std::string("the command line cannot be read (") + error.what() + "); --help shows what is expected");
  }
}

Arguments::Given& given_for(std::vector<Arguments::Given>& given, const std::string& key) {
  const auto fits = [&](const Arguments::Given& one) {
    return one.option->name == key || (one.option->letter && key == std::string("-") + one.option->letter);
  };
  const auto found = std::find_if(given.begin(), given.end(), fits);
  SK_CHECK(found != given.end());
  return *found;
}

void take(Arguments::Given& one, const std::vector<std::string>& values) {
  if (!one.values.empty() && !one.option->repeatable && one.option->taking != Taking::nothing)
    throw usage("option '--" + one.option->name + "' is given twice; once is expected");
  if (one.option->taking == Taking::nothing) return one.values.push_back({});
  if (values.empty() || values[0].empty()) throw usage("option '--" + one.option->name + "' has no value; one is expected");
  one.values.push_back(values[0]);
}

// "'a', 'b' or 'c'"
std::string choices_text(const std::vector<std::string>& choices) {
  std::string text = in_quotes(choices[0]);
  for (size_t i = 1; i < choices.size(); ++i) text += (i + 1 == choices.size() ? " or " : ", ") + in_quotes(choices[i]);
  return text;
}

void refuse_other(const std::string& what, const std::string& value, const std::vector<std::string>& choices) {
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  throw usage(what + " is " + in_quotes(value) + "; " + choices_text(choices) + " is expected");
}

void take_environment(std::vector<Arguments::Given>& given, const std::map<std::string, std::string>& environment) {
  for (Arguments::Given& one : given) {
    const auto variable = environment.find(one.option->environment);
    const bool set = one.values.empty() && !one.option->environment.empty() && variable != environment.end() && !variable->second.empty();
    if (!set) continue;
    if (!one.option->repeatable)
      one.values = {variable->second};
    else
      one.values = split_text(variable->second, ':');
    one.values.erase(std::remove(one.values.begin(), one.values.end(), ""), one.values.end());
  }
}

void check_positionals(const Command& command, const std::vector<std::string>& positionals) {
  size_t most = 0, seen = 0;
  for (const Positional& positional : command.positionals) {
    const size_t left = positionals.size() - std::min(seen, positionals.size());
    if (left < positional.at_least)
      throw usage("command " + in_quotes(command.name) + " without " + positional.name + "; its --help shows an example");
    seen += positional.at_least;
    const size_t last = std::min(positionals.size(), most + std::min(positional.at_most, kArgumentsMax));
    for (size_t i = most; i < last; ++i) refuse_other(positional.name, positionals[i], positional.choices);
    most += std::min(positional.at_most, kArgumentsMax);
  }
  if (positionals.size() > most)
    throw usage("argument " + in_quotes(positionals[most]) + " is one too many for command " + in_quotes(command.name) + "; " +
                (most == 0 ? "none is" : "at most " + std::to_string(most) + " are") + " expected");
}

}  // namespace

CommandChoice choose_command(const Program& program, const std::vector<std::string>& arguments) {
  const size_t globals = leading_globals(program, arguments);
  CommandChoice choice;
  choice.arguments.assign(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(globals));
  std::vector<std::string> rest(arguments.begin() + static_cast<std::ptrdiff_t>(globals), arguments.end());
  if (!rest.empty() && rest[0] == kEndOfOptions) choice.arguments.push_back(rest[0]), rest.erase(rest.begin());
  if (!rest.empty() && rest[0] == kHelp && !find_command(program, rest[0])) {
    choice.arguments.insert(choice.arguments.begin(), "--help");
    rest.erase(rest.begin());
    if (!rest.empty() && rest[0].starts_with('-')) return choice.arguments.insert(choice.arguments.end(), rest.begin(), rest.end()), choice;
  }
  if (rest.empty()) return choice;
  size_t words = 2;
  if (rest.size() > 1) choice.command = find_command(program, rest[0] + " " + rest[1]);
  if (!choice.command) words = 1, choice.command = find_command(program, rest[0]);
  if (!choice.command) throw unknown_command(program, rest[0]);
  choice.arguments.insert(choice.arguments.end(), rest.begin() + static_cast<std::ptrdiff_t>(words), rest.end());
  return choice;
}

Arguments parse_arguments(const Program& program, const CommandChoice& choice, const std::map<std::string, std::string>& environment) {
  if (choice.arguments.size() > kArgumentsMax)
    throw usage("there are over " + std::to_string(kArgumentsMax) + " arguments; fewer are expected");
  const std::vector<const Option*> options = options_of(program, choice.command);
  const po::parsed_options parsed = parse_tokens(choice.arguments, options, choice.command);
  std::vector<Arguments::Given> given;
  given.reserve(options.size());
  for (const Option* option : options) given.push_back({option, {}});
  std::vector<std::string> positionals;
  for (const po::option& one : parsed.options) {
    if (one.position_key < 0 && one.string_key == kPositionals) throw unknown_option("--" + one.string_key, options, choice.command);
    if (one.position_key >= 0)
      positionals.insert(positionals.end(), one.value.begin(), one.value.end());
    else
      take(given_for(given, one.string_key), one.value);
  }
  take_environment(given, environment);
  for (const Arguments::Given& one : given)
    for (const std::string& value : one.values) refuse_other("--" + one.option->name, value, one.option->choices);
  Arguments result(std::move(given), std::move(positionals));
  const bool asks_help = result.flag("help") || (result.flag("version") && !has_own(choice.command, "version"));
  if (choice.command && !asks_help) check_positionals(*choice.command, result.positionals());
  return result;
}

}  // namespace sparekeep
