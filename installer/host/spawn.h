// Starts a program that is not ours: no signal is blocked or ignored in it, and none of our descriptors comes along.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "lib/base/error.h"

namespace sparekeep::central {

struct SpawnRequest {
  std::vector<std::string> arguments;                            // the first one is the program's path
  std::optional<std::vector<std::string>> environment = {};      // "NAME=value"; ours unless given
  int in = -1, out = -1, err = -1;                               // what become its standard streams
  bool own_session = false;                                      // without a terminal; else a process group of its own
};

// The error says "starting WHAT".
Result<pid_t> spawn(SpawnRequest request, std::string_view what);

}  // namespace sparekeep::central
