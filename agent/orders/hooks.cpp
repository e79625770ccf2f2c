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

// No reason: it ran, and all is well.
Result<SkipReason> run_one(const Hook& hook, const Clock& clock, const LineLimits& limits) {
  std::string output;
  const Result<int> code = run_hook(hook, clock, limits, output);
  const bool ended = !code && (code.error().kind() == ErrorKind::timeout || code.error().kind() == ErrorKind::interrupted);
  if (ended) return Error(code.error().kind(), "hook " + in_quotes(hook.run) + " " + code.error().text());
  if (!code) return code.error().during("hook " + in_quotes(hook.run));
  if (*code == kSkipExitCode) return SkipReason("hook " + in_quotes(hook.run) + " asks to skip this run");
  if (*code == kCannotBecome && !hook.user.empty() && output.empty())
    return Error(ErrorKind::denied, "hook " + in_quotes(hook.run) + " cannot be run as " + in_quotes(hook.user) + " by this process");
  if (*code == 0) return SkipReason();
  return Error(ErrorKind::failed, "hook " + in_quotes(hook.run) + " exited with " + std::to_string(*code) + ": " + printable(output));
}

Result<SkipReason> with_others(const Result<SkipReason>& first, size_t others) {
  if (others == 0) return first;
  const std::string more = "; " + std::to_string(others) + (others == 1 ? " hook" : " hooks") + " behind it failed, too";
  if (!first) return Error(first.error().kind(), first.error().text() + more);
  return SkipReason(**first + more);
}

}  // namespace

Result<SkipReason> run_hooks(const std::vector<Hook>& hooks, const Clock& clock, const LineLimits& limits) {
  for (const Hook& hook : hooks)
    if (Result<SkipReason> ran = run_one(hook, clock, limits); !ran || *ran) return ran;
  return SkipReason();
}

Result<SkipReason> run_every_hook(const std::vector<Hook>& hooks, const Clock& clock, const LineLimits& limits) {
  Result<SkipReason> first = SkipReason();
  size_t others = 0;
  for (const Hook& hook : hooks) {
    Result<SkipReason> ran = run_one(hook, clock, limits);
    if (ran && !*ran) continue;
    if (first && !*first) first = std::move(ran);
    else ++others;
  }
  return with_others(first, others);
}

}  // namespace sparekeep::agent
