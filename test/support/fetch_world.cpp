#include "test/support/fetch_world.h"

namespace sparekeep {

namespace {

std::string content_of(const ManifestEntry& entry, const Collector& collected) {
  Bytes content;
  for (const ContentRef& piece : entry.content) {
    if (const auto error = collected.errors.find(piece.chunk); error != collected.errors.end()) return error->second.text();
    append(content, ByteSpan(collected.chunks.at(piece.chunk)).subspan(piece.offset, piece.length));
  }
  if (!content.empty() && content_hash(content) != entry.hash) return "its XXH3 is wrong";
  return std::string(as_text(content));
}

}  // namespace

std::map<std::string, std::string> Reading::read_all() {
  std::vector<ManifestEntry> entries;
  FetchPlan plan;
  ManifestReader manifest = reader->manifest();
  for (;;) {
    Result<std::optional<ManifestEntry>> entry = manifest.next();
    if (!entry) return {{"the manifest", entry.error().text()}};
    if (!*entry) break;
    const Result<void> planned = reader->plan(**entry, plan);
    if (!planned) return {{"the plan", planned.error().text()}};
    entries.push_back(std::move(**entry));
  }
  Collector collected;
  reader->fetch(plan, collected);
  std::map<std::string, std::string> contents;
  for (const ManifestEntry& entry : entries) contents[entry.file.path] = content_of(entry, collected);
  return contents;
}

std::vector<std::string> Reading::finding_texts() const {
  std::vector<std::string> texts;
  for (const ShardFinding& finding : findings.all()) texts.push_back(finding.text());
  return texts;
}

std::map<std::string, std::string> expected_contents(const std::vector<TestFile>& files) {
  std::map<std::string, std::string> contents;
  for (const TestFile& file : files) contents[file.entry.file.path] = as_text(file.stored);
  return contents;
}

}  // namespace sparekeep
