// `master`: prints, compares or verifies master files. It reads STATE/master, and needs neither the lock nor a central.
#include "installer/central/master_history.h"

#include "installer/central/state.h"
#include "installer/commands/commands.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/cli/console.h"
#include "lib/net/endpoint.h"

namespace sparekeep::central {

namespace {

JsonText as_json(const StorageSystem& system) {
  return JsonObject()
      .set("name", system.name)
      .set("address", system.address)
      .set("port", system.port)
      .set("available_bytes", system.available_bytes)
      .set("capacity_bytes", system.capacity_bytes)
      .set("stored_bytes", system.stored_bytes)
      .set("state", name_of(system.state))
      .set("zone", system.zone)
      .set("id", system.id.hex())
      .set("reported_at", system.reported == Time{} ? JsonText() : JsonText(to_rfc3339(system.reported)));
}

JsonObject as_json(const MasterCopy& copy) {
  JsonArray systems;
  for (const StorageSystem& system : copy.file.systems) systems.add(as_json(system));
  return JsonObject()
      .set("version", copy.file.number)
      .set("epoch", copy.file.delegation.epoch)
      .set("issued_at", to_rfc3339(copy.file.issued))
      .set("expires_at", to_rfc3339(copy.file.expires))
      .set("systems", systems)
      .set("revoked", copy.file.revoked)
      .set("before", copy.file.before.hex())
      .set("digest", copy.digest.hex())
      .set("signature", copy.file.signature.hex());
}

void print(Console& console, const MasterCopy& copy) {
  console.json(as_json(copy));
  console.print("master file " + copy.file.version().text() + ", issued " + to_rfc3339(copy.file.issued) + ", expires " +
                to_rfc3339(copy.file.expires));
  console.print("signature " + copy.file.signature.hex().substr(0, 32) + "…: good, by root " + copy.file.delegation.root.hex().substr(0, 16) + "…");
  TextTable table({{"SYSTEM"}, {"ADDRESS"}, {"ZONE"}, {"STATE"}, {"CAPACITY", Align::right}, {"AVAILABLE", Align::right}});
  for (const StorageSystem& system : copy.file.systems) {
    table.add({system.name, to_string(Endpoint{system.address, system.port}), system.zone, std::string(name_of(system.state)),
               format_size(system.capacity_bytes), format_size(system.available_bytes)});
  }
  if (!table.empty()) console.print(table);
}

void add_change(std::vector<std::string>& changes, std::string_view what, const std::string& before, const std::string& now) {
  if (before != now) changes.push_back(std::string(what) + " " + before + " -> " + now);
}

std::vector<std::string> changes_of(const StorageSystem& before, const StorageSystem& now) {
  std::vector<std::string> changes;
  add_change(changes, "name", before.name, now.name);
  add_change(changes, "address", to_string(Endpoint{before.address, before.port}), to_string(Endpoint{now.address, now.port}));
  add_change(changes, "zone", before.zone, now.zone);
  add_change(changes, "state", std::string(name_of(before.state)), std::string(name_of(now.state)));
  add_change(changes, "capacity", format_size(before.capacity_bytes), format_size(now.capacity_bytes));
  add_change(changes, "available", format_size(before.available_bytes), format_size(now.available_bytes));
  return changes;
}

// One line a system: "+ name", "- name", "~ name: what changed".
std::vector<std::string> difference(const MasterFile& before, const MasterFile& now) {
  std::vector<std::string> lines;
  for (const StorageSystem& system : before.systems) {
    const StorageSystem* same = now.find(system.id);
    if (!same) lines.push_back("- " + system.name);
    else if (const std::vector<std::string> changes = changes_of(system, *same); !changes.empty()) {
      lines.push_back("~ " + system.name + ": " + joined(changes, ", "));
    }
  }
  for (const StorageSystem& system : now.systems) {
    if (!before.find(system.id)) lines.push_back("+ " + system.name + " (" + std::string(name_of(system.state)) + ")");
  }
  for (const std::string& serial : now.revoked) {
    if (!before.is_revoked(serial)) lines.push_back("! certificate " + serial + " revoked");
  }
  return lines;
}

// "12" is of the newest epoch; "1.12" says which.
MasterVersion version_from(const std::string& text, const MasterVersion& newest) {
  return master_version_from(text.find('.') == std::string::npos ? std::to_string(newest.epoch) + "." + text : text).value();
}

Outcome show_difference(const CommandContext& context, const MasterHistory& masters, const std::string& from) {
  const std::vector<std::string>& rest = context.arguments.positionals();
  const MasterVersion newest = masters.newest()->file.version();
  const MasterCopy before = masters.read(version_from(from, newest)).value();
  const MasterCopy now = masters.read(rest.empty() ? newest : version_from(rest[0], newest)).value();
  const std::vector<std::string> lines = difference(before.file, now.file);
  context.console.json(JsonObject().set("from", before.file.number).set("to", now.file.number).set("changes", lines));
  for (const std::string& line : lines) context.console.print(line);
  if (lines.empty()) context.console.print("the same systems, and nothing that is published of them differs");
  return {};
}

Outcome verify(const CommandContext& context, const PublicKey& root, const std::string& file) {
  const Bytes object = read_file(file, kMasterSizeMax).value();
  const MasterCopy copy = during(in_quotes(file), read_master_file(object, root)).value();
  context.console.json(as_json(copy).set("verified", true));
  context.console.print(in_quotes(file) + ": master file " + copy.file.version().text() + ", its chain of signatures is good");
  return {};
}

Outcome run(const CommandContext& context) {
  const StatePaths paths(std::filesystem::absolute(context.arguments.value("state").value()));
  check_state_format(paths);
  const PublicKey root = pinned_root(paths);
  const std::optional<std::string> from = context.arguments.value("diff");
  if (!from && !context.arguments.positionals().empty()) throw Error(ErrorKind::usage, "a second version is compared with --diff A B only");
  if (const std::optional<std::string> file = context.arguments.value("verify")) return verify(context, root, *file);
  const MasterHistory masters(paths, root);
  if (!masters.newest()) throw Error(ErrorKind::corrupt, "there is no master file in " + in_quotes(paths.masters().string()));
  if (from) return show_difference(context, masters, *from);
  const std::optional<std::string> version = context.arguments.value("version");
  if (version) print(context.console, masters.read(version_from(*version, masters.newest()->file.version())).value());
  else print(context.console, *masters.newest());
  return {};
}

}  // namespace

Command master_command() {
  Command command;
  command.name = "master";
  command.group = "The central";
  command.summary = "print, compare or verify the master file";
  command.options = {{.name = "version", .taking = Taking::value, .value_name = "N", .documentation = "an older one: NUMBER or EPOCH.NUMBER"},
                     {.name = "diff", .taking = Taking::value, .value_name = "A", .documentation = "what changed from version A to version B (or the newest)"},
                     {.name = "verify", .taking = Taking::value, .value_name = "FILE",
                      .documentation = "check a file's chain of signatures against this central's root", .meaning = Meaning::file}};
  command.positionals = {{.name = "B", .at_least = 0, .at_most = 1}};
  command.example = "sparekeep master\nsparekeep master --diff 3 7";
  command.run = [](CommandContext& context) { return run(context); };
  return command;
}

}  // namespace sparekeep::central
