#include "installer/host/host.h"

#include <algorithm>

#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr size_t kErrorLinesMax = 4;

bool needs_octal(char c) { return c == '\n' || c == '\\' || c == '\'' || c == '!'; }

// For printf's %b.
std::string_view octal(char c) {
  if (c == '\n') return "\\n";
  if (c == '\\') return "\\0134";
  return c == '\'' ? "\\0047" : "\\0041";
}

}  // namespace

// The first line tells that a shell runs: what login scripts print comes before it.
std::string script_reader(size_t script_bytes) {
  return "echo " + std::string(kScriptBegins) + "; s=$(head -c " + std::to_string(script_bytes) + "); eval \"$s\"";
}

std::string script_teller(std::string_view script) {
  std::string text;
  text.reserve(script.size() + script.size() / 4);
  for (auto at = script.begin(); at != script.end();) {
    const auto end = std::find_if(at, script.end(), needs_octal);
    text.append(at, end);
    at = end;
    if (at != script.end()) text += octal(*at++);
  }
  return "/bin/sh -c 'echo " + std::string(kScriptBegins) + "; eval \"$(printf %b \"$1\")\"' sh '" + text + "'";
}

Result<std::string> output_of(HostAccess& host, const ScriptRun& run) {
  Result<ScriptResult> result = host.run(run);
  if (!result) return result.error();
  if (result->exit_code == 0) return std::move(result->out);
  std::vector<std::string> lines;
  for (std::string& line : split_text(result->err, '\n'))
    if (!line.empty()) lines.push_back(printable(line));
  if (lines.size() > kErrorLinesMax) lines.erase(lines.begin(), lines.end() - kErrorLinesMax);
  if (lines.empty()) lines.push_back("a script exited with " + std::to_string(result->exit_code));
  return Error(ErrorKind::failed, joined(lines, "; "));
}

}  // namespace sparekeep::central
