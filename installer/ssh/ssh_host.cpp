#include "installer/ssh/ssh_host.h"

#include "installer/host/shell_text.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr size_t kCommandMax = 30'000;               // of a packet, which every server takes up to 32768 bytes

}  // namespace

SshHost::SshHost(SshTarget target, KeyRing& ring, Become become, const Clock& clock)
    : name_(target.name), become_(std::move(become)), session_(std::move(target), ring, clock) {}

Result<ScriptResult> SshHost::run(const ScriptRun& run) {
  if (Result<void> opened = session_.open(); !opened) return opened.error();
  SshExec exec{.command = script_teller(run.script), .limit = run.limit};
  const bool told = !become_.wanted && exec.command.size() <= kCommandMax;       // sudo notes commands in its log
  if (!told) exec.command = "/bin/sh -c " + shell_quoted(script_reader(run.script.size()));
  ScriptTalk talk(run, told ? ScriptTalk::Script::told : ScriptTalk::Script::sent);
  if (become_.wanted && become_.password) {
    exec.command = "sudo -S -p " + std::string(kSudoPrompt) + " " + exec.command;
    exec.become_password = become_.password();
    if (exec.become_password.size() == 0) return Error(ErrorKind::failed, "no password for sudo was typed; run the command again and type it");
    talk.hold();                                     // or the script would be taken for a password
  } else if (become_.wanted) {
    exec.command = "sudo -n " + exec.command;
  }
  Result<ScriptResult> result = session_.exec(exec, talk);
  if (!result || talk.begun()) return result;
  const std::string why = last_line(result->err.empty() ? result->out : result->err);
  if (become_.wanted) return Error(ErrorKind::failed, "sudo runs nothing (" + why + "); give -K for its password, or let the user run /bin/sh by sudo without one");
  return Error(ErrorKind::failed, "no shell runs there: " + (why.empty() ? "it said nothing" : why));
}

Result<std::string> SshHost::central_address() {
  if (Result<void> opened = session_.open(); !opened) return opened.error();
  std::string address = session_.local_address();
  if (address.empty()) return Error(ErrorKind::failed, "it is reached through a proxy, so that where it reaches the central is not known; set [central] address");
  return address;
}

}  // namespace sparekeep::central
