#include "lib/cli/man_page.h"

#include <algorithm>

#include "lib/base/files.h"
#include "lib/base/text.h"
#include "lib/cli/console.h"

namespace sparekeep {

namespace {

// Text in which roff sees no request, no escape, and minus signs that can be copied into a shell.
std::string roff(std::string_view text) {
  std::string out;
  bool begins = true;
  for (const char c : text) {
    if (begins && (c == '.' || c == '\'')) out += "\\&";
    begins = c == '\n';
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else if (c == '\'') out += "\\(aq";
    else if (c == '"') out += "\\(dq";
    else if (c == '^') out += "\\(ha";
    else if (c == '~') out += "\\(ti";
    else if (c == '`') out += "\\(ga";
    else out += c;
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string slanted(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }
std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}
std::string file_name(const Program& program, const Command& command) {
  std::string name = program.name + "-" + command.name;
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string section_of(const Program& program) { return std::to_string(program.man_section); }

std::string head(const Program& program, const std::string& name, const std::string& summary) {
  return ".\\\" Made from the program's own tables.\n.TH " + upper(roff(name)) + " " + section_of(program) + " \"\" \"" + roff("sparekeep " + program.version) +
         "\" \"Sparekeep\"\n.SH NAME\n" + roff(name) + " \\- " + roff(summary) + "\n";
}

std::string option_text(const Option& option) {
  std::string text = option.letter ? bold(std::string("-") + option.letter) + ", " : "";
  text += bold("--" + option.name);
  if (option.taking == Taking::value) text += " " + slanted(option.value_name);
  if (option.taking == Taking::optional_value) text += "[=" + slanted(option.value_name) + "]";
  std::vector<std::string> notes;
  if (!option.choices.empty()) notes.push_back("one of " + joined(option.choices, ", "));
  if (option.repeatable && option.taking != Taking::nothing) notes.emplace_back("repeatable");
  if (!option.fallback.empty()) notes.push_back("default " + option.fallback);
  if (!option.environment.empty()) notes.push_back("environment variable " + option.environment);
  return ".TP\n" + text + "\n" + roff(option.documentation) + (notes.empty() ? "" : " (" + roff(joined(notes, "; ")) + ")") + "\n";
}

std::string options_text(const std::string& heading, const std::vector<Option>& options) {
  if (options.empty()) return "";
  std::string out = ".SH " + heading + "\n";
  for (const Option& option : options) out += option_text(option);
  return out;
}

std::string synopsis_of(const Program& program, const Command& command) {
  std::string text = ".SH SYNOPSIS\n" + bold(program.name + " " + command.name);
  if (!command.options.empty()) text += " [" + slanted("OPTIONS") + "]";
  for (const Positional& positional : command.positionals) {
    const std::string name = slanted(positional.name) + (positional.at_most > 1 ? "..." : "");
    text += positional.at_least > 0 ? " " + name : " [" + name + "]";
  }
  return text + "\n";
}

// Lines of a manual belong together; an empty line begins a paragraph.
std::string paragraphs(const std::string& text) {
  std::string out;
  for (const std::string& line : split_text(text, '\n')) out += line.empty() ? ".PP\n" : roff(line) + "\n";
  return out;
}

std::string exit_codes() {
  std::string out = ".SH EXIT STATUS\n";
  for (const ExitCodeNote& note : exit_code_notes()) out += ".TP\n" + bold(note.codes) + "\n" + roff(note.meaning) + "\n";
  return out + ".PP\nSeveral at once: the first of 130 2 10 12 1 14 4 5 11 13 3 6.\n";
}

std::string see_also(const Program& program, const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ",\n") + bold(name) + "(" + section_of(program) + ")";
  return all.empty() ? "" : ".SH SEE ALSO\n" + all + "\n";
}

std::vector<const Command*> shown_commands(const Program& program) {
  std::vector<const Command*> shown;
  for (const Command& command : program.commands)
    if (!command.hidden) shown.push_back(&command);
  return shown;
}

std::string program_page(const Program& program) {
  std::string out = head(program, program.name, program.summary) + ".SH SYNOPSIS\n" + bold(program.name) + " " + slanted("COMMAND") + " [" + slanted("OPTIONS") + "] [" +
                    slanted("ARGUMENTS") + "]\n";
  std::vector<std::string> names;
  out += ".SH COMMANDS\n";
  for (const Command* command : shown_commands(program)) {
    names.push_back(file_name(program, *command));
    out += ".TP\n" + bold(command->name) + "\n" + roff(command->summary) + "\n";
  }
  return out + options_text("OPTIONS, WHICH MAY STAND ANYWHERE", program.options) + exit_codes() + see_also(program, names);
}

std::string command_page(const Program& program, const Command& command) {
  std::string out = head(program, file_name(program, command), command.summary) + synopsis_of(program, command);
  if (!command.manual.empty()) out += ".SH DESCRIPTION\n" + paragraphs(command.manual);
  out += options_text("OPTIONS", command.options) + options_text("GLOBAL OPTIONS", program.options);
  if (!command.example.empty()) out += ".SH EXAMPLES\n.nf\n" + roff(command.example) + "\n.fi\n";
  return out + exit_codes() + see_also(program, {program.name});
}

Outcome print_page(CommandContext& context) {
  const std::vector<ManPage> pages = man_pages(context.program);
  if (const std::optional<std::string> folder = context.arguments.value("write")) {
    make_folders(*folder).value();
    for (const ManPage& page : pages) write_durably(Path(*folder) / page.name, as_bytes(page.text)).value();
    return {};
  }
  std::vector<std::string> words = context.arguments.positionals();
  words.insert(words.begin(), context.program.name);
  const std::string wanted = joined(words, "-") + "." + section_of(context.program);
  const auto found = std::find_if(pages.begin(), pages.end(), [&](const ManPage& page) { return page.name == wanted; });
  if (found == pages.end()) throw Error(ErrorKind::usage, "there is no page " + in_quotes(wanted) + "; a command is expected");
  context.console.print_raw(found->text);
  return {};
}

}  // namespace

std::vector<ManPage> man_pages(const Program& program) {
  const std::string ending = "." + section_of(program);
  std::vector<ManPage> pages{{program.name + ending, program_page(program)}};
  for (const Command* command : shown_commands(program)) pages.push_back({file_name(program, *command) + ending, command_page(program, *command)});
  return pages;
}

Command man_command() {
  return {.name = "man",
          .options = {{.name = "write", .taking = Taking::value, .value_name = "DIR", .documentation = "write every page there", .meaning = Meaning::folder}},
          .positionals = {{.name = "COMMAND", .at_most = 2}}, .run = print_page, .hidden = true};
}

}  // namespace sparekeep
