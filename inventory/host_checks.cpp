#include "inventory/host_checks.h"

#include <algorithm>
#include <filesystem>

#include "inventory/names.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr uint16_t kOrdinaryPort = 1024;               // below it a program needs root's rights

std::string plain_path(const std::string& path) {
  std::string plain = std::filesystem::path(path).lexically_normal().string();
  while (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
  return plain;
}

void check_root(Host& host) {
  if (!host.is_local()) return host.root.clear();
  const std::string name = in_quotes(host.name);
  if (host.root.empty()) throw refusal(host.at, "local host " + name + " has no 'root'", "the folder that plays its '/' is expected");
  if (!host.root.starts_with('/'))
    throw refusal(host.root_at, "'root' of " + name + " is " + in_quotes(host.root), "an absolute path is expected");
  host.root = plain_path(host.root);
  if (host.root == "/") throw refusal(host.root_at, "'root' of " + name + " is '/'", "a folder below it is expected");
}

void check_addresses(const Host& host) {
  if (host.is_local() || is_address(host.address)) return;
  throw refusal(host.at, "host " + in_quotes(host.name) + " has no 'address', and its name is none", "an IP address or a DNS name is expected");
}

bool lies_in(const std::string& inner, const std::string& outer) { return inner == outer || inner.starts_with(outer + "/"); }

void check_storage(const Host& host) {
  const std::string path = plain_path(host.storage.path), is = "'storage.path' of host " + in_quotes(host.name) + " is " + in_quotes(path);
  if (path == "/") throw refusal(host.at, is, "a folder below it is expected");
  for (const std::string own : {"/etc/sparekeep", "/usr/lib/sparekeep", "/var/lib/sparekeep/daemon", "/var/lib/sparekeep/agent", "/var/lib/sparekeep/orders"})
    if (lies_in(path, own) || lies_in(own, path))
      throw refusal(host.at, is + ", which overlaps with " + in_quotes(own), "a folder apart from Sparekeep's own is expected");
}

// The daemon of a real host is an ordinary user's, in a unit that hides these folders or has its own in their place.
void check_reach(const Host& host) {
  if (host.is_local() || !host.has_role(HostRole::storage)) return;
  const std::string of_host = " of host " + in_quotes(host.name) + " is ", path = plain_path(host.storage.path);
  if (host.storage.port < kOrdinaryPort)
    throw refusal(host.at, "'storage.port'" + of_host + std::to_string(host.storage.port),
                  "a port from " + std::to_string(kOrdinaryPort) + " on is expected: the daemon is no root's");
  for (const std::string hidden : {"/dev", "/proc", "/root", "/run", "/sys", "/tmp", "/var/run", "/var/tmp"})
    if (lies_in(path, hidden))
      throw refusal(host.at, "'storage.path'" + of_host + in_quotes(path) + ", which lies in " + in_quotes(hidden),
                    "a folder that lasts and that the daemon's user can reach is expected, like '/srv/sparekeep'");
}

void check_roots_apart(const std::vector<Host>& hosts) {
  std::vector<const Host*> local;
  for (const Host& host : hosts)
    if (host.is_local()) local.push_back(&host);
  // With '/' sorted before all else, a folder stands right before what lies in it.
  const auto key = [](const Host* host) {
    std::string text = host->root;
    std::replace(text.begin(), text.end(), '/', '\0');
    return text;
  };
  std::stable_sort(local.begin(), local.end(), [&](const Host* a, const Host* b) { return key(a) < key(b); });
  for (size_t i = 1; i < local.size(); ++i) {
    if (!lies_in(local[i]->root, local[i - 1]->root)) continue;
    const std::string relation = local[i]->root == local[i - 1]->root ? " is that of " : " lies in that of ";
    throw refusal(local[i]->root_at,
                  "root " + in_quotes(local[i]->root) + " of " + in_quotes(local[i]->name) + relation + in_quotes(local[i - 1]->name),
                  "a folder of its own is expected for each local host");
  }
}

void check_ports_apart(const std::vector<Host>& hosts) {
  std::map<uint16_t, const Host*> taken;
  for (const Host& host : hosts) {
    if (!host.is_local() || !host.storage.port_given || !host.has_role(HostRole::storage)) continue;
    const auto [other, is_first] = taken.emplace(host.storage.port, &host);
    if (is_first) continue;
    throw refusal(host.at,
                  "local hosts " + in_quotes(other->second->name) + " and " + in_quotes(host.name) + " have the same 'storage.port' " +
                      std::to_string(host.storage.port),
                  "a port of its own, or none so that a free one is chosen, is expected");
  }
}

}  // namespace

void check_hosts(std::vector<Host>& hosts) {
  for (Host& host : hosts) check_root(host), check_addresses(host), check_storage(host), check_reach(host);
  check_roots_apart(hosts);
  check_ports_apart(hosts);
}

}  // namespace sparekeep
