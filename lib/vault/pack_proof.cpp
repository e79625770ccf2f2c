#include "lib/vault/pack_proof.h"

#include <algorithm>

#include "lib/vault/compressor.h"

namespace sparekeep {

namespace {

Error broken(const std::string& what) {
  return Error(ErrorKind::corrupt, what + ": the memory or processor of this machine is broken");
}

Result<void> prove_directory(const PackHeader& header, Aead& aead, const std::vector<PackedChunk>& chunks, ByteSpan sealed) {
  Bytes plain(sealed.size() - kAeadTagSize);
  const Bytes associated = directory_associated({header.vault, header.epoch, header.kind});
  if (!aead.open(kDirectoryCounter, associated, sealed, plain)) return broken("the sealed directory of a new pack does not open");
  const Result<std::vector<PackedChunk>> rows = read_directory(plain, header.directory_offset);
  if (rows && *rows == chunks) return {};
  return broken("the directory of a new pack does not name its chunks");
}

// Rebuilds block by block: a small buffer that stays in the processor's cache.
Result<void> compare_rebuilt(const Erasure& erasure, std::span<const ShardSpan> survivors, std::span<const ShardSpan> lost) {
  Bytes scratch(lost.size() * kBlockSize);
  const size_t length = lost.front().bytes.size();
  for (size_t at = 0; at < length; at += kBlockSize) {
    const size_t part = std::min<size_t>(kBlockSize, length - at);
    std::vector<ShardSpan> from;
    std::vector<MutableShardSpan> to;
    for (const ShardSpan& survivor : survivors) from.push_back({survivor.index, survivor.bytes.subspan(at, part)});
    for (size_t i = 0; i < lost.size(); ++i) to.push_back({lost[i].index, MutableSpan(scratch).subspan(i * kBlockSize, part)});
    if (Result<void> rebuilt = erasure.rebuild(from, to); !rebuilt) return rebuilt;
    for (size_t i = 0; i < lost.size(); ++i)
      if (!same_bytes(to[i].bytes, lost[i].bytes.subspan(at, part))) return broken("a new pack does not come back from its parity");
  }
  return {};
}

}  // namespace

Result<void> prove_opens(const PackHeader& header, const PackKeys& keys, const PackedContent& content, ByteSpan pack) {
  Aead aead(content_key(keys, header.salt, header.content_digest));
  Bytes compressed;
  for (size_t i = 0; i < content.chunks.size(); ++i) {
    const PackedChunk& chunk = content.chunks[i];
    const size_t length = chunk.sealed_length - kAeadTagSize;
    compressed.resize(std::max(compressed.size(), length));
    const MutableSpan opened = MutableSpan(compressed).first(length);
    const Bytes associated = chunk_associated({header.vault, header.epoch, header.kind}, chunk);
    if (!aead.open(chunk.index, associated, pack.subspan(chunk.offset, chunk.sealed_length), opened))
      return broken("a sealed chunk of a new pack does not open");
    if (chunk_proof(chunk.codec, chunk.plain_length, fast_hash(opened)) != content.hashes[i]) return broken("a chunk of a new pack is not what was read");
  }
  return prove_directory(header, aead, content.chunks, pack.subspan(header.directory_offset, header.directory_length));
}

Result<void> prove_rebuilds(Layout layout, std::span<const ByteSpan> shards) {
  if (layout.data == 1 || layout.parity == 0) return {};
  std::vector<ShardSpan> lost, survivors;
  for (unsigned i = 0; i < layout.parity; ++i) lost.push_back({i, shards[i]});
  for (unsigned i = layout.parity; i < layout.count(); ++i) survivors.push_back({i, shards[i]});
  return compare_rebuilt(Erasure(layout), survivors, lost);
}

}  // namespace sparekeep
