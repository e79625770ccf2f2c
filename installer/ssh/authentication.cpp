#include "installer/ssh/authentication.h"

#include <algorithm>
#include <cstdlib>

#include "installer/ssh/agent_watch.h"
#include "installer/ssh/stage.h"
#include "installer/ssh/unheeded_settings.h"
#include "lib/base/text.h"
#include "lib/base/units.h"

namespace sparekeep::central {

namespace {

constexpr int kRoundsMax = 8;                     // of questions that a host may ask
constexpr Duration kPromptAgent = std::chrono::seconds(1);   // one that takes longer waits for somebody

struct PassphraseQuestion : WatchedCall {
  PassphraseQuestion(ssh_session of, KeyRing& keys) : session(of), ring(keys) { last_ended = keys.agent_step_ended(); }
  ssh_session session;
  KeyRing& ring;
  std::atomic<bool> asked = false;               // the time since then is not the host's
};

// While somebody is asked.
class Typing {
 public:
  explicit Typing(PassphraseQuestion& question) : question_(question) { question_.asked = question_.typing = true; }
  ~Typing() { question_.typing = false; }
  Typing(const Typing&) = delete;

 private:
  PassphraseQuestion& question_;
};

int put_passphrase(const char*, char* buffer, size_t size, int, int, void* data) {
  auto* question = static_cast<PassphraseQuestion*>(data);
  const Typing typing(*question);
  if (question->abandoned) return -1;
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

// The session asks for passphrases while this lives; one that was left to a call that an agent holds up goes on to ask, and gets no answer.
class AskingCallbacks {
 public:
  AskingCallbacks(ssh_callbacks_struct& callbacks, PassphraseQuestion& question) : callbacks_(callbacks), question_(question) {
    callbacks_.userdata = &question;
    callbacks_.auth_function = put_passphrase;
  }
  ~AskingCallbacks() {
    if (question_.abandoned) return;               // they are that call's now, which may look at them at this moment
    callbacks_.auth_function = nullptr;
    callbacks_.userdata = nullptr;
  }
  AskingCallbacks(const AskingCallbacks&) = delete;

 private:
  ssh_callbacks_struct& callbacks_;
  PassphraseQuestion& question_;
};

class Login {
 public:
  Login(const LoginSession& session, const SshTarget& target, KeyRing& ring, const Clock& clock)
      : session_(session.session), callbacks_(session.callbacks), abandoned_(session.abandoned), target_(target), ring_(ring), clock_(clock) {}

  Result<std::string> run() {
    Result<int> state = target_.identity.empty() ? as_ssh_would() : with_identity();
    if (!state) return state.error();
    if (*state != SSH_AUTH_SUCCESS && ssh_userauth_list(session_, nullptr) == 0) state = ask_methods();
    if (!state) return state.error();
    if (*state != SSH_AUTH_SUCCESS && ring_.has_password()) state = with_password();
    if (!state) return state.error();
    if (*state == SSH_AUTH_SUCCESS) return used_.empty() ? tried_.back() : used_;
    return refused(*state);
  }

 private:
  Result<int> tried(const std::function<int()>& step) { return carry_through(session_, clock_, kAuthenticationStage, SSH_AUTH_AGAIN, step); }

  // Where no key was offered the host has not said yet what it takes.
  Result<int> ask_methods() {
    return tried([&] { return ssh_userauth_none(session_, nullptr); });
  }

  Result<int> as_ssh_would() {
    const auto question = std::make_shared<PassphraseQuestion>(session_, ring_);
    const AskingCallbacks asking(callbacks_, *question);
    tried_.emplace_back("the keys of the ssh agent and of ~/.ssh");
    Result<int> state = with_first_key();
    if (state && *state == SSH_AUTH_DENIED) state = with_all_keys(question);
    return state;
  }

  Result<int> with_all_keys(const std::shared_ptr<PassphraseQuestion>& question) {
    const auto used = std::make_shared<std::string>("a key of the ssh agent");
    Result<int> state = beside_agent(question, [used](ssh_session session) {
      const int step = ssh_userauth_publickey_auto(session, nullptr, nullptr);
      char* file = nullptr;
      if (step == SSH_AUTH_AGAIN && ssh_userauth_publickey_auto_get_current_identity(session, &file) == SSH_OK) *used = "the key " + in_quotes(TextHandle(file).get());
      return step;
    });
    if (state && *state == SSH_AUTH_SUCCESS) used_ = *used;
    return state;
  }

  // The deadline is the host's: how long somebody types, or an agent waits for somebody, is not counted.
  Result<int> beside_agent(const std::shared_ptr<PassphraseQuestion>& question, const std::function<int(ssh_session)>& step) {
    const auto timed = [question, step, &clock = clock_]() -> int {
      if (question->abandoned) return SSH_AUTH_ERROR;
      const Duration began = clock.boot_time();
      question->step_began = began.count();
      const int result = step(question->session);
      question->step_began = 0;
      const Duration ended = clock.boot_time();
      *question->last_ended = ended.count();
      if (ended - began > kPromptAgent) question->asked = true;
      return result;
    };
    const std::optional<Result<int>> state = watched(question, clock_, ring_.agent_limit(), [question, timed, &clock = clock_] {
      Result<int> last = SSH_AUTH_DENIED;
      do {
        question->asked = false;
        last = carry_through(question->session, clock, kAuthenticationStage, SSH_AUTH_AGAIN, timed);
      } while (!last && question->asked && !question->abandoned);
      return last;
    });
    if (state) return *state;
    abandoned_ = question;
    return Error(ErrorKind::unreachable, "the ssh agent has not answered within " + format_duration(ring_.agent_limit()));
  }

  // Without an agent ssh would begin with this key. To sign with it at once spares the round trip of asking whether the host would take it;
  // a key with a passphrase is asked for first, so that nobody types it in vain.
  Result<int> with_first_key() {
    if (std::getenv("SSH_AUTH_SOCK")) return static_cast<int>(SSH_AUTH_DENIED);
    const Result<KeyRing::Key> first = ring_.key(ssh_option(session_, SSH_OPTIONS_IDENTITY), false);
    if (!first || !first->key) return static_cast<int>(SSH_AUTH_DENIED);
    used_ = "the key " + in_quotes(ssh_option(session_, SSH_OPTIONS_IDENTITY));
    Result<int> state = tried([&] { return ssh_userauth_publickey(session_, nullptr, first->key.get()); });
    if (!state || *state != SSH_AUTH_SUCCESS) used_.clear();
    return state;
  }

  // A key with a passphrase may lie in the agent: nobody is asked before that was tried.
  Result<int> with_identity() {
    Result<KeyRing::Key> known = ring_.key(target_.identity, false);
    if (known && known->encrypted && !known->key) {
      tried_.emplace_back("the keys of the ssh agent");
      Result<int> state = beside_agent(std::make_shared<PassphraseQuestion>(session_, ring_), [](ssh_session session) { return ssh_userauth_agent(session, nullptr); });
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
    if (state == SSH_AUTH_ERROR) return Error(ErrorKind::unreachable, "logging in as " + in_quotes(user) + ": " + ssh_fault(session_) + last_banner_line(session_));
    const std::string more = state == SSH_AUTH_PARTIAL ? "; it wants more than that: " : "; it takes ";
    return Error(ErrorKind::unreachable, "it refuses " + in_quotes(user) + " with " + joined(tried_, ", ") + more + taken_methods(session_) +
                                             "; add the key to the user's authorized_keys, set identity or user, or give -k for a password" +
                                             unheeded_settings(target_.home, {"certificatefile"}) + last_banner_line(session_));
  }

  const ssh_session session_;
  ssh_callbacks_struct& callbacks_;
  std::shared_ptr<WatchedCall>& abandoned_;
  const SshTarget& target_;
  KeyRing& ring_;
  const Clock& clock_;
  std::vector<std::string> tried_;
  std::string used_;
};

}  // namespace

Result<std::string> authenticate(const LoginSession& session, const SshTarget& target, KeyRing& ring, const Clock& clock) {
  return Login(session, target, ring, clock).run();
}

}  // namespace sparekeep::central
