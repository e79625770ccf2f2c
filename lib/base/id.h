// Ids are types: a ShardId is not a PackId. An id is a fixed number of bytes, shown as lower-case hex.
#pragma once

#include <array>
#include <compare>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/hex.h"

namespace sparekeep {

template <typename Tag, size_t Size>
struct Id {
  static constexpr size_t kSize = Size;
  std::array<uint8_t, Size> value{};

  auto operator<=>(const Id&) const = default;
  ByteSpan bytes() const { return value; }
  std::string hex() const { return to_hex(value); }
  bool is_zero() const { return *this == Id{}; }

  static Id from(ByteSpan bytes) {
    SK_CHECK(bytes.size() == Size);
    Id id;
    std::copy(bytes.begin(), bytes.end(), id.value.begin());
    return id;
  }
  static Result<Id> parse(std::string_view hex) {
    Result<Bytes> bytes = from_hex(hex);
    if (!bytes) return bytes.error();
    if (bytes->size() == Size) return from(*bytes);
    return Error(ErrorKind::corrupt, "'" + std::string(hex) + "' is not an id of " + std::to_string(2 * Size) + " hexadecimal digits");
  }
  static Id read(ByteReader& reader) {
    Id id;
    reader.copy_to(id.value);
    return id;
  }
};

// Ids of 16 bytes, random but for a vault's (docs/format.md, "Vault descriptor"). Names are labels; ids say what is meant.
using HostId = Id<struct HostTag, 16>;          // a host, made on it at its first install
using VaultId = Id<struct VaultTag, 16>;        // the unit of deduplication, keys and permission
using SnapshotId = Id<struct SnapshotTag, 16>;
using JobId = Id<struct JobTag, 16>;
using RunId = Id<struct RunTag, 16>;            // one execution of a job on one host

// Content addresses (32 bytes).
using Digest = Id<struct DigestTag, 32>;        // SHA-256 of something said beside it
using ChunkId = Id<struct ChunkTag, 32>;        // HMAC-SHA-256 of a chunk's content
using PackId = Id<struct PackTag, 32>;          // root over the digests of a pack's blocks

}  // namespace sparekeep

template <typename Tag, size_t Size>
struct std::hash<sparekeep::Id<Tag, Size>> {
  size_t operator()(const sparekeep::Id<Tag, Size>& id) const noexcept {
    size_t mixed;
    std::memcpy(&mixed, id.value.data(), sizeof mixed);  // ids are random or digests already
    return mixed;
  }
};
