// Completion for shells, from the command table. The script of a shell asks the program itself, `PROGRAM complete -- WORD...`, and the answer is the
// first line "words", "files" or "folders"; after "words" a line for each candidate: the word, a tab, what it is.
#pragma once

#include "lib/cli/command.h"

namespace sparekeep {

struct Candidate {
  std::string word, note;
  bool operator==(const Candidate&) const = default;
};

struct Completion {
  Meaning meaning = Meaning::word;           // file, folder: the shell completes names of files itself
  std::vector<Candidate> candidates;         // those that begin with what stands there
};

// `words` as typed after the program's name; the last one, maybe empty, is to be completed. Never throws.
Completion complete_words(const Program& program, const std::vector<std::string>& words);

std::string completion_script(const Program& program, std::string_view shell);   // "bash", "zsh", "fish"

Command completion_command();                // prints the script of a shell
Command complete_command();                  // hidden: what those scripts ask

}  // namespace sparekeep
