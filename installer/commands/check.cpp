#include <algorithm>
#include <charconv>
#include <set>

#include "installer/commands/central_access.h"
#include "installer/commands/commands.h"
#include "installer/jobs/known_snapshots.h"
#include "installer/jobs/record_uptake.h"
#include "installer/keeping/check.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/cli/console.h"

namespace sparekeep::central {

namespace {

constexpr size_t kRisksShownMax = 20;
constexpr unsigned kWhole = 100;

CheckOptions options_of(const Arguments& arguments) {
  const std::optional<std::string> text = arguments.value("read-data");
  if (!text) return {};
  std::string_view digits = *text;
  if (digits.ends_with('%')) digits.remove_suffix(1);
  unsigned percent = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), percent);
  if (fault != std::errc() || end != digits.data() + digits.size() || percent < 1 || percent > kWhole)
    throw Error(ErrorKind::usage, "--read-data is " + in_quotes(*text) + "; a percentage from 1 to 100 is expected");
  return {.read_percent = percent};
}

JsonText objects_json(const CheckReport& report) {
  JsonArray objects;
  for (const ObjectRisk& risk : report.objects_at_risk) {
    JsonObject json;
    json.set("object", risk.object.text()).set("vault", risk.object.vault.hex()).set("good", risk.good).set("declared", risk.object.copies);
    json.set("lost", risk.lost()).set("in_catalogue", risk.in_catalogue).set("snapshots", risk.object.snapshots).set("systems", risk.systems);
    objects.add(json);
  }
  return objects;
}

JsonText report_json(const CheckReport& report) {
  JsonArray systems, risks;
  for (const SystemCheck& system : report.systems) {
    JsonObject json;
    json.set("name", system.name).set("good", system.good).set("missing", system.missing).set("damaged", system.damaged);
    json.set("unknown", system.unknown).set("bytes_read", system.bytes_read);
    systems.add(json.set("problem", system.problem.empty() ? JsonText() : JsonText(system.problem)));
  }
  for (const PackRisk& risk : report.risks) {
    JsonObject json;
    json.set("pack", risk.pack.hex()).set("vault", risk.vault.hex()).set("data", unsigned{risk.layout.data}).set("parity", unsigned{risk.layout.parity});
    json.set("good", risk.good).set("lost", risk.lost()).set("snapshots", risk.snapshots).set("systems", risk.systems);
    risks.add(json);
  }
  JsonObject json;
  json.set("snapshots", report.snapshots).set("packs", report.packs).set("shards", report.shards).set("objects", report.objects);
  return json.set("systems", systems).set("at_risk", risks).set("objects_at_risk", objects_json(report)).set("findings", report.findings);
}

void print_systems(Console& console, const CheckReport& report) {
  TextTable table({{"system"}, {"good", Align::right}, {"missing", Align::right}, {"damaged", Align::right}, {"unknown", Align::right},
                   {"read", Align::right}, {"problem"}});
  for (const SystemCheck& system : report.systems)
    table.add({system.name, std::to_string(system.good), std::to_string(system.missing), std::to_string(system.damaged),
               std::to_string(system.unknown), format_size(system.bytes_read), system.problem});
  console.print(table);
}

std::string counted(size_t count, const std::string& noun) { return std::to_string(count) + " " + noun + (count == 1 ? "" : "s"); }

std::string good_of(const ObjectRisk& risk) {
  const std::string systems = risk.systems.empty() ? "" : "; the others should be on " + joined(risk.systems, ", ");
  return risk.object.text() + " has " + std::to_string(risk.good) + " good of " + std::to_string(risk.object.copies) + " copies" + systems;
}

