#include "lib/archive/gzip.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <memory>

namespace sparekeep {

namespace {

struct ArchiveDeleter {
  void operator()(struct archive* handle) const { archive_write_free(handle); }
  void operator()(struct archive_entry* entry) const { archive_entry_free(entry); }
};

constexpr size_t kHeadSize = 10, kFlagsAt = 3;
constexpr uint8_t kHasComment = 0x10;
constexpr std::array<uint8_t, 3> kMagic{0x1f, 0x8b, 8};        // and deflate

la_ssize_t append(struct archive*, void* to, const void* bytes, size_t size) {
  const auto* begin = static_cast<const uint8_t*>(bytes);
  static_cast<Bytes*>(to)->insert(static_cast<Bytes*>(to)->end(), begin, begin + size);
  return static_cast<la_ssize_t>(size);
}

// libarchive writes none of the optional parts, so that the comment comes right after the fixed one.
void put_comment(Bytes& packed, std::string_view comment) {
  SK_CHECK(packed.size() > kHeadSize && packed[kFlagsAt] == 0 && comment.find('\0') == std::string_view::npos);
  packed[kFlagsAt] = kHasComment;
  const std::string ended = std::string(comment) + '\0';
  packed.insert(packed.begin() + kHeadSize, ended.begin(), ended.end());
}

}  // namespace

std::optional<std::string> gzip_comment(ByteSpan head) {
  if (head.size() <= kHeadSize || !std::equal(kMagic.begin(), kMagic.end(), head.begin()) || head[kFlagsAt] != kHasComment) return std::nullopt;
  const std::string_view text = as_text(head.subspan(kHeadSize));
  const size_t end = text.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(text.substr(0, end));
}

// A "raw" archive is its one file without anything around it.
Result<Bytes> gzip(ByteSpan bytes, const GzipOptions& options) {
  Bytes out;
  const std::string how = "gzip:compression-level=" + std::to_string(options.level) + ",gzip:!timestamp";
  const std::unique_ptr<struct archive, ArchiveDeleter> writer(archive_write_new());
  const std::unique_ptr<struct archive_entry, ArchiveDeleter> entry(archive_entry_new());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  const bool done = archive_write_add_filter_gzip(writer.get()) == ARCHIVE_OK &&
                    archive_write_set_options(writer.get(), how.c_str()) == ARCHIVE_OK &&
                    archive_write_set_format_raw(writer.get()) == ARCHIVE_OK && archive_write_set_bytes_in_last_block(writer.get(), 1) == ARCHIVE_OK &&
                    archive_write_open(writer.get(), &out, nullptr, append, nullptr) == ARCHIVE_OK &&
                    archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK &&
                    archive_write_data(writer.get(), bytes.data(), bytes.size()) == static_cast<la_ssize_t>(bytes.size()) &&
                    archive_write_close(writer.get()) == ARCHIVE_OK;
  if (!done) return Error(ErrorKind::failed, "compressing: " + std::string(archive_error_string(writer.get()) ? archive_error_string(writer.get()) : "no memory"));
  if (!options.comment.empty()) put_comment(out, options.comment);
  return out;
}

}  // namespace sparekeep
