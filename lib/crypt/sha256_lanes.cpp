#include "lib/crypt/sha256_lanes.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

#include "lib/crypt/digest.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace sparekeep {

void sha256_each_by_library(std::span<const PrefixedMessage> messages, std::span<Digest> digests) {
  Sha256 sha256;
  for (size_t i = 0; i < messages.size(); ++i) digests[i] = sha256.update(messages[i].prefix).update(messages[i].body).finish();
}

void sha256_each(std::span<const PrefixedMessage> messages, std::span<Digest> digests) {
  SK_CHECK(messages.size() == digests.size());
  static const bool kByInstructions = has_sha256_instructions();
  if (kByInstructions) sha256_each_by_instructions(messages, digests);
  else sha256_each_by_library(messages, digests);
}

#if !defined(__x86_64__)

bool has_sha256_instructions() { return false; }
void sha256_each_by_instructions(std::span<const PrefixedMessage>, std::span<Digest>) { SK_CHECK(false); }

#else

namespace {

constexpr size_t kBlock = 64, kLengthSize = 8;
constexpr size_t kTailMax = 2 * kBlock;         // a rest of less than a block, with the mark and the length behind it

// FIPS 180-4, 4.2.2
alignas(16) constexpr std::array<uint32_t, 64> kRounds = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The eight words of a state as the instructions want them, the highest lane first; 5.3.3.
struct State {
  alignas(16) std::array<uint32_t, 4> feba = {0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667};
  alignas(16) std::array<uint32_t, 4> hgdc = {0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372};
};

// A message as runs of whole blocks: its beginning with the prefix before it, its body where that lies, and its rest with the padding.
class Blocks {
 public:
  ~Blocks() { OPENSSL_cleanse(head_.data(), head_.size()), OPENSSL_cleanse(&state, sizeof state); }   // a prefix may be a key
  void begin(const PrefixedMessage& message);
  const uint8_t* data() const { return runs_[run_].data; }
  size_t count() const { return runs_[run_].blocks; }            // in one piece; none: the message has ended
  void advance(size_t blocks);
  Digest digest() const;
  State state;

 private:
  struct Run {
    const uint8_t* data = nullptr;
    size_t blocks = 0;
  };
  void pad(ByteSpan first, ByteSpan second, uint64_t length);

  std::array<uint8_t, kBlock> head_;
  std::array<uint8_t, kTailMax> tail_;
  std::array<Run, 4> runs_;                                      // the last one stays empty
  size_t run_ = 0;
};

void Blocks::begin(const PrefixedMessage& message) {
  const size_t prefix = message.prefix.size(), filled = (prefix + kBlock - 1) / kBlock * kBlock;
  SK_CHECK(prefix <= PrefixedMessage::kPrefixMax);
  state = State();
  run_ = 0;
  runs_ = {};
  const uint64_t length = prefix + message.body.size();
  if (length < filled) {
    pad(message.prefix, message.body, length);
  } else {
    const ByteSpan body = message.body.subspan(filled - prefix);
    std::copy(message.prefix.begin(), message.prefix.end(), head_.begin());
    std::copy_n(message.body.begin(), filled - prefix, head_.begin() + static_cast<ptrdiff_t>(prefix));
    const size_t whole = body.size() / kBlock;
    runs_[0] = {head_.data(), filled / kBlock};
    runs_[1] = {body.data(), whole};
    pad(body.subspan(whole * kBlock), {}, length);
  }
  advance(0);
}

// 5.1.1: a bit, zeros, the length in bits at the end of a block.
void Blocks::pad(ByteSpan first, ByteSpan second, uint64_t length) {
  const size_t size = (first.size() + second.size() + 1 + kLengthSize + kBlock - 1) / kBlock * kBlock;
  auto end = std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), tail_.begin()));
  *end++ = 0x80;
  std::fill(end, tail_.begin() + static_cast<ptrdiff_t>(size), uint8_t{0});
  for (size_t i = 0; i < kLengthSize; ++i) tail_[size - 1 - i] = static_cast<uint8_t>(length * 8 >> (8 * i));
  runs_[2] = {tail_.data(), size / kBlock};
}

void Blocks::advance(size_t blocks) {
  runs_[run_].data += blocks * kBlock;
  runs_[run_].blocks -= blocks;
  while (runs_[run_].blocks == 0 && run_ + 1 < runs_.size()) ++run_;
}

