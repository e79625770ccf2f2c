#include "lib/vault/content_hash.h"

#include <xxhash.h>

namespace sparekeep {

struct ContentHasher::State {
  State() : xxh3(XXH3_createState()) { SK_CHECK(xxh3 && XXH3_128bits_reset(xxh3) == XXH_OK); }
  ~State() { XXH3_freeState(xxh3); }
  State(const State&) = delete;
  XXH3_state_t* xxh3;
};

namespace {

ContentHash hash_from(XXH128_hash_t hash) {
  ByteWriter writer;
  writer.u64(hash.low64);
  writer.u64(hash.high64);
  return ContentHash::from(writer.bytes());
}

}  // namespace

ContentHasher::ContentHasher() : state_(std::make_unique<State>()) {}
ContentHasher::~ContentHasher() = default;
ContentHasher::ContentHasher(ContentHasher&&) noexcept = default;
ContentHasher& ContentHasher::operator=(ContentHasher&&) noexcept = default;

ContentHasher& ContentHasher::update(ByteSpan bytes) {
  SK_CHECK(XXH3_128bits_update(state_->xxh3, bytes.data(), bytes.size()) == XXH_OK);
  return *this;
}

ContentHash ContentHasher::finish() {
  const ContentHash hash = hash_from(XXH3_128bits_digest(state_->xxh3));
  SK_CHECK(XXH3_128bits_reset(state_->xxh3) == XXH_OK);
  return hash;
}

ContentHash content_hash(ByteSpan bytes) { return hash_from(XXH3_128bits(bytes.data(), bytes.size())); }

uint64_t fast_hash(ByteSpan bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

uint64_t path_hash(std::string_view path) { return fast_hash(as_bytes(path)); }

}  // namespace sparekeep
