#include "installer/commands/central_access.h"
#include "installer/commands/commands.h"
#include "installer/jobs/known_snapshots.h"
#include "installer/jobs/late_results.h"
#include "installer/jobs/record_uptake.h"
#include "installer/jobs/snapshot_name.h"
#include "installer/jobs/snapshot_view.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/cli/console.h"

namespace sparekeep::central {

namespace {

std::string listed(const std::vector<std::string>& items) { return items.empty() ? "none" : joined(items, ", "); }

void print_summary(Console& console, const SnapshotEntry& snapshot, const std::string& host) {
  const SecondMetadata& metadata = snapshot.metadata;
  console.print("snapshot    " + snapshot.id.hex());
  console.print("job         " + metadata.job + " of playbook " + metadata.playbook);
  console.print("host        " + host);
  console.print("time        " + local_time(snapshot.began) + " to " + local_time(snapshot.ended));
  console.print("state       " + snapshot.state());
  console.print("paths       " + listed(metadata.paths));
  console.print("files       " + std::to_string(metadata.files) + " entries, " + format_size(metadata.bytes) + ", " +
                format_size(metadata.new_bytes) + " new, " + std::to_string(metadata.unreadable) + " unreadable");
  console.print("redundancy  " + std::to_string(metadata.redundancy.data) + " data + " + std::to_string(metadata.redundancy.parity) + " parity");
  console.print("may restore " + listed(metadata.privileges.restore));
  console.print("may run     " + listed(metadata.privileges.run));
}

void print_amounts(Console& console, const std::string& title, const std::map<std::string, Amount>& amounts) {
  TextTable table({{title}, {"files", Align::right}, {"size", Align::right}});
  for (const auto& [name, amount] : amounts) table.add({name.empty() ? "(none)" : name, std::to_string(amount.files), format_size(amount.bytes)});
  console.print("");
  console.print(table);
}

void print_tables(Console& console, const SecondMetadata& metadata) {
  TextTable systems({{"system"}, {"stored", Align::right}});
  for (const SystemAmount& system : metadata.systems) systems.add({system.name, format_size(system.bytes)});
  console.print("");
  console.print(systems);
  print_amounts(console, "type", metadata.types);
  print_amounts(console, "extension", metadata.extensions);
  TextTable owners({{"user"}, {"group"}, {"files", Align::right}, {"size", Align::right}});
  for (const OwnerAmount& owner : metadata.owners) owners.add({owner.user, owner.group, std::to_string(owner.files), format_size(owner.bytes)});
  console.print("");
  console.print(owners);
}

Outcome show(CommandContext& context) {
  RunningCentral central(central_options_of(context.arguments, {}), system_clock(), system_random());
  hear_late_results(central, system_clock());
  take_up_records(central);
  check_snapshots_known(central);
  const SnapshotEntry snapshot = resolve_snapshot(central.catalogue(), context.arguments.positionals().at(0));
  const std::string host = host_name_of(central.catalogue(), snapshot);
  context.console.json(snapshot_detail_json(snapshot, host));
  if (context.console.json()) return {};
  print_summary(context.console, snapshot, host);
  print_tables(context.console, snapshot.metadata);
  return {};
}

}  // namespace

Command show_command() {
  return {.name = "show",
          .group = "Snapshots",
          .summary = "show what is known of a snapshot: bytes per system, types of files, owners, privileges",
          .positionals = {{.name = "SNAPSHOT", .at_least = 1, .at_most = 1}},
          .example = "  sparekeep show web-content/web1@latest",
          .run = [](CommandContext& context) { return show(context); }};
}

}  // namespace sparekeep::central
