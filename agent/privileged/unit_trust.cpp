#include "agent/privileged/unit_trust.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/host/host_identity.h"

namespace sparekeep::agent {

namespace {

enum class Following { no, yes };

Result<struct stat> facts_of(const Path& path, Following following = Following::no) {
  struct stat facts {};
  if (::fstatat(AT_FDCWD, path.c_str(), &facts, following == Following::yes ? 0 : AT_SYMLINK_NOFOLLOW) == 0) return facts;
  return system_error("examining " + in_quotes(path.native()), errno);
}

bool is_root_or_we(uid_t owner) { return owner == 0 || owner == ::geteuid(); }

// Nobody else can change it, or, where it is a folder, put another thing in the place of what is ours in it.
bool is_ours(const struct stat& facts) {
  const bool keeps_names = S_ISDIR(facts.st_mode) && (facts.st_mode & S_ISVTX) != 0;
  return is_root_or_we(facts.st_uid) && ((facts.st_mode & 022) == 0 || keeps_names);
}

Error not_ours(const Path& path) { return {ErrorKind::denied, in_quotes(path.native()) + " can be written by others than root"}; }

// Each folder above, as far as the disk's own root.
Result<void> check_above(const Path& real) {
  for (Path folder = real.parent_path();; folder = folder.parent_path()) {
    const Result<struct stat> facts = facts_of(folder);
    if (!facts) return facts.error();
    if (!is_ours(facts.value())) return not_ours(folder);
    if (folder == folder.parent_path()) return {};
  }
}

// What `path` is, or where it is a link what that leads to: links that root made, from folders of root's to folders of root's.
Result<Path> followed(const Path& path) {
  const Result<struct stat> facts = facts_of(path);
  if (!facts) return facts.error();
  if (!S_ISLNK(facts->st_mode)) return path;
  const Result<struct stat> parent = facts_of(path.parent_path(), Following::yes);
  if (!parent) return parent.error();
  if (!is_root_or_we(facts->st_uid) || !is_ours(parent.value())) return not_ours(path);
  std::error_code fault;
  const Path real = std::filesystem::canonical(path, fault);
  if (fault) return system_error("following " + in_quotes(path.native()), fault.value());
  if (const Result<void> above = check_above(real); !above) return above.error();
  return real;
}

Result<void> check_ours(const Path& path) {
  const Result<Path> real = followed(path);
  if (!real) return real.error();
  const Result<struct stat> facts = facts_of(real.value());
  if (!facts) return facts.error();
  if (is_root_or_we(facts->st_uid) && (facts->st_mode & 022) == 0) return {};
  return not_ours(path);
}

// Whoever owns the agent's state is the agent: /var/lib/sparekeep is root's, so nobody else can put another folder there.
Result<void> find_agent(const HostPaths& paths, UnitTrust& trust) {
  if (const Result<void> ours = check_ours(paths.agent_state().parent_path()); !ours) return ours;
  const Result<Path> real = followed(paths.agent_state());
  if (!real) return real.error();
  const Result<struct stat> facts = facts_of(real.value());
  if (!facts) return facts.error();
  if (!S_ISDIR(facts->st_mode) || (::geteuid() == 0 && facts->st_uid == 0))
    return Error(ErrorKind::denied, in_quotes(paths.agent_state().native()) + " belongs to root; it must be a folder of the agent's own user");
  trust.agent_uid = facts->st_uid, trust.agent_gid = facts->st_gid;
  return {};
}

}  // namespace

Result<UnitTrust> read_unit_trust(const HostPaths& paths) {
  for (const Path& path : {paths.settings(), paths.agent_settings(), paths.delegation(), paths.host_id()})
    if (const Result<void> ours = check_ours(path); !ours) return ours.error();
  UnitTrust trust;
  if (const Result<void> found = find_agent(paths, trust); !found) return found.error();
  try {
    trust.settings = read_settings(paths);
    trust.self = read_host_id(paths);
    trust.delegation = read_delegation(read_file(paths.delegation(), kDelegationSizeMax).value(), trust.settings.root_key).value();
  } catch (const Error& error) {
    return error;
  }
  return trust;
}

}  // namespace sparekeep::agent
