#include "installer/ssh/host_key.h"

#include <fstream>

#include "installer/ssh/unheeded_settings.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr size_t kLinesMax = 100'000;

std::string fingerprint(ssh_key key) {
  unsigned char* hash = nullptr;
  size_t size = 0;
  if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &size) != 0) return "unreadable";
  const TextHandle text(ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size));
  ssh_clean_pubkey_hash(&hash);
  return std::string(ssh_key_type_to_char(ssh_key_type(key))) + " " + text.get();
}

KeyHandle offered(ssh_session session) {
  ssh_key key = nullptr;
  return KeyHandle(ssh_get_server_publickey(session, &key) == SSH_OK ? key : nullptr);
}

std::string offered_key(ssh_session session) {
  const KeyHandle key = offered(session);
  return key ? fingerprint(key.get()) : "unreadable";
}

std::string place_in_known_hosts(ssh_session session) {
  unsigned port = 22;
  ssh_options_get_port(session, &port);
  const std::string host = ssh_option(session, SSH_OPTIONS_HOST);
  return port == 22 ? host : "[" + host + "]:" + std::to_string(port);
}

struct KnownLine {
  std::string place, key;                     // "/root/.ssh/known_hosts:3"
};

KnownHostHandle entry_for(const std::string& host, const std::string& line) {
  ssh_knownhosts_entry* entry = nullptr;
  return KnownHostHandle(ssh_known_hosts_parse_line(host.c_str(), line.c_str(), &entry) == SSH_OK ? entry : nullptr);
}

constexpr ssh_options_e kKnownHosts[] = {SSH_OPTIONS_KNOWNHOSTS, SSH_OPTIONS_GLOBAL_KNOWNHOSTS};

KnownLine known_line(ssh_session session) {
  const std::string host = place_in_known_hosts(session);
  for (const ssh_options_e option : kKnownHosts) {
    const std::string name = ssh_option(session, option);
    std::ifstream file(name);
    std::string line;
    for (size_t number = 1; number <= kLinesMax && std::getline(file, line); ++number)
      if (const KnownHostHandle entry = entry_for(host, line)) return {name + ":" + std::to_string(number), fingerprint(entry->publickey)};
  }
  return {};
}

bool takes_back(ssh_session session, const SshTarget& target, const ssh_key key, const RevokedLine& line) {
  for (const std::string& host : {place_in_known_hosts(session), ssh_option(session, SSH_OPTIONS_HOST), target.name}) {
    const KnownHostHandle entry = entry_for(host, line.rest);
    if (entry && ssh_key_cmp(entry->publickey, key, SSH_KEY_CMP_PUBLIC) == 0) return true;
  }
  return false;
}

// libssh takes the mark for the name of a host. It holds whatever the port is that the patterns name.
Result<KnownLine> revoked_line(ssh_session session, const SshTarget& target, const ssh_key key, KeyRing& ring) {
  for (const ssh_options_e option : kKnownHosts) {
    const Result<std::vector<RevokedLine>> lines = ring.revoked().in(ssh_option(session, option));
    if (!lines) return Error(ErrorKind::unreachable, lines.error().text());
    for (const RevokedLine& line : *lines)
      if (takes_back(session, target, key, line)) return KnownLine{line.place, fingerprint(key)};
  }
  return KnownLine{};
}

Error revoked(const KnownLine& line) {
  return Error(ErrorKind::unreachable, "its host key " + line.key + " is revoked (" + line.place + "): whoever has it may be another machine; give the host a new " +
                                           "key, or remove that line where it is wrong");
}

Error changed(ssh_session session) {
  const KnownLine known = known_line(session);
  const std::string file = ssh_option(session, SSH_OPTIONS_KNOWNHOSTS);
  return Error(ErrorKind::unreachable, "its host key is another one than before: known is " + known.key + " (" + known.place + "), it shows " +
                                           offered_key(session) + "; if the host was made anew, remove the old line by ssh-keygen -f " + in_quotes(file) + " -R " +
                                           in_quotes(place_in_known_hosts(session)));
}

Result<void> unknown(ssh_session session, const SshTarget& target, KeyRing& ring) {
  const std::string key = offered_key(session);
  if (target.host_keys == HostKeyCheck::strict)
    return Error(ErrorKind::unreachable, "its host key " + key +
                                             " is not known; compare it with the host's own, then log in once by ssh, or set host_keys = \"accept-new\"" +
                                             unheeded_settings(target.home, {"hostkeyalias", "knownhostscommand", "userknownhostsfile"}));
  const std::unique_lock writing = ring.writing_known_hosts();
  if (ssh_session_update_known_hosts(session) == SSH_OK) return {};
  return Error(ErrorKind::unreachable, "its host key " + key + " could not be added to " + in_quotes(ssh_option(session, SSH_OPTIONS_KNOWNHOSTS)));
}

}  // namespace

std::string host_key_text(ssh_session session) { return offered_key(session); }

Result<void> check_host_key(ssh_session session, const SshTarget& target, KeyRing& ring) {
  const KeyHandle key = offered(session);
  if (!key) return Error(ErrorKind::unreachable, "its host key could not be read: " + std::string(ssh_get_error(session)));
  const Result<KnownLine> line = revoked_line(session, target, key.get(), ring);
  if (!line) return line.error();
  if (!line->key.empty()) return revoked(*line);
  switch (ssh_session_is_known_server(session)) {
    case SSH_KNOWN_HOSTS_OK: return {};
    case SSH_KNOWN_HOSTS_CHANGED:
    case SSH_KNOWN_HOSTS_OTHER: return changed(session);
    case SSH_KNOWN_HOSTS_NOT_FOUND:
    case SSH_KNOWN_HOSTS_UNKNOWN: return unknown(session, target, ring);
    case SSH_KNOWN_HOSTS_ERROR: break;
  }
  return Error(ErrorKind::unreachable, "its host key could not be looked up: " + std::string(ssh_get_error(session)));
}

}  // namespace sparekeep::central
