// What one command logs in with: each key file is read once, each passphrase and password asked for once, for all hosts. Thread safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "lib/base/error.h"
#include "lib/crypt/secret.h"

struct ssh_key_struct;

namespace sparekeep::central {

// Asks whoever sits there; nothing typed where nobody does.
using AskSecret = std::function<Secret(const std::string& question)>;

class KeyRing {
 public:
  KeyRing(AskSecret ask, bool ask_password);
  ~KeyRing();

  struct Key {                                     // null: it has a passphrase, and `ask` was not given or nobody typed the right one
    std::shared_ptr<ssh_key_struct> key;
    bool encrypted = false;
  };
  // failed: there is no such file, or no key in it.
  Result<Key> key(const std::string& file, bool ask);

  bool has_password() const { return ask_password_; }
  Secret password();                               // to log in with; asked for at the first call
  Secret passphrase(const std::string& file);      // of a key that libssh reads itself
  std::unique_lock<std::mutex> writing_known_hosts() { return std::unique_lock(known_hosts_); }   // one file, many hosts at once

 private:
  Secret asked(const std::string& question);       // once a question
  const AskSecret ask_;
  const bool ask_password_;
  std::mutex mutex_, known_hosts_;
  std::map<std::string, Secret> answers_;
  std::map<std::string, Key> keys_;
};

}  // namespace sparekeep::central
