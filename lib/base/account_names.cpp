#include "lib/base/account_names.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <vector>

namespace sparekeep {

namespace {

constexpr size_t kAccountBytesFirst = 4096;
constexpr size_t kAccountBytesMax = 16 << 20;  // a group with very many members

// Calls a *_r look-up with a buffer that grows while it says ERANGE. Null: there is no such account.
template <typename Record, typename Lookup>
bool look_up(Record& record, std::vector<char>& buffer, Lookup lookup) {
  for (buffer.resize(kAccountBytesFirst); buffer.size() <= kAccountBytesMax; buffer.resize(buffer.size() * 4)) {
    Record* found = nullptr;
    if (lookup(&record, buffer.data(), buffer.size(), &found) != ERANGE) return found != nullptr;
  }
  return false;
}

template <typename Map, typename Key, typename Ask>
typename Map::mapped_type remembered(std::mutex& mutex, Map& map, const Key& key, Ask ask) {
  const std::lock_guard lock(mutex);
  const auto known = map.find(key);
  if (known != map.end()) return known->second;
  return map.emplace(key, ask()).first->second;
}

}  // namespace

std::string AccountNames::user_name(uint32_t uid) {
  return remembered(mutex_, users_, uid, [&]() -> std::string {
    passwd record{};
    std::vector<char> buffer;
    const bool found = look_up(record, buffer, [&](auto... rest) { return ::getpwuid_r(uid, rest...); });
    return found ? record.pw_name : "";
  });
}

std::string AccountNames::group_name(uint32_t gid) {
  return remembered(mutex_, groups_, gid, [&]() -> std::string {
    group record{};
    std::vector<char> buffer;
    const bool found = look_up(record, buffer, [&](auto... rest) { return ::getgrgid_r(gid, rest...); });
    return found ? record.gr_name : "";
  });
}

std::optional<uint32_t> AccountNames::user_number(const std::string& name) {
  return remembered(mutex_, user_numbers_, name, [&]() -> std::optional<uint32_t> {
    passwd record{};
    std::vector<char> buffer;
    const bool found = look_up(record, buffer, [&](auto... rest) { return ::getpwnam_r(name.c_str(), rest...); });
    return found ? std::optional<uint32_t>(record.pw_uid) : std::nullopt;
  });
}

std::optional<uint32_t> AccountNames::group_number(const std::string& name) {
  return remembered(mutex_, group_numbers_, name, [&]() -> std::optional<uint32_t> {
    group record{};
    std::vector<char> buffer;
    const bool found = look_up(record, buffer, [&](auto... rest) { return ::getgrnam_r(name.c_str(), rest...); });
    return found ? std::optional<uint32_t>(record.gr_gid) : std::nullopt;
  });
}

}  // namespace sparekeep
