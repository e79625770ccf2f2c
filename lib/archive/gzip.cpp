#include "lib/archive/gzip.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

namespace sparekeep {

namespace {

struct ArchiveDeleter {
  void operator()(struct archive* handle) const { archive_write_free(handle); }
  void operator()(struct archive_entry* entry) const { archive_entry_free(entry); }
};

la_ssize_t append(struct archive*, void* to, const void* bytes, size_t size) {
  const auto* begin = static_cast<const uint8_t*>(bytes);
  static_cast<Bytes*>(to)->insert(static_cast<Bytes*>(to)->end(), begin, begin + size);
  return static_cast<la_ssize_t>(size);
}

}  // namespace

// A "raw" archive is its one file without anything around it.
Result<Bytes> gzip(ByteSpan bytes) {
  Bytes out;
  const std::unique_ptr<struct archive, ArchiveDeleter> writer(archive_write_new());
  const std::unique_ptr<struct archive_entry, ArchiveDeleter> entry(archive_entry_new());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  const bool done = archive_write_add_filter_gzip(writer.get()) == ARCHIVE_OK &&
                    archive_write_set_options(writer.get(), "gzip:compression-level=1,gzip:!timestamp") == ARCHIVE_OK &&
                    archive_write_set_format_raw(writer.get()) == ARCHIVE_OK && archive_write_set_bytes_in_last_block(writer.get(), 1) == ARCHIVE_OK &&
                    archive_write_open(writer.get(), &out, nullptr, append, nullptr) == ARCHIVE_OK &&
                    archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK &&
                    archive_write_data(writer.get(), bytes.data(), bytes.size()) == static_cast<la_ssize_t>(bytes.size()) &&
                    archive_write_close(writer.get()) == ARCHIVE_OK;
  if (!done) return Error(ErrorKind::failed, "compressing: " + std::string(archive_error_string(writer.get()) ? archive_error_string(writer.get()) : "no memory"));
  return out;
}

}  // namespace sparekeep
