#include <limits>
#include <utility>

#include "lib/database/sqlite.h"

namespace sparekeep {

namespace {

void require_ok(const PreparedStatement& prepared, int code) {
  if (code != SQLITE_OK) throw with_advice(database_error(sqlite3_db_handle(prepared.handle.get()), code, *prepared.path), *prepared.advice);
}

int length_of(size_t size) {
  SK_CHECK(size <= static_cast<size_t>(std::numeric_limits<int>::max()));
  return static_cast<int>(size);
}

}  // namespace

Statement::Statement(Statement&& other) noexcept : prepared_(std::exchange(other.prepared_, nullptr)) {}

Statement::~Statement() {
  if (!prepared_) return;
  sqlite3_reset(prepared_->handle.get());
  sqlite3_clear_bindings(prepared_->handle.get());
  prepared_->borrowed = false;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  const char* data = text.data() ? text.data() : "";   // a null pointer would bind NULL
  require_ok(*prepared_, sqlite3_bind_text(prepared_->handle.get(), parameter, data, length_of(text.size()), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind(int parameter, ByteSpan blob) {
  const void* data = blob.data() ? static_cast<const void*>(blob.data()) : "";
  require_ok(*prepared_, sqlite3_bind_blob(prepared_->handle.get(), parameter, data, length_of(blob.size()), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind_integer(int parameter, int64_t number) {
  require_ok(*prepared_, sqlite3_bind_int64(prepared_->handle.get(), parameter, number));
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  require_ok(*prepared_, sqlite3_bind_null(prepared_->handle.get(), parameter));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(prepared_->handle.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  const Error error = with_advice(database_error(sqlite3_db_handle(prepared_->handle.get()), code, *prepared_->path), *prepared_->advice);
  sqlite3_reset(prepared_->handle.get());
  throw error;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

Statement& Statement::reset() {
  sqlite3_reset(prepared_->handle.get());   // repeats the error of the last step, which that step has thrown
  return *this;
}

bool Statement::is_null(int column) const { return sqlite3_column_type(prepared_->handle.get(), column) == SQLITE_NULL; }

int64_t Statement::integer(int column) const { return sqlite3_column_int64(prepared_->handle.get(), column); }

std::string Statement::text(int column) const {
  const unsigned char* data = sqlite3_column_text(prepared_->handle.get(), column);
  const int size = sqlite3_column_bytes(prepared_->handle.get(), column);
  return data ? std::string(reinterpret_cast<const char*>(data), static_cast<size_t>(size)) : std::string();
}

Bytes Statement::blob(int column) const {
  const uint8_t* data = static_cast<const uint8_t*>(sqlite3_column_blob(prepared_->handle.get(), column));
  const int size = sqlite3_column_bytes(prepared_->handle.get(), column);
  return data ? Bytes(data, data + size) : Bytes();
}

std::optional<int64_t> Statement::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<std::string> Statement::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

}  // namespace sparekeep