Digest Blocks::digest() const {
  const std::array<uint32_t, 8> words = {state.feba[3], state.feba[2], state.hgdc[3], state.hgdc[2], state.feba[1], state.feba[0], state.hgdc[1], state.hgdc[0]};
  Digest digest;
  for (size_t i = 0; i < Digest::kSize; ++i) digest.value[i] = static_cast<uint8_t>(words[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

struct Four {                                                    // words; a class, since arrays drop the attributes of the type itself
  __m128i v;
};

[[gnu::target("sha,avx")]] inline Four load(const void* from) { return {_mm_loadu_si128(static_cast<const __m128i*>(from))}; }
[[gnu::target("sha,avx")]] inline void store(void* to, Four value) { _mm_storeu_si128(static_cast<__m128i*>(to), value.v); }
[[gnu::target("sha,avx")]] inline Four sum(Four a, Four b) { return {_mm_add_epi32(a.v, b.v)}; }
[[gnu::target("sha,avx")]] inline Four load_big_endian(const uint8_t* from) {
  return {_mm_shuffle_epi8(load(from).v, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203))};
}

// Words t .. t + 3 of the schedule from the sixteen before them, of which w[t / 4 % 4] are the oldest; 6.2.2, step 1.
[[gnu::target("sha,avx")]] inline Four next_words(const std::array<Four, 4>& w, size_t group) {
  const Four oldest = w[group % 4], newest = w[(group + 3) % 4];
  const Four seventh{_mm_alignr_epi8(newest.v, w[(group + 2) % 4].v, 4)};
  return {_mm_sha256msg2_epu32(sum({_mm_sha256msg1_epu32(oldest.v, w[(group + 1) % 4].v)}, seventh).v, newest.v)};
}

// Four rounds; step 3.
[[gnu::target("sha,avx")]] inline void rounds(Four& feba, Four& hgdc, Four words, size_t group) {
  const Four added = sum(words, load(&kRounds[group * 4]));
  hgdc.v = _mm_sha256rnds2_epu32(hgdc.v, feba.v, added.v);
  feba.v = _mm_sha256rnds2_epu32(feba.v, hgdc.v, _mm_shuffle_epi32(added.v, 0x0e));
}

template <size_t kLanes>
struct Lanes {
  std::array<const uint8_t*, kLanes> data;
  std::array<Four, kLanes> feba, hgdc;

  [[gnu::target("sha,avx")]] inline void hash_block() {
    const std::array<Four, kLanes> feba_before = feba, hgdc_before = hgdc;
    std::array<std::array<Four, 4>, kLanes> words;
#pragma GCC unroll 16
    for (size_t group = 0; group < 16; ++group)
#pragma GCC unroll 2
      for (size_t lane = 0; lane < kLanes; ++lane) {
        Four& w = words[lane][group % 4];
        w = group < 4 ? load_big_endian(data[lane] + group * 16) : next_words(words[lane], group);
        rounds(feba[lane], hgdc[lane], w, group);
      }
#pragma GCC unroll 2
    for (size_t lane = 0; lane < kLanes; ++lane)
      feba[lane] = sum(feba[lane], feba_before[lane]), hgdc[lane] = sum(hgdc[lane], hgdc_before[lane]), data[lane] += kBlock;
  }
};

template <size_t kLanes>
[[gnu::target("sha,avx")]] void hash_blocks(const std::array<Blocks*, kLanes>& messages, size_t blocks) {
  Lanes<kLanes> lanes;
  for (size_t i = 0; i < kLanes; ++i)
    lanes.data[i] = messages[i]->data(), lanes.feba[i] = load(messages[i]->state.feba.data()), lanes.hgdc[i] = load(messages[i]->state.hgdc.data());
  for (size_t block = 0; block < blocks; ++block) lanes.hash_block();
  for (size_t i = 0; i < kLanes; ++i) {
    store(messages[i]->state.feba.data(), lanes.feba[i]), store(messages[i]->state.hgdc.data(), lanes.hgdc[i]);
    messages[i]->advance(blocks);
  }
}

}  // namespace

bool has_sha256_instructions() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __builtin_cpu_supports("avx") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) != 0;
}

// Whichever message ends first makes room for the next one.
void sha256_each_by_instructions(std::span<const PrefixedMessage> messages, std::span<Digest> digests) {
  std::array<Blocks, 2> lanes;
  std::array<size_t, 2> of_lane{};
  size_t next = 0;
  const auto refill = [&](size_t lane) {
    of_lane[lane] = next;
    if (next < messages.size()) lanes[lane].begin(messages[next++]);
    return of_lane[lane] < messages.size();
  };
  bool first = refill(0), second = refill(1);
  while (first && second) {
    hash_blocks<2>({&lanes[0], &lanes[1]}, std::min(lanes[0].count(), lanes[1].count()));
    if (lanes[0].count() == 0) digests[of_lane[0]] = lanes[0].digest(), first = refill(0);
    if (lanes[1].count() == 0) digests[of_lane[1]] = lanes[1].digest(), second = refill(1);
  }
  for (size_t lane = 0; lane < 2; ++lane) {
    if (!(lane == 0 ? first : second)) continue;
    while (lanes[lane].count() > 0) hash_blocks<1>({&lanes[lane]}, lanes[lane].count());
    digests[of_lane[lane]] = lanes[lane].digest();
  }
}

#endif

}  // namespace sparekeep
