#include "installer/install/users.h"

#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kHome = "/nonexistent", kShell = "/usr/sbin/nologin", kLocked = "!";   // as change_functions.cpp makes a user

// Wherever the host keeps it.
bool lets_nobody_in(const std::string& shell) { return shell.ends_with("/nologin") || shell.ends_with("/false"); }

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorKind::failed, text); }

// The one number that all files of a program's state belong to; none where there are none, or they differ.
std::optional<unsigned> owner_of_state(const Service& service, const HostFacts& facts) {
  const auto folder = facts.files.find(std::string(service.state));
  if (folder == facts.files.end() || !folder->second.uid) return std::nullopt;
  bool has_key = false;
  for (const std::string& path : private_keys(service)) {
    const auto key = facts.files.find(path);
    if (key == facts.files.end() || key->second.type != 'f') continue;
    if (key->second.uid != folder->second.uid) return std::nullopt;
    has_key = true;
  }
  return has_key ? folder->second.uid : std::nullopt;
}

void refuse_wrong_number(const Service& service, const UserFact& user, const HostFacts& facts) {
  const std::string name(service.program);
  if (user.uid == 0)
    refuse("the user " + in_quotes(name) + " has the uid 0, so that its program would run as root; give it a number of its own in /etc/passwd by vipw " +
           "(the one it had, where it has files), and run it again");
  const std::optional<unsigned> owner = owner_of_state(service, facts);
  if (!owner || *owner == 0) return;               // root's: a run was cut off that was to give them to a user made anew
  const std::string_view more = service.role == HostRole::storage ? " and the same of storage.path" : "";
  const std::string& whole = facts.files.at(std::string(service.state)).owner;
  const std::string shown = whole.substr(0, whole.find(':')), uid = std::to_string(user.uid), old = std::to_string(*owner);
  if (*owner == user.uid && shown != name)
    refuse("the users " + in_quotes(name) + " and " + in_quotes(printable(shown)) + " share the uid " + uid + "; give it a number of its own in /etc/passwd by vipw, " +
           "and run it again");
  if (*owner != user.uid)
    refuse("the user " + in_quotes(name) + " has the uid " + uid + " and its files belong to the uid " + old + "; give it back its number by usermod -u " + old + " " +
           name + ", or give it its files by chown -hR " + name + ": " + std::string(service.state) + std::string(more) + ", and run it again");
}

void look_at(const UserFact& user, UserMend& mend) {
  const auto wrong = [&](const std::string& what, std::string_view option, std::string_view value) {
    mend.wrong.push_back(printable(what));
    mend.options.insert(mend.options.end(), {std::string(option), std::string(value)});
  };
  if (user.home != kHome) wrong("home " + user.home, "--home", kHome), mend.stops = mend.restarts = true;
  if (!lets_nobody_in(user.shell)) wrong("shell " + user.shell, "--shell", kShell);
  if (user.has_password) wrong("a password", "--password", kLocked);
  if (user.groups.empty()) return;
  if (user.groups[0] != mend.name) wrong("group " + user.groups[0], "--gid", mend.name);
  std::vector<std::string> others(user.groups.begin() + 1, user.groups.end());
  std::erase(others, mend.name);
  if (!others.empty()) wrong("in " + joined(others, " "), "--groups", ""), mend.restarts = true;
}

}  // namespace

void plan_mends(const HostFacts& facts, const DesiredState& desired, Plan& plan) {
  for (const Service& service : desired.services) {
    const auto user = facts.users.find(std::string(service.program));
    if (user == facts.users.end()) continue;
    refuse_wrong_number(service, user->second, facts);
    UserMend mend{.name = user->first, .wrong = {}, .options = {}};
    look_at(user->second, mend);
    if (!mend.wrong.empty()) plan.mends.push_back(mend);
  }
}

}  // namespace sparekeep::central
