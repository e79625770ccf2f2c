#include "lib/fetch/chunk_fetcher.h"

#include <algorithm>

#include "lib/fetch/pack_source.h"

namespace sparekeep {

namespace {

constexpr uint64_t kRangeBytesMax = 20 << 20;         // of one request for neighbours; a chunk is never divided
constexpr size_t kHeadersMax = 256;

using Chunks = std::span<const ChunkRef>;

uint64_t end_of(const ChunkRef& chunk) { return uint64_t{chunk.offset} + chunk.sealed_length; }

// How many chunks from the first on are fetched in one request.
size_t neighbours(Chunks chunks, uint64_t gap_max) {
  size_t count = 1;
  while (count < chunks.size() && chunks[count].offset <= end_of(chunks[count - 1]) + gap_max &&
         end_of(chunks[count]) - chunks[0].offset <= kRangeBytesMax)
    ++count;
  return count;
}

Result<void> check_places(Chunks wanted, const PackEntry& pack) {
  uint64_t begin = 0;
  for (const ChunkRef& chunk : wanted) {
    if (chunk.offset < begin || end_of(chunk) > pack.pack_length)
      return Error(ErrorKind::corrupt, "chunk " + chunk.id.hex() + " does not fit into pack " + pack.pack.hex());
    begin = end_of(chunk);
  }
  return {};
}

// The bytes [begin, ...) of a pack that are at hand.
struct Window {
  ByteSpan bytes;
  uint64_t begin = 0;
  ByteSpan of(const ChunkRef& chunk) const { return bytes.subspan(chunk.offset - begin, chunk.sealed_length); }
};

// Memory for one window after the other; a spare buffer's.
class WindowMemory {
 public:
  explicit WindowMemory(SpareBuffers& spare) : spare_(spare) {}
  ~WindowMemory() { spare_.give(std::move(bytes_)); }
  WindowMemory(const WindowMemory&) = delete;

  MutableSpan sized(uint64_t length) {
    if (bytes_.size() < length) spare_.give(std::exchange(bytes_, {})), bytes_ = spare_.sized(length);
    return MutableSpan(bytes_).first(length);
  }

 private:
  SpareBuffers& spare_;
  Bytes bytes_;
};

// One fetch of one pack: windows of neighbours as long as data shards give them, the whole pack once anything is wrong, or was a moment ago.
class PackFetch {
 public:
  PackFetch(PackSource& source, PackReader reader, FetchMemory& memory)
      : source_(source), reader_(std::move(reader)), header_(reader_.header()), window_(memory.windows), chunks_(memory.chunks), rebuilt_(memory.rebuilt),
        plain_(chunks_.take()) {}
  ~PackFetch() { chunks_.give(std::move(plain_)), chunks_.give(reader_.take_scratch()); }

  Result<void> run(Chunks wanted, uint64_t gap_max, const ChunkFetcher::Delivery& delivery) {
    if (const auto pack = rebuilt_.find(header_.pack)) {
      begins(delivery);
      return open_in(*pack, wanted, delivery);
    }
    while (!wanted.empty()) {
      const size_t count = neighbours(wanted, gap_max);
      const size_t done = open_group(wanted.first(count), delivery);
      wanted = wanted.subspan(done);
      if (done < count) return open_rest(wanted, delivery);
    }
    return {};
  }

 private:
  Result<void> open(const Window& window, const ChunkRef& chunk) { return reader_.open_chunk(place_of(chunk), window.of(chunk), plain_); }

  static void begins(const ChunkFetcher::Delivery& delivery) {
    if (delivery.begins) delivery.begins();
  }

  // How many chunks were delivered before something was wrong.
  size_t open_group(Chunks group, const ChunkFetcher::Delivery& delivery) {
    const uint64_t begin = group.front().offset;
    const MutableSpan bytes = window_.sized(end_of(group.back()) - begin);
    if (!source_.range(header_, begin, bytes)) return 0;
    begins(delivery);
    for (size_t i = 0; i < group.size(); ++i) {
      if (!open({bytes, begin}, group[i])) return i;
      delivery.chunk(group[i], plain_);
    }
    return group.size();
  }

