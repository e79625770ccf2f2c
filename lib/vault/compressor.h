// Compresses and expands one chunk. What does not shrink is stored as it is (zstd passes over it at some gigabytes a second: no sample is taken).
// What was compressed is expanded and compared before it is given out, with a hash by which later stages prove that they have it still.
#pragma once

#include <memory>

#include "lib/vault/content_hash.h"
#include "lib/vault/types.h"

namespace sparekeep {

struct Compression {
  bool on = true;
  static constexpr int kAuto = 0;                     // keeps up with reading

  int level = 3;                                      // of zstd, 1 .. 19; or kAuto
  bool operator==(const Compression&) const = default;
};
Result<Compression> parse_compression(std::string_view text);   // "auto", "zstd:N" or "off"; else usage

// What a compressed chunk and the two fields by which it expands are known by between one stage and the next; `hash`: fast_hash of the bytes.
inline uint64_t chunk_proof(Codec codec, uint64_t plain_length, uint64_t hash) {
  return hash ^ (((uint64_t{static_cast<uint8_t>(codec)} << 32) | plain_length) * 0x9E3779B97F4A7C15);
}

class Compressor {                                    // contexts and buffer are reused; not thread safe: one a thread
 public:
  explicit Compressor(Compression compression);
  ~Compressor();
  Compressor(Compressor&&) noexcept;

  struct Compressed {
    Codec codec = Codec::stored;
    ByteSpan bytes;                                   // `plain` itself when stored; otherwise valid until the next call
    uint64_t hash = 0;                                // chunk_proof of what was proven
  };
  // `plain`: up to kChunkLengthMax bytes; `hash`: their fast_hash when they were read. Throws corrupt when expanding does not
  // give that back (broken memory or processor).
  enum class Of { files, large_file };                // what `plain` is a piece of: kAuto looks further back within a large one
  Compressed compress(ByteSpan plain, uint64_t hash, Of of = Of::files);
  Compressed compress(ByteSpan plain) { return compress(plain, fast_hash(plain)); }
  static Compressed as_it_is(ByteSpan plain) { return as_it_is(plain, fast_hash(plain)); }
  static Compressed as_it_is(ByteSpan plain, uint64_t hash) { return {Codec::stored, plain, chunk_proof(Codec::stored, plain.size(), hash)}; }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class Expander {                                      // the other direction; not thread safe: one a thread
 public:
  Expander();
  ~Expander();
  Expander(Expander&&) noexcept;

  // Fills `plain` exactly: corrupt when the bytes hold less, more, or no single frame. Never writes outside of `plain`.
  Result<void> expand(Codec codec, ByteSpan compressed, MutableSpan plain);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sparekeep
