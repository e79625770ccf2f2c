#include "agent/privileged/unit_trust.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/host/host_identity.h"

namespace sparekeep::agent {

namespace {

Result<struct stat> facts_of(const Path& path) {
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) == 0) return facts;
  return system_error("examining " + in_quotes(path.native()), errno);
}

Result<void> check_ours(const Path& path) {
  const Result<struct stat> facts = facts_of(path);
  if (!facts) return facts.error();
  const bool ours = (facts->st_uid == 0 || facts->st_uid == ::geteuid()) && (facts->st_mode & 022) == 0 && !S_ISLNK(facts->st_mode);
  if (ours) return {};
  return Error(ErrorKind::denied, in_quotes(path.native()) + " can be written by others than root");
}

// Whoever owns the agent's state is the agent: /var/lib/sparekeep is root's, so nobody else can put another folder there.
Result<void> find_agent(const HostPaths& paths, UnitTrust& trust) {
  if (const Result<void> ours = check_ours(paths.agent_state().parent_path()); !ours) return ours;
  const Result<struct stat> facts = facts_of(paths.agent_state());
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