  // The pack is lost; single chunks may be had all the same, from a data shard that answers or between the damage.
  Result<void> salvage(Chunks rest, const Error& reason, const ChunkFetcher::Delivery& delivery) {
    for (const ChunkRef& chunk : rest)
      for (const Bytes& bytes : source_.candidates(header_, chunk.offset, chunk.sealed_length)) {
        if (!open({bytes, chunk.offset}, chunk)) continue;
        delivery.chunk(chunk, plain_);
        break;
      }
    return reason;
  }

  Result<void> open_rest(Chunks rest, const ChunkFetcher::Delivery& delivery) {
    Result<Bytes> pack = source_.whole(header_);
    begins(delivery);
    if (!pack) return salvage(rest, pack.error(), delivery);
    const auto kept = std::make_shared<const Bytes>(std::move(*pack));
    rebuilt_.put(header_.pack, kept, kept->size());
    return open_in(*kept, rest, delivery);
  }

  // From the whole, verified pack: what does not open now is wrong in the table or was sealed wrong.
  Result<void> open_in(const Bytes& pack, Chunks wanted, const ChunkFetcher::Delivery& delivery) {
    Result<void> result;
    for (const ChunkRef& chunk : wanted) {
      const Result<void> opened = open({pack, 0}, chunk);
      if (opened) delivery.chunk(chunk, plain_);
      else if (result) result = opened.error().during("chunk " + chunk.id.hex() + " of pack " + header_.pack.hex());
    }
    return result;
  }

  PackSource& source_;
  PackReader reader_;
  const PackHeader& header_;
  WindowMemory window_;
  SpareBuffers& chunks_;
  BoundedCache<Bytes, PackId>& rebuilt_;
  Bytes plain_;
};

}  // namespace

ChunkFetcher::ChunkFetcher(const FetchContext& context, const PackKeys& keys)
    : context_(context), keys_(keys), in_flight_(context.options.bytes_in_flight_max), memory_(context.options.packs_parallel) {}

Result<PackHeader> ChunkFetcher::header_of(PackSource& source, const PackEntry& pack) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = std::find_if(headers_.begin(), headers_.end(), [&](const PackHeader& header) { return header.pack == pack.pack; });
    if (known != headers_.end() && known->layout == pack.layout) {
      headers_.splice(headers_.begin(), headers_, known);
      return *known;
    }
  }
  Result<PackHeader> header = source.header();
  if (!header) return header;
  const std::lock_guard lock(mutex_);
  headers_.push_front(*header);
  if (headers_.size() > kHeadersMax) headers_.pop_back();
  return header;
}

Result<void> ChunkFetcher::fetch(const PackEntry& pack, Chunks wanted, const Delivery& delivery) {
  if (wanted.empty()) return {};
  if (pack.unused()) return Error(ErrorKind::corrupt, "the chunk table names a pack that the pack list does not hold");
  if (Result<void> sane = check_places(wanted, pack); !sane) return sane;
  PackSource source(context_, pack);
  Result<PackHeader> header = header_of(source, pack);
  if (!header) return header.error();
  const ChunkIds ids = pack.kind == PackKind::metadata ? ChunkIds::computed : context_.options.data_ids;
  return PackFetch(source, PackReader(*header, keys_, ids, memory_.chunks.take()), memory_).run(wanted, context_.options.gap_max, delivery);
}

Result<Bytes> ChunkFetcher::fetch_one(const PackEntry& pack, const ChunkRef& wanted) {
  std::optional<Bytes> bytes;
  const Result<void> fetched = fetch(pack, Chunks(&wanted, 1), {.chunk = [&](const ChunkRef&, Bytes& plain) { bytes = std::move(plain); }});
  if (bytes) return std::move(*bytes);
  return fetched.error();
}

}  // namespace sparekeep
