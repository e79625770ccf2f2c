// The lines of files of known hosts that take a key back ("@revoked PATTERNS KEY"), each file read once for all hosts of a command. Thread safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace sparekeep::central {

struct RevokedLine {
  std::string place;                              // "/root/.ssh/known_hosts:3"
  std::string rest;                               // "PATTERNS KEY"
};

class RevokedKeys {
 public:
  const std::vector<RevokedLine>& in(const std::string& file);   // a file that cannot be read has none

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<RevokedLine>> files_;
};

}  // namespace sparekeep::central
