#include "agent/settings.h"

#include "lib/base/text.h"
#include "lib/config/toml.h"

namespace sparekeep::agent {

namespace {

KeyTable<CentralSettings> central_keys() {
  using S = CentralSettings;
  return {"'central'", {
      key("address", &S::address, any_text(), {"where the central answers", "", true}),
      key("port", &S::port, integer_between(1, 65535), {"its port", "7420"}),
      key("retry", &S::retry, duration(), {"the longest wait between two tries while no central answers", "`30s`"}),
  }};
}

}  // namespace

KeyTable<AgentSettings> agent_keys() {
  using S = AgentSettings;
  return {"agent.toml", {
      key("host", &S::host, any_text(), {"the host's name in the inventory", "", true}),
      key("root_key", &S::root_key, parsed_text<PublicKey>("64 hexadecimal digits", PublicKey::parse), {"the pinned offline root", "", true}),
      key("central", &S::central, table_of(central_keys()), {"the central", "", true}),
      key("allow_restore_to", &S::allow_restore_to, list_of("a list of absolute paths", absolute_path()),
          {"folders that orders without an admin's signature may restore to", "`[\"/var/lib/sparekeep/restore\"]`"}),
      key("zone", &S::zone, any_text(), {"the host's failure domain: its backups go to others while those have room", "unknown"}),
      key("machine", &S::machine, parsed_text<MachineId>("32 hexadecimal digits", MachineId::parse),
          {"digest of its machine's id: systems on the same machine store none of its backups", "unknown"}),
      key("local", &S::local, flag(), {"this machine plays several hosts", "`false`"}),
  }};
}

AgentSettings read_settings(const HostPaths& paths) {
  const Path file = paths.agent_settings();
  if (!std::filesystem::exists(file)) throw Error(ErrorKind::no_state, in_quotes(file.native()) + " is not there; run install on the central");
  return agent_keys().read(read_toml(file).value());
}

}  // namespace sparekeep::agent
