// Inside the SQLite catalogue only: our types in and out of columns.
#pragma once

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/crypt/certificate.h"
#include "lib/database/database.h"
#include "lib/wire/json.h"
#include "lib/wire/shards.h"

namespace sparekeep::central {

constexpr std::string_view kDamagedCatalogue =
    "move catalogue.db away, with catalogue.db-wal and catalogue.db-shm, and the next command makes it again from what the storage systems hold";

template <typename SomeId>
SomeId id_at(const Statement& row, int column) {
  const Bytes bytes = row.blob(column);
  if (bytes.size() == SomeId::kSize) return SomeId::from(bytes);
  throw Error(ErrorKind::corrupt, "catalogue: an id of " + std::to_string(bytes.size()) + " bytes; " + std::string(kDamagedCatalogue));
}

inline Time time_at(const Statement& row, int column) { return Time{row.integer(column)}; }
inline uint64_t number_at(const Statement& row, int column) { return static_cast<uint64_t>(row.integer(column)); }
inline bool flag_at(const Statement& row, int column) { return row.integer(column) != 0; }
inline int64_t as_column(uint64_t number) { return static_cast<int64_t>(number); }

inline std::string list_text(const std::vector<std::string>& items) { return to_json(NameList{.names = items}); }
inline std::vector<std::string> list_at(const Statement& row, int column) { return from_json<NameList>(row.text(column)).value().names; }

inline std::string roles_text(const std::set<Role>& roles) {
  std::vector<std::string> names;
  for (const Role role : roles) names.emplace_back(name_of(role));
  return list_text(names);
}
inline std::set<Role> roles_at(const Statement& row, int column) {
  std::set<Role> roles;
  for (const std::string& name : list_at(row, column)) roles.insert(role_from(name).value());
  return roles;
}

template <typename SomeId>
std::string ids_text(const std::vector<SomeId>& ids) {
  std::vector<std::string> names;
  for (const SomeId& id : ids) names.push_back(id.hex());
  return list_text(names);
}
template <typename SomeId>
std::vector<SomeId> ids_at(const Statement& row, int column) {
  std::vector<SomeId> ids;
  for (const std::string& name : list_at(row, column)) ids.push_back(SomeId::parse(name).value());
  return ids;
}

// Every row of a statement, made by `read`.
template <typename Read>
auto all_rows(Statement& statement, Read read) {
  std::vector<decltype(read(statement))> rows;
  while (statement.step()) rows.push_back(read(statement));
  return rows;
}
template <typename Read>
auto first_row(Statement& statement, Read read) -> std::optional<decltype(read(statement))> {
  if (!statement.step()) return std::nullopt;
  return read(statement);
}

}  // namespace sparekeep::central
