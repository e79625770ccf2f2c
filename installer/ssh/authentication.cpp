#include "installer/ssh/authentication.h"

#include <algorithm>
#include <cstdlib>

#include "installer/ssh/stage.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr int kRoundsMax = 8;                     // of questions that a host may ask

struct PassphraseQuestion {
  ssh_session session;
  KeyRing& ring;
  bool asked = false;
};

int put_passphrase(const char*, char* buffer, size_t size, int, int, void* data) {
  auto* question = static_cast<PassphraseQuestion*>(data);
  question->asked = true;
  char* file = nullptr;
  const bool named = ssh_userauth_publickey_auto_get_current_identity(question->session, &file) == SSH_OK;
  const TextHandle owner(file);
  const Secret passphrase = question->ring.passphrase(named ? file : "in ~/.ssh");
  if (passphrase.size() == 0 || passphrase.size() >= size) return -1;
  const std::string_view text = as_text(passphrase.reveal());
  std::copy(text.begin(), text.end(), buffer);
  buffer[text.size()] = 0;
  return 0;
}

std::string taken_methods(ssh_session session) {
  const int methods = ssh_userauth_list(session, nullptr);
  std::vector<std::string> names;
  if ((methods & SSH_AUTH_METHOD_PUBLICKEY) != 0) names.emplace_back("keys");
  if ((methods & (SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE)) != 0) names.emplace_back("passwords");
  if ((methods & SSH_AUTH_METHOD_GSSAPI_MIC) != 0) names.emplace_back("Kerberos");
  return names.empty() ? "nothing" : joined(names, " and ");
}

// The session asks for passphrases while this lives.
class AskingCallbacks {
 public:
  AskingCallbacks(ssh_callbacks_struct& callbacks, PassphraseQuestion& question) : callbacks_(callbacks) {
    callbacks_.userdata = &question;
    callbacks_.auth_function = put_passphrase;
  }
  ~AskingCallbacks() {
    callbacks_.auth_function = nullptr;
    callbacks_.userdata = nullptr;
  }
  AskingCallbacks(const AskingCallbacks&) = delete;

 private:
  ssh_callbacks_struct& callbacks_;
};

class Login {
 public:
  Login(const LoginSession& session, const SshTarget& target, KeyRing& ring, const Clock& clock)
      : session_(session.session), callbacks_(session.callbacks), target_(target), ring_(ring), clock_(clock) {}

  Result<void> run() {
    Result<int> state = target_.identity.empty() ? as_ssh_would() : with_identity();
    if (!state) return state.error();
    if (*state != SSH_AUTH_SUCCESS && ssh_userauth_list(session_, nullptr) == 0) state = ask_methods();
    if (!state) return state.error();
    if (*state != SSH_AUTH_SUCCESS && ring_.has_password()) state = with_password();
    if (!state) return state.error();
    if (*state == SSH_AUTH_SUCCESS) return {};
    return refused(*state);
  }

 private:
  Result<int> tried(const std::function<int()>& step) { return carry_through(session_, clock_, kAuthenticationStage, SSH_AUTH_AGAIN, step); }

  // Where no key was offered the host has not said yet what it takes.
  Result<int> ask_methods() {
    return tried([&] { return ssh_userauth_none(session_, nullptr); });
  }

  Result<int> as_ssh_would() {
    PassphraseQuestion question{session_, ring_};
    const AskingCallbacks asking(callbacks_, question);
    tried_.emplace_back("the keys of the ssh agent and of ~/.ssh");
    Result<int> state = with_first_key();
    if (state && *state == SSH_AUTH_DENIED) state = with_all_keys(question);
    return state;
  }

  Result<int> with_all_keys(PassphraseQuestion& question) {
    Result<int> state = SSH_AUTH_DENIED;
    do {                                          // the deadline is the host's: how long somebody types is not counted
      question.asked = false;
      state = tried([&] { return ssh_userauth_publickey_auto(session_, nullptr, nullptr); });
    } while (!state && question.asked);
    return state;
  }