// An object is put by its host's agent alone, as a part of a backup: nobody else could make a daemon believe it.
void print_objects(Console& console, const CheckReport& report, std::set<std::string>& lost) {
  size_t shown = 0;
  for (const ObjectRisk& risk : report.objects_at_risk) {
    if (risk.lost()) lost.insert(risk.object.snapshots.begin(), risk.object.snapshots.end());
    if (++shown > kRisksShownMax) continue;
    if (risk.lost()) console.error(good_of(risk));
    else console.warn(good_of(risk) + (risk.good == 0 ? "; the central alone has it: keep a copy of its state" : ""));
  }
  if (report.objects_at_risk.size() > kRisksShownMax) console.warn("... and " + counted(report.objects_at_risk.size() - kRisksShownMax, "more object"));
}

void print_risks(Console& console, const CheckReport& report) {
  std::set<std::string> lost;
  size_t shown = 0;
  for (const PackRisk& risk : report.risks) {
    if (risk.lost()) lost.insert(risk.snapshots.begin(), risk.snapshots.end());
    if (++shown > kRisksShownMax) continue;
    const std::string systems = risk.systems.empty() ? "" : "; the others should be on " + joined(risk.systems, ", ");
    const std::string text = "pack " + risk.pack.hex().substr(0, 12) + " (" + risk.layout.text() + ") has " + counted(risk.good, "good shard") + " of " +
                             std::to_string(risk.layout.count()) + systems;
    if (risk.lost()) console.error(text);
    else console.warn(text);
  }
  if (report.risks.size() > kRisksShownMax) console.warn("... and " + counted(report.risks.size() - kRisksShownMax, "more pack"));
  print_objects(console, report, lost);
  if (!report.risks.empty() || !report.objects_at_risk.empty())
    console.warn("run the jobs of these hosts again (sparekeep run JOB): that puts descriptor, key record and all that the new snapshots need; what only older "
                 "snapshots need, or those of hosts that are gone, is not mended yet, and a check after that still shows it: bring back the systems that had it");
  for (const std::string& snapshot : lost) console.error("snapshot " + snapshot + " cannot be restored whole");
}

Outcome run(CommandContext& context) {
  const CheckOptions options = options_of(context.arguments);
  RunningCentral central(central_options_of(context.arguments, {}), system_clock(), system_random());
  take_up_records(central);
  check_snapshots_known(central);
  const CheckReport report = check_shards(central, system_clock(), system_random(), options);
  Console& console = context.console;
  console.json(report_json(report));
  print_systems(console, report);
  for (const std::string& finding : report.findings) console.error(printable(finding));
  print_risks(console, report);
  const bool lost = report.record_lost || std::any_of(report.risks.begin(), report.risks.end(), [](const PackRisk& risk) { return risk.lost(); }) ||
                    std::any_of(report.objects_at_risk.begin(), report.objects_at_risk.end(), [](const ObjectRisk& risk) { return risk.lost(); });
  const bool at_risk = !report.risks.empty() || !report.objects_at_risk.empty();
  console.print(counted(report.snapshots, "snapshot") + ", " + counted(report.packs, "pack") + ", " + counted(report.shards, "shard") + ": " +
                (lost ? "something cannot be restored" : at_risk ? "redundancy is below what was declared, all restores" : "everything is there"));
  Outcome outcome;
  if (lost) outcome.add(ErrorKind::lost);
  if (at_risk) outcome.add(ErrorKind::degraded);
  return outcome;
}

}  // namespace

Command check_command() {
  return {.name = "check",
          .group = "Systems",
          .summary = "look at all that the snapshots need on the systems, and say what is at risk",
          .options = {{.name = "read-data", .taking = Taking::optional_value, .value_name = "PERCENT",
                       .documentation = "read every byte of every shard, or of that many of a hundred", .implicit = "100"}},
          .example = "  sparekeep check --read-data=10",
          .run = run,
          .manual = "Of each shard at least its signed head and one block chosen at random are read and verified; records, pack list blocks, key records and\n"
                    "descriptors are read whole.\n"
                    "Exit 13: some packs have fewer good shards than declared, or fewer copies of such an object lie on the systems; everything still restores.\n"
                    "Exit 14: something does not."};
}

}  // namespace sparekeep::central
