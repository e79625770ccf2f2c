// The hosts of one or more inventory files. Several files are one inventory: what a later file says about a key lies over
// what an earlier one said, and the members of a group add up.
#pragma once

#include <filesystem>
#include <map>

#include "inventory/host.h"

namespace sparekeep {

struct CentralAddress {
  std::string address;                      // empty: the address of this machine on the way to the host
  uint16_t port = 7420;
  bool port_given = false;                  // false and all hosts local: any free port, kept
};

struct Inventory {
  CentralAddress central;
  std::vector<Host> hosts;                                 // in the order of the files
  std::map<std::string, std::vector<std::string>> groups;  // names of the hosts of each, nested groups resolved; with "all"

  const Host* find(std::string_view name) const;           // null where it is not declared
  bool all_local() const;
};

struct InventoryText {
  std::string file;                         // what refusals name
  std::string text;
};

struct InventoryOptions {
  std::string home;                         // what ~ stands for
};

// Both throw usage with `file:line:column: what; expected`; nothing is touched, no name is resolved. The file "-" is standard input.
Inventory parse_inventory(const std::vector<InventoryText>& texts, const InventoryOptions& options);
Inventory read_inventory(const std::vector<std::filesystem::path>& files, const InventoryOptions& options);

// The files as they are, for the central to register.
std::vector<InventoryText> read_inventory_texts(const std::vector<std::filesystem::path>& files);

}  // namespace sparekeep
