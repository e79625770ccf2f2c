// What one command logs in with: each key file is read once, each passphrase and password asked for once, for all hosts. Thread safe.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "installer/ssh/agent_watch.h"
#include "installer/ssh/proxies.h"
#include "installer/ssh/revoked_keys.h"
#include "lib/base/clock.h"
#include "lib/crypt/secret.h"

struct ssh_key_struct;

namespace sparekeep::central {

// Asks whoever sits there; nothing typed where nobody does.
using AskSecret = std::function<Secret(const std::string& question)>;

struct AgentSocket {
  std::string path = {};                               // what SSH_AUTH_SOCK names; empty: no agent
  std::function<void(const std::string&)> warn = {};   // that it is left out
  Duration limit = kAgentSignLimit;                    // for each of its answers
  std::function<void(int level, const std::string&)> tell = {};   // of each login, what -v and -vv say: never a secret
};

class KeyRing {
 public:
  KeyRing(AskSecret ask, bool ask_password, AgentSocket agent = {});
  ~KeyRing();

  struct Key {                                     // null: it has a passphrase, and `ask` was not given or nobody typed the right one
    std::shared_ptr<ssh_key_struct> key;
    bool encrypted = false;
  };
  // failed: there is no such file, or no key in it.
  Result<Key> key(const std::string& file, bool ask);

  Proxies& proxies() { return proxies_; }          // that carry its logins
  RevokedKeys& revoked() { return revoked_; }

  void tell(int level, const std::string& text) const {
    if (agent_.tell) agent_.tell(level, text);
  }
  bool has_password() const { return ask_password_; }
  Secret password();                               // to log in with; asked for at the first call
  Secret passphrase(const std::string& file);      // of a key that libssh reads itself
  bool agent_is_silent(const Clock& clock);        // found out once; then it is warned of, and every host goes on without it
  Duration agent_limit() const { return agent_.limit; }
  void leave_agents_out(const std::string& host);  // of one that does not answer, after a login to this host was held up; it is warned of once
  bool agents_are_left_out() const { return agents_left_out_; }
  const std::shared_ptr<std::atomic<int64_t>>& agent_step_ended() const { return agent_step_ended_; }   // boot time, of any host; outlives the ring
  std::unique_lock<std::mutex> writing_known_hosts() { return std::unique_lock(known_hosts_); }   // one file, many hosts at once

 private:
  Secret asked(const std::string& question);       // once a question
  const AskSecret ask_;
  const bool ask_password_;
  const AgentSocket agent_;
  Proxies proxies_;
  RevokedKeys revoked_;
  std::once_flag agent_asked_;
  bool agent_silent_ = false;
  std::atomic<bool> agents_left_out_ = false;
  const std::shared_ptr<std::atomic<int64_t>> agent_step_ended_ = std::make_shared<std::atomic<int64_t>>(0);
  std::mutex mutex_, known_hosts_;
  std::map<std::string, Secret> answers_;
  std::map<std::string, Key> keys_;
};

}  // namespace sparekeep::central
