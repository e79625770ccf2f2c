#include "agent/orders/hooks.h"

#include "lib/base/text.h"

namespace sparekeep::agent {

namespace {

Result<int> run_hook(const Hook& hook, const Clock& clock, const LineLimits& limits, std::string& output) {
  Result<ShellLine> line = ShellLine::start(hook, Descriptor());
  if (!line) return line.error();
  const Result<int> code = line->wait(clock, limits);
  output = line->said();
  return code;
}

}  // namespace

Result<SkipReason> run_hooks(const std::vector<Hook>& hooks, const Clock& clock, const LineLimits& limits) {
  for (const Hook& hook : hooks) {
    std::string output;
    const Result<int> code = run_hook(hook, clock, limits, output);
    const bool ended = !code && (code.error().kind() == ErrorKind::timeout || code.error().kind() == ErrorKind::interrupted);
    if (ended) return Error(code.error().kind(), "hook " + in_quotes(hook.run) + " " + code.error().text());
    if (!code) return code.error().during("hook " + in_quotes(hook.run));
    if (*code == kSkipExitCode) return SkipReason("hook " + in_quotes(hook.run) + " asks to skip this run");
    if (*code == kCannotBecome && !hook.user.empty() && output.empty())
      return Error(ErrorKind::denied, "hook " + in_quotes(hook.run) + " cannot be run as " + in_quotes(hook.user) + " by this process");
    if (*code != 0) return Error(ErrorKind::failed, "hook " + in_quotes(hook.run) + " exited with " + std::to_string(*code) + ": " + printable(output));
  }
  return SkipReason();
}

}  // namespace sparekeep::agent
