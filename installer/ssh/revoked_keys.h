// The lines of files of known hosts that take a key back ("@revoked PATTERNS KEY"), each file read once for all hosts of a command. Thread safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "lib/base/error.h"

namespace sparekeep::central {

struct RevokedLine {
  std::string place;                              // "/root/.ssh/known_hosts:3"
  std::string rest;                               // "PATTERNS KEY"
};

class RevokedKeys {
 public:
  // A file that is not there, or that is not this user's to read, has none. What else keeps it from being read is an error, and is not remembered.
  Result<std::vector<RevokedLine>> in(const std::string& file);

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<RevokedLine>> files_;
};

}  // namespace sparekeep::central
