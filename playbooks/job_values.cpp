#include "playbooks/job_values.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "inventory/names.h"
#include "lib/base/path_glob.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr int64_t kCopiesMax = 16;
constexpr int64_t kRetainMax = 100'000;

struct DeclaredRedundancy {
  std::optional<uint8_t> data, parity, copies;
};

KeyTable<DeclaredRedundancy> redundancy_keys() {
  using D = DeclaredRedundancy;
  return {
      "'redundancy'",
      {
          key("data", &D::data, integer_between(1, kDataShardsMax),
              {"how many systems hold the data; any `data` of all are enough to restore", "none"}),
          key("parity", &D::parity, integer_between(1, kParityShardsMax), {"how many systems may be lost", "none"}),
          key("copies", &D::copies, integer_between(2, kCopiesMax), {"instead of both: whole copies, each on a system of its own", "none"}),
      }};
}

bool fits_compression(std::string_view text) {
  if (text == "auto" || text == "off") return true;
  if (!text.starts_with("zstd:")) return false;
  text.remove_prefix(5);
  int level = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), level);
  return fault == std::errc() && end == text.data() + text.size() && level >= 1 && level <= 19;
}

bool fits_privilege(std::string_view text) {
  for (const std::string_view kind : {"user:", "group:", "host:"})
    if (text.starts_with(kind)) return text.size() > kind.size() && printable(text) == text && text.find(' ') == std::string_view::npos;
  return false;
}

bool fits_snapshot(std::string_view text) {
  const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text == "latest" || text.find("${") != text.npos || (text.size() >= 2 && text.size() <= 32 && std::all_of(text.begin(), text.end(), digit));
}

ValueType<std::string> command_line() {
  return text_that("a command line", [](std::string_view text) { return text.find_first_not_of(" \t\n") != text.npos && text.find('\0') == text.npos; });
}

KeyTable<Hook> hook_keys() {
  return {"a hook",
          {key("run", &Hook::run, command_line(), {"a line for `/bin/sh -c`", "", true}),
           key("user", &Hook::user, any_text(), {"who runs it", "`root`"})}};
}

}  // namespace

ValueType<Layout> redundancy_value() {
  const KeyTable<DeclaredRedundancy> keys = redundancy_keys();
  const std::string name = "{ data = K, parity = M } or { copies = N }";
  return {name,
          [keys, name](const ConfigValue& value, std::string_view what) {
            if (!value.table()) throw wrong_value(value, what, name);
            const DeclaredRedundancy declared = keys.read(*value.table());
            const bool shards = declared.data && declared.parity && !declared.copies;
            const bool whole = declared.copies && !declared.data && !declared.parity;
            if (!shards && !whole) throw refusal(value.at, std::string(what) + " has too few or too many keys", name + " is expected");
            return whole ? copies(*declared.copies) : Layout{*declared.data, *declared.parity};
          },
          keys.docs()};
}

ValueType<Retain> retain_value() {
  const ValueType<int64_t> count = integer_between(0, kRetainMax);
  const KeyTable<Retain> keys{"'retain'",
                              {
                                  key("last", &Retain::last, count, {"how many of the newest snapshots stay", "0"}),
                                  key("hourly", &Retain::hourly, count, {"the newest of so many hours that have one", "0"}),
                                  key("daily", &Retain::daily, count, {"the newest of so many days that have one", "0"}),
                                  key("weekly", &Retain::weekly, count, {"the newest of so many weeks that have one", "0"}),
                                  key("monthly", &Retain::monthly, count, {"the newest of so many months that have one", "0"}),
                                  key("yearly", &Retain::yearly, count, {"the newest of so many years that have one", "0"}),
                              }};
  ValueType<Retain> type = table_of(keys);
  type.convert = [inner = type.convert](const ConfigValue& value, std::string_view what) {
    const Retain retain = inner(value, what);
    if (retain == Retain{})
      throw refusal(value.at, std::string(what) + " keeps nothing", "a number above 0 for at least one key is expected");
    return retain;
  };
  return type;
}

ValueType<Privileges> privileges_value() {
  const auto item = text_that("\"user:NAME\", \"group:NAME\" or \"host:NAME\"", fits_privilege);
  const auto list = list_of("a list of \"user:NAME\", \"group:NAME\" and \"host:NAME\"", item);
  return table_of(KeyTable<Privileges>{
      "'privileges'",
      {
          key("restore", &Privileges::restore, list, {"who may restore, besides root of the host and operators", "nobody"}),
          key("run", &Privileges::run, list, {"who may start the job, besides root of the host and operators", "nobody"}),
      }});
}

