// Compresses and expands one chunk. What does not shrink is stored as it is, and told early, from a sample. What was
// compressed is expanded and compared before it is given out.
#pragma once

#include <memory>

#include "lib/vault/types.h"

namespace sparekeep {

struct Compression {
  bool on = true;
  int level = 3;                                      // of zstd, 1 .. 19
  bool operator==(const Compression&) const = default;
};
Result<Compression> parse_compression(std::string_view text);   // "auto", "zstd:N" or "off"; else usage

class Compressor {                                    // contexts and buffer are reused; not thread safe: one a thread
 public:
  explicit Compressor(Compression compression);
  ~Compressor();
  Compressor(Compressor&&) noexcept;

  struct Compressed {
    Codec codec = Codec::stored;
    ByteSpan bytes;                                   // `plain` itself when stored; otherwise valid until the next call
  };
  // Throws corrupt when expanding does not give back what went in (broken memory or processor).
  Compressed compress(ByteSpan plain);                // up to kChunkLengthMax bytes

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
