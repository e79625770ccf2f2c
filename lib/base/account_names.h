// Names and numbers of this machine's users and groups, asked of the system's name service and remembered. One object may be
// shared by threads.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace sparekeep {

class AccountNames {
 public:
  std::string user_name(uint32_t uid);     // empty when the number has no name
  std::string group_name(uint32_t gid);
  std::optional<uint32_t> user_number(const std::string& name);   // empty when there is no such user
  std::optional<uint32_t> group_number(const std::string& name);

 private:
  std::mutex mutex_;
  std::unordered_map<uint32_t, std::string> users_, groups_;
  std::unordered_map<std::string, std::optional<uint32_t>> user_numbers_, group_numbers_;
};

}  // namespace sparekeep
