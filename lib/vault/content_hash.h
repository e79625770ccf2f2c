// XXH3, the fast hash against our own mistakes and the machine's (never against an adversary): 128 bits over the stored bytes of a file,
// 64 bits of a path, by which manifest chunks are cut, and 64 bits of what goes from one stage of a backup to the next.
#pragma once

#include <memory>

#include "lib/base/id.h"

namespace sparekeep {

// XXH3-128 as docs/format.md writes it: low half first, each half little-endian.
using ContentHash = Id<struct ContentHashTag, 16>;

class ContentHasher {                     // not thread safe
 public:
  ContentHasher();
  ~ContentHasher();
  ContentHasher(ContentHasher&&) noexcept;
  ContentHasher& operator=(ContentHasher&&) noexcept;
  ContentHasher& update(ByteSpan bytes);
  ContentHash finish();                   // ready for the next content afterwards

 private:
  struct State;
  std::unique_ptr<State> state_;
};

ContentHash content_hash(ByteSpan bytes);
uint64_t fast_hash(ByteSpan bytes);         // XXH3-64
uint64_t path_hash(std::string_view path);  // the same, of a path

}  // namespace sparekeep
