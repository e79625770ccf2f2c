#include "installer/commands/central_access.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "lib/base/text.h"
#include "lib/net/listener.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kLoopback = "127.0.0.1";
constexpr size_t kAccountBytesMax = 64 * 1024;

}  // namespace

Path state_folder(const Arguments& arguments) { return std::filesystem::absolute(arguments.value("state").value()); }

// Before the state was opened as well as after: then the saved id alone is root's.
HomeFolder home_of(const Arguments& arguments) {
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): nothing here sets the environment
  HomeFolder out{.path = home ? home : ""};
  uid_t real = 0, effective = 0, saved = 0;
  struct stat facts {};
  if (::getresuid(&real, &effective, &saved) != 0 || saved != 0 || ::stat(state_folder(arguments).c_str(), &facts) != 0 || facts.st_uid == 0) return out;
  passwd record{};
  passwd* owner = nullptr;
  std::array<char, kAccountBytesMax> buffer;
  if (::getpwuid_r(facts.st_uid, &record, buffer.data(), buffer.size(), &owner) != 0 || !owner || out.path == owner->pw_dir) return out;
  out.note = "the state belongs to " + in_quotes(owner->pw_name) + ", who logs in to hosts: ~ is " + in_quotes(owner->pw_dir);
  out.path = owner->pw_dir;
  return out;
}

Inventory required_inventory(const Arguments& arguments) {
  std::vector<Path> files;
  for (const std::string& file : arguments.values("inventory")) files.emplace_back(file);
  if (files.empty()) throw Error(ErrorKind::usage, "no inventory is named; give --inventory FILE");
  return read_inventory(files, {.home = home_of(arguments).path});
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
