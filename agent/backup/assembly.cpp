#include "agent/backup/assembly.h"

namespace sparekeep::agent {

namespace {

constexpr uint32_t kNoNumber = UINT32_MAX;
constexpr auto kWhereAThreadIsToBeHad = std::launch::async | std::launch::deferred;   // else by who waits for it

}  // namespace

Assembly::Assembly(AssemblyParts parts) : parts_(parts), manifest_([this](ManifestChunk chunk) { manifest_chunk(std::move(chunk)); }) {}

void Assembly::chunk(Ticket ticket, const PreparedChunk& chunk) {
  take_stored();
  if (numbers_by_ticket_.size() <= ticket) numbers_by_ticket_.resize(ticket + 1, kNoNumber);
  numbers_by_ticket_[ticket] = number_of(chunk);
  write_ready_entries();
}

uint32_t Assembly::number_of(const PreparedChunk& chunk) {
  if (const std::optional<uint32_t> number = parts_.numbers.find(chunk.id)) {
    SK_CHECK(parts_.numbers.rows()[*number].plain_length == chunk.plain_length);   // a file refers to all of a chunk, and is restored from that
    return *number;
  }
  if (chunk.known.chunk) {
    SK_CHECK(chunk.known.chunk->plain_length == chunk.plain_length);
    return parts_.numbers.add_stored(*chunk.known.pack, *chunk.known.chunk);
  }
  SK_CHECK(!chunk.bytes.empty());
  if (parts_.data_writer.full()) close_data_pack();
  return parts_.numbers.add_pending(parts_.data_writer.add(chunk.id, chunk.plain_length, {chunk.codec, chunk.bytes, chunk.hash}));
}

void Assembly::close_data_pack() {
  wait_for_sealing();
  if (parts_.data_writer.empty()) return;
  auto added = std::make_shared<PackWriter::Added>(parts_.data_writer.take());
  sealing_ = std::async(kWhereAThreadIsToBeHad, [this, added] { parts_.uploader.put(parts_.data_writer.seal(std::move(*added))); });
}

void Assembly::wait_for_sealing() {
  if (sealing_.valid()) sealing_.get();           // throws what went wrong
}

void Assembly::take_stored() {
  for (const StoredPack& pack : parts_.stored.take()) {
    if (pack.entry.kind == PackKind::metadata) parts_.metadata.set_pack(pack);
    else parts_.numbers.set_pack(pack);
  }
}

void Assembly::entry(ReadEntry entry) {
  waiting_.push_back({std::move(entry), 0});
  write_ready_entries();
}

bool Assembly::resolve(Waiting& waiting) const {
  if (waiting.read.taken_over) return true;
  std::vector<ContentRef>& content = waiting.read.entry.content;
  for (; waiting.resolved < content.size(); ++waiting.resolved) {
    uint32_t& chunk = content[waiting.resolved].chunk;
    if (chunk >= numbers_by_ticket_.size() || numbers_by_ticket_[chunk] == kNoNumber) return false;
    chunk = numbers_by_ticket_[chunk];
  }
  return true;
}

void Assembly::write_ready_entries() {
  while (!waiting_.empty() && resolve(waiting_.front())) {
    write(waiting_.front().read.entry);
    waiting_.pop_front();
  }
}

void Assembly::write(ManifestEntry& entry) {
  manifest_.put(entry);
  for (const ContentRef& piece : entry.content) parts_.numbers.use(piece.chunk, piece.length);
  parts_.summary.count(entry.file);
}

void Assembly::manifest_chunk(ManifestChunk chunk) {
  parts_.cache.add_manifest_chunk(chunk.plain);
  manifest_chunks_.emplace_back(std::move(chunk.first_path), parts_.metadata.put(chunk.plain));
}

std::vector<size_t> Assembly::write_table(uint32_t& rows) {
  std::vector<size_t> tickets;
  TableWriter table([&](uint32_t, Bytes plain) { tickets.push_back(parts_.metadata.put(plain)); });
  const std::vector<ChunkRef>& all = parts_.numbers.rows();
  for (uint32_t number = 0; number < all.size(); ++number)
    if (!is_unused(all[number])) table.put(number, all[number]);
  rows = table.finish();
  return tickets;
}

VaultPart Assembly::finish() {
  SK_CHECK(waiting_.empty());
  manifest_.finish();
  close_data_pack();
  wait_for_sealing();
  parts_.uploader.finish();
  take_stored();
  parts_.numbers.close();
  VaultPart part{.entries = manifest_.entries(), .file_bytes = manifest_.file_bytes()};
  const std::vector<size_t> table = write_table(part.table_rows);
  parts_.metadata.flush();
  parts_.uploader.finish();
  take_stored();
  for (const auto& [first_path, ticket] : manifest_chunks_) part.manifest.push_back({first_path, parts_.metadata.reference(ticket)});
  for (const size_t ticket : table) part.table.push_back(parts_.metadata.reference(ticket));
  return part;
}

}  // namespace sparekeep::agent
