#include "installer/ssh/key_ring.h"

#include <filesystem>

#include "installer/ssh/ssh_agent.h"
#include "installer/ssh/ssh_handles.h"
#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::central {

namespace {

// libssh asks only where the key is encrypted.
int note_question(const char*, char*, size_t, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

KeyRing::Key read_key(const std::string& file, const char* passphrase) {
  KeyRing::Key out;
  ssh_key key = nullptr;
  if (ssh_pki_import_privkey_file(file.c_str(), passphrase, note_question, &out.encrypted, &key) == SSH_OK) out.key.reset(key, ssh_key_free);
  return out;
}

}  // namespace

KeyRing::KeyRing(AskSecret ask, bool ask_password, AgentSocket agent) : ask_(std::move(ask)), ask_password_(ask_password), agent_(std::move(agent)) {}
KeyRing::~KeyRing() = default;

Result<KeyRing::Key> KeyRing::key(const std::string& file, bool ask) {
  const std::lock_guard lock(mutex_);
  auto found = keys_.find(file);
  if (found == keys_.end()) found = keys_.emplace(file, read_key(file, nullptr)).first;
  Key& known = found->second;
  if (known.key || (known.encrypted && !ask)) return known;
  if (!known.encrypted) {
    std::error_code fault;
    const bool there = std::filesystem::exists(file, fault);
    return Error(ErrorKind::failed, "the key " + in_quotes(file) + (there ? " cannot be read, or holds no private key" : " is not there") + "; set identity");
  }
  const Secret passphrase = asked("passphrase of the key " + in_quotes(file) + ": ");
  known = read_key(file, std::string(as_text(passphrase.reveal())).c_str());
  known.encrypted = true;
  return known;
}

Secret KeyRing::asked(const std::string& question) {
  const auto found = answers_.find(question);
  if (found != answers_.end()) return found->second.clone();
  return answers_.emplace(question, ask_ ? ask_(question) : Secret()).first->second.clone();
}

bool KeyRing::agent_is_silent(const Clock& clock) {
  std::call_once(agent_asked_, [&] {
    agent_silent_ = !agent_.path.empty() && !agent_answers(agent_.path, clock);
    if (!agent_silent_ || !agent_.warn) return;
    agent_.warn("the ssh agent at " + in_quotes(agent_.path) + " has not answered within " + format_duration(kAgentAnswerLimit) +
                " and is left out; start it anew, or unset SSH_AUTH_SOCK");
  });
  return agent_silent_;
}

void KeyRing::leave_agents_out(const std::string& host) {
  if (agents_left_out_.exchange(true) || !agent_.warn) return;
  agent_.warn("the ssh agent for " + in_quotes(host) + " has not answered within " + format_duration(agent_.limit) +
              " and is left out, as any other; start it anew, or unset SSH_AUTH_SOCK and IdentityAgent of ~/.ssh/config");
}

Secret KeyRing::password() {
  const std::lock_guard lock(mutex_);
  return asked("password to log in: ");
}

Secret KeyRing::passphrase(const std::string& file) {
  const std::lock_guard lock(mutex_);
  return asked("passphrase of the key " + in_quotes(file) + ": ");
}

}  // namespace sparekeep::central
