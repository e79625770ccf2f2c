// What a host looks like before anything is changed: one script, one document, one line a fact. Reading changes nothing.
#pragma once

#include <map>
#include <optional>

#include "installer/install/layout.h"
#include "inventory/master/master_file.h"

namespace sparekeep::central {

struct FileFact {
  unsigned mode = 0;                             // permission bits
  int64_t changed_nanoseconds = 0;               // mtime
  Digest digest;                                 // SHA-256
};

struct ProcessFact {                             // of a serving program that is really ours
  int64_t pid = 0;
  int64_t since_nanoseconds = 0;                 // when it began to serve
  bool replaced = false;                         // its program file was replaced after its start
};

struct HostFacts {
  unsigned uid = 0;
  MachineId machine;                             // zero: the machine has no id
  uint64_t free_bytes = 0;
  bool has_marker = false;                       // of the storage folder
  bool has_stored = false;                       // a daemon served here before
  std::map<std::string, FileFact> files;         // by path below the root
  std::map<std::string, std::string> texts;      // contents of the small ones
  std::map<std::string, ProcessFact> processes;  // by program

  std::optional<HostId> host_id() const;
  std::optional<uint16_t> daemon_port() const;   // as daemon.toml says
};

std::string facts_script(const Host& host);
Result<HostFacts> parse_facts(std::string_view document);   // corrupt: a line that is none, or no end

}  // namespace sparekeep::central
