#include "lib/cli/completion.h"

#include <algorithm>
#include <set>

#include "lib/cli/console.h"
#include "lib/cli/parse.h"

namespace sparekeep {

namespace {

// What was typed before the word in question: the command, and what that word is to be.
class Typed {
 public:
  Typed(const Program& program, const std::vector<std::string>& words) : program_(program) {
    for (size_t i = 0; i + 1 < words.size(); ++i) take(words[i]);
  }

  const Command* command = nullptr;
  std::string first_word;                      // of a command of two words
  const Option* open = nullptr;                // an option whose value comes next
  bool options_over = false;                   // after --
  size_t positionals = 0;
  std::set<const Option*> given;

  std::vector<const Option*> options() const {
    std::vector<const Option*> known;
    if (command)
      for (const Option& option : command->options) known.push_back(&option);
    for (const Option& option : program_.options)
      if (!has_own(command, option.name)) known.push_back(&option);
    return known;
  }

  const Option* by_name(std::string_view name) const {
    for (const Option* option : options())
      if (option->name == name) return option;
    return nullptr;
  }

 private:
  void take(const std::string& word) {
    if (open) return void(open = nullptr);
    if (options_over || word.size() < 2 || word[0] != '-') return take_word(word);
    if (word == "--") return void(options_over = true);
    if (word[1] == '-') take_long(word);
    else take_letters(word);
  }

  void take_long(const std::string& word) {
    const size_t equals = word.find('=');
    const Option* option = by_name(std::string_view(word).substr(2, equals == std::string::npos ? equals : equals - 2));
    given.insert(option);
    if (option && option->taking == Taking::value && equals == std::string::npos) open = option;
  }

  void take_letters(const std::string& word) {
    const std::vector<const Option*> known = options();
    for (size_t i = 1; i < word.size(); ++i) {
      const auto found = std::find_if(known.begin(), known.end(), [&](const Option* option) { return option->letter == word[i]; });
      if (found == known.end()) return;
      given.insert(*found);
      if ((*found)->taking == Taking::nothing) continue;
      if (i + 1 == word.size()) open = *found;
      return;
    }
  }

  void take_word(const std::string& word) {
    if (command) return void(++positionals);
    const std::string name = first_word.empty() ? word : first_word + " " + word;
    for (const Command& one : program_.commands)
      if (one.name == name) command = &one;
    first_word = word;
  }

  const Program& program_;
};

void offer(Completion& completion, std::string_view typed, const std::string& word, const std::string& note) {
  if (word.starts_with(typed)) completion.candidates.push_back({word, note});
}

Completion of_value(const Option& option, const std::string& before, std::string_view typed) {
  Completion completion{option.meaning, {}};
  for (const std::string& choice : option.choices) offer(completion, typed, before + choice, "");
  return completion;
}

Completion of_commands(const Program& program, const std::string& first_word, std::string_view typed) {
  Completion completion;
  for (const Command& command : program.commands) {
    const std::string before = first_word.empty() ? "" : first_word + " ";
    if (command.hidden || !command.name.starts_with(before)) continue;
    const std::string rest = command.name.substr(before.size()), word = rest.substr(0, rest.find(' '));
    const bool known = std::any_of(completion.candidates.begin(), completion.candidates.end(), [&](const Candidate& one) { return one.word == word; });
    if (!known) offer(completion, typed, word, command.summary);
  }
  return completion;
}

Completion of_options(const Typed& before, const std::string& typed) {
  const size_t equals = typed.find('=');
  if (typed.starts_with("--") && equals != std::string::npos) {
    const Option* option = before.by_name(std::string_view(typed).substr(2, equals - 2));
    return option && option->taking != Taking::nothing ? of_value(*option, typed.substr(0, equals + 1), typed) : Completion{};
  }
  Completion completion;
  for (const Option* option : before.options())
    if (option->repeatable || !before.given.contains(option)) offer(completion, typed, "--" + option->name, option->documentation);
  return completion;
}

Completion of_positional(const Command& command, size_t place, std::string_view typed) {
  Completion completion;
  size_t first = 0;
  for (const Positional& positional : command.positionals) {
    const size_t count = std::min<size_t>(positional.at_most, SIZE_MAX - first);
    if (place >= first && place < first + count) {
      completion.meaning = positional.meaning;
      for (const std::string& choice : positional.choices) offer(completion, typed, choice, "");
    }
    first += count;
  }
  return completion;
}

}  // namespace

Completion complete_words(const Program& program, const std::vector<std::string>& words) {
  const std::string typed = words.empty() ? "" : words.back();
  const Typed before(program, words);
  if (before.open) return of_value(*before.open, "", typed);
  if (!before.options_over && typed.starts_with("-")) return of_options(before, typed);
  if (!before.command) return of_commands(program, before.first_word, typed);
  return of_positional(*before.command, before.positionals, typed);
}

Command completion_command() {
  return {.name = "completion", .group = "Shells", .summary = "print what makes a shell complete commands, options and values",
          .positionals = {{.name = "SHELL", .at_least = 1, .at_most = 1, .choices = {"bash", "zsh", "fish"}}},
          .example = "  sparekeep completion bash > ~/.local/share/bash-completion/completions/sparekeep\n"
                     "  sparekeep completion zsh > ~/.zfunc/_sparekeep    # with fpath+=~/.zfunc before compinit\n"
                     "  sparekeep completion fish > ~/.config/fish/completions/sparekeep.fish",
          .run = [](CommandContext& context) {
            context.console.print_raw(completion_script(context.program, context.arguments.positionals().at(0)));
            return Outcome();
          }};
}

Command complete_command() {
  return {.name = "complete", .positionals = {{.name = "WORD", .at_most = SIZE_MAX}}, .run = [](CommandContext& context) {
            const Completion completion = complete_words(context.program, context.arguments.positionals());
            std::string text = completion.meaning == Meaning::file ? "files\n" : completion.meaning == Meaning::folder ? "folders\n" : "words\n";
            for (const Candidate& candidate : completion.candidates) text += candidate.word + "\t" + candidate.note + "\n";
            context.console.print_raw(text);
            return Outcome();
          }, .hidden = true};
}

}  // namespace sparekeep
