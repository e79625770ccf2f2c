#include "installer/install/desired.h"

#include <array>
#include <cstdio>

#include "installer/install/units.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kHead = "# written by sparekeep install: what is changed here by hand is set back by the next one\n";

// A basic string of TOML: every text, quotes and control characters, too.
std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += std::string("\\") + c;
    else if (byte >= 0x20 && byte != 0x7f) out += c;
    else {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04X", byte);
      out += escape.data();
    }
  }
  return out + "\"";
}

std::string duration_text(Duration duration) {
  constexpr Duration kDay = std::chrono::hours(24), kSecond = std::chrono::seconds(1);
  if (duration % kDay == Duration(0)) return std::to_string(duration / kDay) + "d";
  if (duration % kSecond == Duration(0)) return std::to_string(duration / kSecond) + "s";
  return std::to_string(duration / std::chrono::milliseconds(1)) + "ms";
}

std::string keep_free_text(const KeepFree& keep) {
  return keep.percent ? std::to_string(*keep.percent) + "%" : std::to_string(keep.bytes) + " B";
}

std::string head_text(const Host& host, const CentralFacts& central) {
  return std::string(kHead) + "host = " + toml_text(host.name) + "\nroot_key = " + toml_text(central.root.hex()) + "\n";
}

std::string central_text(const Host& host, const CentralFacts& central) {
  return "\n[central]\naddress = " + toml_text(central.endpoint.host) + "\nport = " + std::to_string(central.endpoint.port) +
         "\nretry = " + (host.is_local() ? "\"200ms\"" : "\"30s\"") + "\n";
}

DesiredFile text_file(std::string_view path, ByteSpan content) {
  return {.path = std::string(path), .mode = 0644, .digest = sha256(content), .content = Bytes(content.begin(), content.end()), .source = {}};
}

DesiredFile program(const Release& release, std::string_view name) {
  const ReleaseFile& file = release.files.at(std::string(name));
  return {.path = release_file(release.id, name), .mode = 0755, .digest = file.digest, .content = {}, .source = file.source};
}

}  // namespace

std::string daemon_settings_text(const Host& host, const CentralFacts& central, uint16_t port) {
  std::string text = head_text(host, central) + "\n[listen]\naddress = " + (host.is_local() ? "\"127.0.0.1\"" : "\"::\"") +
                     "\nport = " + std::to_string(port) + "\n" + central_text(host, central);
  text += "\n[storage]\npath = " + toml_text(host.storage.path) + "\nkeep_free = " + toml_text(keep_free_text(host.storage.keep_free)) + "\n";
  if (host.storage.quota_bytes) text += "quota = " + toml_text(std::to_string(*host.storage.quota_bytes) + " B") + "\n";
  return text + "lock = " + toml_text(duration_text(host.storage.lock)) + "\n";
}

// The master file has the zones of storage systems alone: a host learns its own from here.
std::string agent_settings_text(const Host& host, const CentralFacts& central, const MachineId& machine) {
  std::string text = head_text(host, central) + "zone = " + toml_text(host.zone) + "\n";
  if (!machine.is_zero()) text += "machine = " + toml_text(machine.hex()) + "\n";
  text += "allow_restore_to = [";
  for (const std::string& folder : host.allow_restore_to) text += (text.ends_with('[') ? "" : ", ") + toml_text(folder);
  return text + "]\nlocal = " + (host.is_local() ? "true" : "false") + "\n" + central_text(host, central);
}

namespace {

void add_units(const Host& host, DesiredState& desired) {
  const auto add = [&](const std::string& unit, const std::string& text) { desired.files.push_back(text_file(unit_file(unit), as_bytes(text))); };
  for (const Service& service : desired.services) {
    add(service_unit(service), service.role == HostRole::storage ? daemon_unit_text(host) : agent_unit_text());
    desired.enabled.push_back(service_unit(service));
  }
  if (!host.has_role(HostRole::backup)) return;
  for (const std::string_view order : kPrivilegedOrders) {
    add(socket_unit(order), socket_unit_text(order));
    add(order_unit(order), order_unit_text(order));
    desired.sockets.push_back(socket_unit(order));
    desired.enabled.push_back(socket_unit(order));
  }
}

std::vector<DesiredFolder> folders_of(const Host& host, const DesiredState& desired) {
  std::vector<DesiredFolder> folders;
  for (const std::string_view path : {kSettingsFolder, kProgramsFolder, kStateFolder, kReleasesFolder})
    folders.push_back({.path = std::string(path), .mode = 0755, .user = "root"});
  folders.push_back({.path = release_folder(desired.release), .mode = 0755, .user = "root"});
  for (const Service& service : desired.services) folders.push_back({.path = std::string(service.state), .mode = 0700, .user = std::string(service.program)});
  if (host.has_role(HostRole::storage)) folders.push_back({.path = host.storage.path, .mode = 0700, .user = std::string(kDaemonService.program)});
  return folders;
}

}  // namespace

DesiredState desired_state(const Host& host, const CentralFacts& central, const Release& release, const HostPlace& place) {
  DesiredState desired{.release = release.id, .supervision = place.supervision, .files = {}, .folders = {}, .enabled = {}, .sockets = {}, .services = services_of(host),
                       .keeps_daemon = place.has_daemon && !host.has_role(HostRole::storage)};
  if (desired.services.empty()) return desired;
  desired.files.push_back(program(release, kSharedLibrary));
  for (const Service& service : desired.services) desired.files.push_back(program(release, service.program));
  if (desired.keeps_daemon) desired.files.push_back(program(release, kDaemonService.program));
  desired.files.push_back(text_file(kDelegationFile, central.delegation));
  if (place.id) desired.files.push_back(text_file(kHostIdFile, as_bytes(place.id->hex() + "\n")));
  for (const Service& service : desired.services) {
    const std::string text =
        service.role == HostRole::storage ? daemon_settings_text(host, central, place.daemon_port) : agent_settings_text(host, central, place.machine);
    desired.files.push_back(text_file(service.settings, as_bytes(text)));
  }
  if (place.supervision != Supervision::folder) desired.folders = folders_of(host, desired);
  if (place.supervision == Supervision::systemd) add_units(host, desired);
  return desired;
}

}  // namespace sparekeep::central