  // Without an agent ssh would begin with this key. To sign with it at once spares the round trip of asking whether the host would take it;
  // a key with a passphrase is asked for first, so that nobody types it in vain.
  Result<int> with_first_key() {
    if (std::getenv("SSH_AUTH_SOCK")) return static_cast<int>(SSH_AUTH_DENIED);
    const Result<KeyRing::Key> first = ring_.key(ssh_option(session_, SSH_OPTIONS_IDENTITY), false);
    if (!first || !first->key) return static_cast<int>(SSH_AUTH_DENIED);
    return tried([&] { return ssh_userauth_publickey(session_, nullptr, first->key.get()); });
  }

  // A key with a passphrase may lie in the agent: nobody is asked before that was tried.
  Result<int> with_identity() {
    Result<KeyRing::Key> known = ring_.key(target_.identity, false);
    if (known && known->encrypted && !known->key) {
      tried_.emplace_back("the keys of the ssh agent");
      Result<int> state = tried([&] { return ssh_userauth_agent(session_, nullptr); });
      if (!state || *state == SSH_AUTH_SUCCESS || *state == SSH_AUTH_PARTIAL) return state;
      known = ring_.key(target_.identity, true);
      if (known && !known->key)
        return Error(ErrorKind::unreachable, "the key " + in_quotes(target_.identity) +
                                                 " needs its passphrase; add it to an ssh agent by ssh-add, or type it on a terminal");
    }
    if (!known) return Error(ErrorKind::unreachable, known.error().text());
    tried_.emplace_back("the key " + in_quotes(target_.identity));
    return tried([&] { return ssh_userauth_publickey(session_, nullptr, known->key.get()); });
  }

  Result<int> with_password() {
    const Secret password = ring_.password();
    const std::string text(as_text(password.reveal()));
    if (text.empty()) return Error(ErrorKind::unreachable, "no password to log in with was typed, and no key is taken; run the command again and type it");
    tried_.emplace_back("the password");
    const int methods = ssh_userauth_list(session_, nullptr);
    if ((methods & SSH_AUTH_METHOD_PASSWORD) != 0)
      if (Result<int> state = tried([&] { return ssh_userauth_password(session_, nullptr, text.c_str()); }); !state || *state != SSH_AUTH_DENIED) return state;
    if ((methods & SSH_AUTH_METHOD_INTERACTIVE) == 0) return static_cast<int>(SSH_AUTH_DENIED);
    return answer_questions(text);
  }

  // Whatever is asked without echo is the password.
  Result<int> answer_questions(const std::string& password) {
    for (int round = 0; round < kRoundsMax; ++round) {
      Result<int> state = tried([&] { return ssh_userauth_kbdint(session_, nullptr, nullptr); });
      if (!state || *state != SSH_AUTH_INFO) return state;
      const int prompts = std::max(0, ssh_userauth_kbdint_getnprompts(session_));
      for (int i = 0; i < prompts; ++i) {
        char echo = 0;
        ssh_userauth_kbdint_getprompt(session_, static_cast<unsigned>(i), &echo);
        ssh_userauth_kbdint_setanswer(session_, static_cast<unsigned>(i), echo == 0 ? password.c_str() : "");
      }
    }
    return static_cast<int>(SSH_AUTH_DENIED);
  }

  Error refused(int state) const {
    const std::string user = ssh_option(session_, SSH_OPTIONS_USER);
    if (state == SSH_AUTH_ERROR) return Error(ErrorKind::unreachable, "logging in as " + in_quotes(user) + ": " + ssh_fault(session_));
    const std::string more = state == SSH_AUTH_PARTIAL ? "; it wants more than that: " : "; it takes ";
    return Error(ErrorKind::unreachable, "it refuses " + in_quotes(user) + " with " + joined(tried_, ", ") + more + taken_methods(session_) +
                                             "; add the key to the user's authorized_keys, set identity or user, or give -k for a password");
  }

  const ssh_session session_;
  ssh_callbacks_struct& callbacks_;
  const SshTarget& target_;
  KeyRing& ring_;
  const Clock& clock_;
  std::vector<std::string> tried_;
};

}  // namespace

Result<void> authenticate(const LoginSession& session, const SshTarget& target, KeyRing& ring, const Clock& clock) {
  return Login(session, target, ring, clock).run();
}

}  // namespace sparekeep::central