ValueType<Hook> hook_value() {
  const KeyTable<Hook> keys = hook_keys();
  const std::string name = "a command line or { run = \"...\", user = \"...\" }";
  return {name,
          [keys, name](const ConfigValue& value, std::string_view what) {
            if (value.text() && !value.text()->empty() && value.text()->find('\0') == std::string::npos) return Hook{*value.text(), {}};
            if (!value.table()) throw wrong_value(value, what, name);
            return keys.read(*value.table());
          },
          {}};
}

ValueType<std::vector<CommandSource>> command_list() {
  using C = CommandSource;
  ValueType<std::vector<C>> list = list_of("a list of { name, run, user }", table_of(KeyTable<C>{
      "a command",
      {
          key("name", &C::name, plain_name("file"), {"the file that keeps its output: `" + std::string(kCommandsFolder) + "/NAME`", "", true}),
          key("run", &C::run, command_line(), {"a line for `/bin/sh -c`", "", true}),
          key("user", &C::user, any_text(), {"who runs it", "`root`"}),
      }}));
  list.convert = [inner = list.convert](const ConfigValue& value, std::string_view what) {
    std::vector<C> commands = inner(value, what);
    std::set<std::string> names;
    for (size_t i = 0; i < commands.size(); ++i)
      if (!names.insert(commands[i].name).second)
        throw refusal((*value.array())[i].at, "command " + in_quotes(commands[i].name) + " is there already", "a name of its own is expected for each command");
    return commands;
  };
  return list;
}

ValueType<RestoreFrom> from_value() {
  using F = RestoreFrom;
  return table_of(KeyTable<F>{"'from'",
                              {
                                  key("job", &F::job, plain_name("job"), {"the backup job", "", true}),
                                  key("host", &F::host, any_text(), {"the host that was backed up", "each host itself"}),
                                  key("snapshot", &F::snapshot, text_that("'latest', or an id or at least two digits of its beginning,", fits_snapshot),
                                      {"`latest`, an id, or the beginning of one", "`latest`"}),
                              }});
}

ValueType<Schedule> schedule_value() {
  const std::string name = "a calendar expression such as \"daily\" or \"Mon..Fri 02:00\"";
  return {name,
          [name](const ConfigValue& value, std::string_view what) {
            if (!value.text()) throw wrong_value(value, what, name);
            Result<Schedule> schedule = parse_schedule(*value.text());
            if (!schedule)
              throw refusal(value.at, std::string(what) + " is " + in_quotes(*value.text()) + ", " + schedule.error().text(),
                            name + " is expected");
            return std::move(*schedule);
          },
          {}};
}

ValueType<std::string> compression_value() { return text_that("\"auto\", \"off\" or \"zstd:1\" to \"zstd:19\"", fits_compression); }

ValueType<std::string> glob_value() {
  return {"a glob",
          [](const ConfigValue& value, std::string_view what) {
            if (!value.text() || value.text()->empty()) throw wrong_value(value, what, "a glob");
            const Result<PathGlob> glob = PathGlob::parse({*value.text()});
            if (!glob) throw refusal(value.at, std::string(what) + ": " + glob.error().text(), "a glob is expected");
            return *value.text();
          },
          {}};
}

ValueType<std::string> tag_name() {
  return text_that("the name of a file, without '/',", [](std::string_view text) {
    return !text.empty() && text != "." && text != ".." && text.find_first_of(std::string_view("/\0", 2)) == text.npos;
  });
}

ValueType<uint64_t> size_above_zero() {
  ValueType<uint64_t> type = size_in_bytes();
  type.convert = [inner = type.convert](const ConfigValue& value, std::string_view what) {
    const uint64_t bytes = inner(value, what);
    if (bytes == 0) throw refusal(value.at, std::string(what) + " is 0", "a size of at least a byte is expected");
    return bytes;
  };
  return type;
}

ValueType<std::string> plain_name(const std::string& what) {
  return text_that("the name of a " + what + " (at most 63 letters, digits, '-', '_' and '.', the first a letter or digit)", is_host_name);
}

}  // namespace sparekeep
