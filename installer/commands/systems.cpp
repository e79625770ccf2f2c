// `systems`: the storage systems as the central knows them now.
#include "installer/commands/central_access.h"
#include "installer/commands/commands.h"
#include "lib/base/units.h"
#include "lib/cli/console.h"

namespace sparekeep::central {

namespace {

constexpr Duration kListenFor = std::chrono::seconds(2);     // to reports; whoever stays silent is asked

JsonText as_json(const StorageSystem& system) {
  return JsonObject()
      .set("name", system.name)
      .set("state", name_of(system.state))
      .set("zone", system.zone)
      .set("capacity_bytes", system.capacity_bytes)
      .set("available_bytes", system.available_bytes)
      .set("stored_bytes", system.stored_bytes)
      .set("reported_at", system.reported == Time{} ? JsonText() : JsonText(to_rfc3339(system.reported)))
      .set("id", system.id.hex())
      .set("address", system.address)
      .set("port", system.port);
}

void print(Console& console, const std::vector<StorageSystem>& systems) {
  JsonArray array;
  TextTable table({{"SYSTEM"}, {"STATE"}, {"ZONE"}, {"CAPACITY", Align::right}, {"AVAILABLE", Align::right}, {"STORED", Align::right}, {"LAST REPORT"}});
  for (const StorageSystem& system : systems) {
    array.add(as_json(system));
    table.add({system.name, std::string(name_of(system.state)), system.zone, format_size(system.capacity_bytes), format_size(system.available_bytes),
               format_size(system.stored_bytes), system.reported == Time{} ? "never" : to_rfc3339(system.reported)});
  }
  console.json(array);
  if (systems.empty()) console.print("there are no storage systems yet; sparekeep install makes them");
  else console.print(table);
}

}  // namespace

Command systems_command() {
  Command command;
  command.name = "systems";
  command.group = "The central";
  command.summary = "show the storage systems: state, zone, capacity, available, stored, last report";
  command.example = "sparekeep systems\nsparekeep systems --json";
  command.run = [](CommandContext& context) -> Outcome {
    RunningCentral central(central_options_of(context.arguments, {}), system_clock(), system_random());
    central.refresh(kListenFor);
    print(context.console, central.systems());
    return {};
  };
  return command;
}

}  // namespace sparekeep::central
