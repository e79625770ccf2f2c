// The three scripts. PROGRAM stands for the program's name, FUNCTION for the same as part of a function's name.
#include <array>

#include "lib/cli/completion.h"

namespace sparekeep {

namespace {

// bash breaks words at = and :, so they are put together again; what it gets back begins where its own last word does.
constexpr std::string_view kBash = R"(# bash completion of PROGRAM; made by 'PROGRAM completion bash'
_FUNCTION() {
  local rest=$COMP_LINE words=() part i answer candidate
  for ((i = 0; i <= COMP_CWORD; i++)); do
    part=${COMP_WORDS[i]}
    if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then
      rest=${rest#"${rest%%[![:space:]]*}"}
      words+=("")
    fi
    words[-1]+=$part
    rest=${rest#"$part"}
  done
  part=${COMP_WORDS[COMP_CWORD]}
  [[ $part == [=:] ]] && part=
  local before=${words[-1]%"$part"}
  COMPREPLY=()
  mapfile -t answer < <("${words[0]/#\~/$HOME}" complete -- "${words[@]:1}" 2>/dev/null)
  case ${answer[0]} in
    files) compopt -o default 2>/dev/null ;;
    folders) compopt -o dirnames 2>/dev/null ;;
    *)
      for candidate in "${answer[@]:1}"; do
        candidate=${candidate%%$'\t'*}
        COMPREPLY+=("${candidate#"$before"}")
      done
      ;;
  esac
}
complete -F _FUNCTION PROGRAM
)";

constexpr std::string_view kZsh = R"(#compdef PROGRAM
# zsh completion of PROGRAM; made by 'PROGRAM completion zsh'
_FUNCTION() {
  local line word note
  local -a answer candidates
  answer=("${(@f)$(${(Q)~words[1]} complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  case $answer[1] in
    files) compset -P '--*='; _files ;;
    folders) compset -P '--*='; _files -/ ;;
    *)
      for line in "${(@)answer[2,-1]}"; do
        word=${line%%$'\t'*} note=${line#*$'\t'}
        candidates+=("${word//:/\\:}${note:+:$note}")
      done
      _describe PROGRAM candidates
      ;;
  esac
}
if [[ $funcstack[1] == _PROGRAM ]]; then
  _FUNCTION "$@"
else
  compdef _FUNCTION PROGRAM
fi
)";

// fish completes names of files itself where no rule of ours holds.
constexpr std::string_view kFish = R"(# fish completion of PROGRAM; made by 'PROGRAM completion fish'
function __FUNCTION_answer
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l program (string replace -r -- '^~' $HOME $words[1])
    set -e words[1]
    $program complete -- $words "$typed" 2>/dev/null
end
function __FUNCTION_is
    test (__FUNCTION_answer)[1] = $argv[1]
end
function __FUNCTION_words
    set -l answer (__FUNCTION_answer)
    if test (count $answer) -gt 1
        printf '%s\n' $answer[2..-1]
    end
end
function __FUNCTION_folders
    set -l typed (commandline -ct)
    set -l before (string match -r -- '^--[^=]*=' "$typed")
    string replace -r -- '^' "$before" (__fish_complete_directories (string replace -r -- '^--[^=]*=' '' "$typed") '')
end
complete -c PROGRAM -n '__FUNCTION_is words' -f -a '(__FUNCTION_words)'
complete -c PROGRAM -n '__FUNCTION_is folders' -f -a '(__FUNCTION_folders)'
)";

std::string with(std::string text, std::string_view what, std::string_view by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) text.replace(at, what.size(), by);
  return text;
}

}  // namespace

std::string completion_script(const Program& program, std::string_view shell) {
  std::string function = program.name;
  for (char& c : function)
    if (c == '-') c = '_';
  const std::string text(shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish);
  return with(with(text, "FUNCTION", function), "PROGRAM", program.name);
}

}  // namespace sparekeep
