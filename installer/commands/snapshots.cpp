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

constexpr size_t kIdShown = 12;              // digits of an id in the table: any beginning that is unique is a name

Outcome list_snapshots(CommandContext& context) {
  RunningCentral central(central_options_of(context.arguments, {}), system_clock(), system_random());
  hear_late_results(central, system_clock());
  take_up_records(central);
  check_snapshots_known(central);
  Catalogue& catalogue = central.catalogue();
  const std::string host = context.arguments.value("host").value_or("*"), job = context.arguments.value("job").value_or("*");
  JsonArray json;
  TextTable table({{"id"}, {"job"}, {"host"}, {"time"}, {"files", Align::right}, {"size", Align::right}, {"new", Align::right}, {"state"}});
  for (const SnapshotEntry& snapshot : catalogue.snapshots({})) {
    const std::string name = host_name_of(catalogue, snapshot);
    if (!matches_glob(host, name) || !matches_glob(job, snapshot.metadata.job)) continue;
    json.add(snapshot_json(snapshot, name));
    const SecondMetadata& metadata = snapshot.metadata;
    table.add({snapshot.id.hex().substr(0, kIdShown), metadata.job, name, local_time(snapshot.began), std::to_string(metadata.files),
               format_size(metadata.bytes), format_size(metadata.new_bytes), snapshot.state()});
  }
  context.console.json(json);
  if (table.empty()) context.console.print("no snapshots");
  else context.console.print(table);
  return {};
}

}  // namespace

Command snapshots_command() {
  return {.name = "snapshots",
          .group = "Snapshots",
          .summary = "list the snapshots, newest last",
          .options = {{.name = "host", .taking = Taking::value, .value_name = "HOST", .documentation = "only those of this host, or of those that fit a glob"},
                      {.name = "job", .taking = Taking::value, .value_name = "NAME", .documentation = "only those of this job, or of those that fit a glob"}},
          .example = "  sparekeep snapshots --job web-content --json\n  sparekeep snapshots --host 'web*'",
          .run = [](CommandContext& context) { return list_snapshots(context); }};
}

}  // namespace sparekeep::central
