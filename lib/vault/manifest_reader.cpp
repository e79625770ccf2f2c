#include "lib/vault/manifest_reader.h"

#include <algorithm>

#include "lib/base/path_order.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

Error corrupt(std::string_view path, std::string_view what) {
  return Error(ErrorKind::corrupt, "manifest entry " + in_quotes(path) + ": " + std::string(what));
}

bool same_but_content(const ManifestEntry& a, const ManifestEntry& b) { return a.file == b.file && a.hash == b.hash; }

}  // namespace

Result<std::optional<ManifestChunkReader::Record>> ManifestReader::first_record() {
  const size_t number = next_chunk_++;
  const std::string& key = (*first_paths_)[number];
  Result<Bytes> plain = load_(number);
  if (!plain) return plain.error();
  Result<ManifestChunkReader> chunk = ManifestChunkReader::open(std::move(*plain));
  if (!chunk) return chunk.error();
  chunk_ = std::move(*chunk);
  Result<std::optional<Record>> record = chunk_->next();
  if (!record) return record;
  if (!*record) return corrupt(key, "its manifest chunk is empty");
  if ((*record)->entry.file.path != key) return corrupt((*record)->entry.file.path, "expected " + in_quotes(key) + " here");
  return record;
}

Result<std::optional<ManifestChunkReader::Record>> ManifestReader::next_record() {
  Result<std::optional<Record>> record = std::optional<Record>();
  if (chunk_) record = chunk_->next();
  if (record && !*record && next_chunk_ < first_paths_->size()) record = first_record();
  if (!record || !*record) return record;
  const std::string& path = (*record)->entry.file.path;
  if (goes_on_ && path != last_path_) return corrupt(path, "the pieces of " + in_quotes(last_path_) + " should go on here");
  if (!goes_on_ && !last_path_.empty() && !path_less(last_path_, path)) return corrupt(path, "it is out of order");
  last_path_ = path;
  goes_on_ = (*record)->goes_on;
  return record;
}

Result<ManifestEntry> ManifestReader::joined(Record record) {
  ManifestEntry entry = std::move(record.entry);
  while (goes_on_) {
    Result<std::optional<Record>> more = next_record();
    if (!more) return more.error();
    if (!*more || !same_but_content((*more)->entry, entry)) return corrupt(entry.file.path, "its pieces do not go on");
    entry.content.insert(entry.content.end(), (*more)->entry.content.begin(), (*more)->entry.content.end());
    if (entry.content.size() > kContentRefsMax) return corrupt(entry.file.path, "it has too many pieces");
  }
  if (const std::string_view fault = fault_of_content(entry); !fault.empty()) return corrupt(entry.file.path, fault);
  return entry;
}

Result<std::optional<ManifestEntry>> ManifestReader::next() {
  for (;;) {  // ends: every turn takes a record
    Result<std::optional<Record>> record = next_record();
    if (!record) return record.error();
    if (!*record) return std::optional<ManifestEntry>();
    if (!seek_path_.empty() && path_less((*record)->entry.file.path, seek_path_)) continue;
    seek_path_.clear();
    Result<ManifestEntry> entry = joined(std::move(**record));
    if (!entry) return entry.error();
    return std::optional<ManifestEntry>(std::move(*entry));
  }
}

void ManifestReader::seek(std::string_view path) {
  // The chunk before the first one that begins at `path` or behind it: the entry may lie at its end, or begin there.
  const auto behind = std::lower_bound(first_paths_->begin(), first_paths_->end(), path, PathLess());
  next_chunk_ = static_cast<size_t>(behind - first_paths_->begin());
  if (next_chunk_ > 0) --next_chunk_;
  chunk_.reset();
  last_path_.clear();
  goes_on_ = false;
  seek_path_ = path;
}

Result<std::optional<ManifestEntry>> ManifestReader::find(std::string_view path) {
  seek(path);
  Result<std::optional<ManifestEntry>> entry = next();
  if (!entry || !*entry || (*entry)->file.path == path) return entry;
  seek((*entry)->file.path);
  return std::optional<ManifestEntry>();
}

}  // namespace sparekeep
