#include "lib/cli/help.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/cli/table.h"

namespace sparekeep {

namespace {

constexpr size_t kTextColumn = 30;  // where descriptions begin
constexpr size_t kHelpWidth = 100;

std::string option_text(const Option& option) {
  std::string text = option.letter ? std::string("-") + option.letter + ", --" + option.name : "    --" + option.name;
  if (option.taking == Taking::value) text += " " + option.value_name;
  if (option.taking == Taking::optional_value) text += "[=" + option.value_name + "]";
  return text;
}

std::string notes_of(const Option& option) {
  std::vector<std::string> notes;
  if (option.repeatable && option.taking != Taking::nothing) notes.push_back("repeatable");
  if (!option.fallback.empty()) notes.push_back("default " + option.fallback);
  if (!option.environment.empty()) notes.push_back("env " + option.environment);
  return notes.empty() ? "" : " (" + joined(notes, ", ") + ")";
}

// "  left      text", the text broken at blanks and lined up.
std::string entry(const std::string& left, const std::string& text) {
  std::string out = "  " + left;
  size_t column = out.size();
  if (column + 2 > kTextColumn) out += "\n", column = 0;
  out.append(kTextColumn - column, ' ');
  column = kTextColumn;
  bool first = true;
  for (const std::string& word : split_text(text, ' ')) {
    const bool breaks = !first && column + 1 + text_width(word) > kHelpWidth;
    if (breaks)
      out += "\n" + std::string(kTextColumn, ' '), column = kTextColumn;
    else if (!first)
      out += ' ', ++column;
    out += word, column += text_width(word);
    first = false;
  }
  return out + "\n";
}

std::string options_text(const std::string& heading, const std::vector<Option>& options) {
  if (options.empty()) return {};
  std::string out = "\n" + heading + ":\n";
  for (const Option& option : options) out += entry(option_text(option), option.documentation + notes_of(option));
  return out;
}

std::string usage_of(const Program& program, const Command& command) {
  std::string usage = program.name + " " + command.name;
  if (!command.options.empty()) usage += " [OPTIONS]";
  for (const Positional& positional : command.positionals) {
    const std::string name = positional.name + (positional.at_most > 1 ? "..." : "");
    usage += positional.at_least > 0 ? " " + name : " [" + name + "]";
  }
  return usage;
}

}  // namespace

std::string program_help(const Program& program) {
  std::string out = program.name + ": " + program.summary + "\n\nUsage: " + program.name + " COMMAND [OPTIONS] [ARGUMENTS]\n";
  std::vector<std::string> groups;
  for (const Command& command : program.commands)
    if (!command.hidden && std::find(groups.begin(), groups.end(), command.group) == groups.end()) groups.push_back(command.group);
  for (const std::string& group : groups) {
    out += "\n" + group + ":\n";
    for (const Command& command : program.commands)
      if (command.group == group && !command.hidden) out += entry(command.name, command.summary);
  }
  out += options_text("Global options, which may stand anywhere", program.options);
  return out + "\n'" + program.name + " help COMMAND' shows the options of a command, and an example; '--' ends the options.\n";
}

std::string command_help(const Program& program, const Command& command) {
  std::string out = program.name + " " + command.name + ": " + command.summary + "\n\nUsage: " + usage_of(program, command) + "\n";
  if (!command.manual.empty()) out += "\n" + command.manual + "\n";
  out += options_text("Options", command.options);
  out += options_text("Global options", program.options);
  if (command.example.empty()) return out;
  out += "\nExample:\n";
  for (const std::string& line : split_text(command.example, '\n')) out += line.empty() ? "\n" : "  " + line + "\n";
  return out;
}

}  // namespace sparekeep
