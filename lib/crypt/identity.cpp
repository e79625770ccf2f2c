#include "lib/crypt/identity.h"

#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr std::string_view kScheme = "sparekeep:host/";
constexpr std::string_view kRoles = "?roles=";
constexpr size_t kHostDigits = 2 * HostId::kSize;

Result<std::set<Role>> roles_from(std::string_view text) {
  std::set<Role> roles;
  for (const std::string& name : split_text(text, ',')) {
    const Result<Role> role = role_from(name);
    if (!role) return role.error();
    roles.insert(*role);
  }
  return roles;
}

Error refusal(std::string_view uri) {
  return Error(ErrorKind::corrupt, in_quotes(uri) + " is not an identity of the form 'sparekeep:host/ID?roles=ROLE,...'");
}

}  // namespace

std::string_view name_of(Role role) {
  switch (role) {
    case Role::central: return "central";
    case Role::daemon: return "daemon";
    case Role::agent: return "agent";
    case Role::admin: return "admin";
  }
  return "unknown";
}

Result<Role> role_from(std::string_view name) {
  for (const Role role : {Role::central, Role::daemon, Role::agent, Role::admin})
    if (name == name_of(role)) return role;
  return Error(ErrorKind::corrupt, in_quotes(name) + " is not a role; roles are central, daemon, agent and admin");
}

std::string identity_uri(const Identity& identity) {
  std::vector<std::string> names;
  for (const Role role : identity.roles) names.emplace_back(name_of(role));
  return std::string(kScheme) + identity.host.hex() + std::string(kRoles) + joined(names, ",");
}

Result<Identity> identity_from_uri(std::string_view uri) {
  if (uri.size() < kScheme.size() + kHostDigits + kRoles.size() || !uri.starts_with(kScheme)) return refusal(uri);
  const Result<HostId> host = HostId::parse(uri.substr(kScheme.size(), kHostDigits));
  const std::string_view rest = uri.substr(kScheme.size() + kHostDigits);
  if (!host || !rest.starts_with(kRoles)) return refusal(uri);
  const Result<std::set<Role>> roles = roles_from(rest.substr(kRoles.size()));
  if (!roles) return roles.error().during(in_quotes(uri));
  const Identity identity{*host, *roles};
  if (identity_uri(identity) != uri) return refusal(uri);   // another order, or a role twice
  return identity;
}

}  // namespace sparekeep
