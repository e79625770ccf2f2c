#include "installer/commands/central_access.h"

#include <cstdlib>

#include "lib/net/listener.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kLoopback = "127.0.0.1";

}  // namespace

Path state_folder(const Arguments& arguments) { return std::filesystem::absolute(arguments.value("state").value()); }

Inventory required_inventory(const Arguments& arguments) {
  std::vector<Path> files;
  for (const std::string& file : arguments.values("inventory")) files.emplace_back(file);
  if (files.empty()) throw Error(ErrorKind::usage, "no inventory is named; give --inventory FILE");
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): nothing here sets the environment
  return read_inventory(files, {.home = home ? home : ""});
}

CentralOptions central_options_of(const Arguments& arguments, const Inventory& inventory) {
  CentralOptions options{.state = state_folder(arguments), .wait_lock = arguments.duration("wait-lock").value_or(Duration(0))};
  options.address = inventory.central.address.empty() ? std::string(kLoopback) : inventory.central.address;
  // Hosts far away reach this machine by addresses that it may not have itself: behind NAT, or by a name.
  if (!inventory.all_local()) options.listen = kAnyAddress;
  if (inventory.central.port_given || !inventory.all_local()) options.port = inventory.central.port;
  return options;
}

}  // namespace sparekeep::central
