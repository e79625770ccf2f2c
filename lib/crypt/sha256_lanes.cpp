#include "lib/crypt/sha256_lanes.h"

#include <algorithm>
#include <array>
#include <bit>

#include "lib/crypt/digest.h"
#include "lib/crypt/sha256_blocks.h"
#include "lib/crypt/sha256_sixteen.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace sparekeep {

namespace {

// Lanes of sixteen that are to be filled: nine take less time than two side by side do, three than the library does one after the other without
// SHA instructions.
size_t lanes_least() {
  if (!has_sha256_of_sixteen()) return SIZE_MAX;
  return has_sha256_instructions() ? 10 : 4;
}

bool alike(const PrefixedMessage& one, const PrefixedMessage& other) {
  return one.prefix.size() == other.prefix.size() && one.body.size() == other.body.size();
}

// How many messages at the beginning go sixteen at once: those of one length, and of them the ones that fill enough lanes.
size_t first_by_sixteen(std::span<const PrefixedMessage> messages, size_t least) {
  if (messages.size() < least) return 0;
  size_t count = 1;
  while (count < messages.size() && alike(messages[count], messages[0])) ++count;
  const size_t over = count % kSha256Sixteen;
  return over < least ? count - over : count;
}

}  // namespace

void sha256_each_by_library(std::span<const PrefixedMessage> messages, std::span<Digest> digests) {
  Sha256 sha256;
  for (size_t i = 0; i < messages.size(); ++i) digests[i] = sha256.update(messages[i].prefix).update(messages[i].body).finish();
}

void sha256_each(std::span<const PrefixedMessage> messages, std::span<Digest> digests) {
  SK_CHECK(messages.size() == digests.size());
  static const bool kByInstructions = has_sha256_instructions();
  static const size_t kLanesLeast = lanes_least();
  const size_t by_sixteen = first_by_sixteen(messages, kLanesLeast);
  sha256_each_by_sixteen(messages.first(by_sixteen), digests.first(by_sixteen));
  const auto by_rest = kByInstructions ? sha256_each_by_instructions : sha256_each_by_library;
  by_rest(messages.subspan(by_sixteen), digests.subspan(by_sixteen));
}

#if !defined(__x86_64__)

bool has_sha256_instructions() { return false; }
void sha256_each_by_instructions(std::span<const PrefixedMessage>, std::span<Digest>) { SK_CHECK(false); }

#else

namespace {

struct Four {                                                    // words; a class, since arrays drop the attributes of the type itself
  __m128i v;
};

[[gnu::target("sha,avx")]] inline Four load(const void* from) { return {_mm_loadu_si128(static_cast<const __m128i*>(from))}; }
[[gnu::target("sha,avx")]] inline Four sum(Four a, Four b) { return {_mm_add_epi32(a.v, b.v)}; }
[[gnu::target("sha,avx")]] inline Four load_big_endian(const uint8_t* from) {
  return {_mm_shuffle_epi8(load(from).v, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203))};
}

// A state as the instructions want it, the highest lane first.
struct FourAndFour {
  Four feba, hgdc;
};

[[gnu::target("sha,avx")]] inline FourAndFour load_state(const Sha256Blocks::State& state) {
  const std::array<int, 8> s = std::bit_cast<std::array<int, 8>>(state);
  return {{_mm_set_epi32(s[0], s[1], s[4], s[5])}, {_mm_set_epi32(s[2], s[3], s[6], s[7])}};
}

[[gnu::target("sha,avx")]] inline Sha256Blocks::State words_of(const FourAndFour& state) {
  std::array<uint32_t, 8> s{};
  _mm_storeu_si128(reinterpret_cast<__m128i*>(s.data()), state.feba.v);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(s.data() + 4), state.hgdc.v);
  return {s[3], s[2], s[7], s[6], s[1], s[0], s[5], s[4]};
}

// Words t .. t + 3 of the schedule from the sixteen before them, of which w[t / 4 % 4] are the oldest; 6.2.2, step 1.
[[gnu::target("sha,avx")]] inline Four next_words(const std::array<Four, 4>& w, size_t group) {
  const Four oldest = w[group % 4], newest = w[(group + 3) % 4];
  const Four seventh{_mm_alignr_epi8(newest.v, w[(group + 2) % 4].v, 4)};
  return {_mm_sha256msg2_epu32(sum({_mm_sha256msg1_epu32(oldest.v, w[(group + 1) % 4].v)}, seventh).v, newest.v)};
}

// Four rounds; step 3.
[[gnu::target("sha,avx")]] inline void rounds(Four& feba, Four& hgdc, Four words, size_t group) {
  const Four added = sum(words, load(&kSha256Rounds[group * 4]));
  hgdc.v = _mm_sha256rnds2_epu32(hgdc.v, feba.v, added.v);
  feba.v = _mm_sha256rnds2_epu32(feba.v, hgdc.v, _mm_shuffle_epi32(added.v, 0x0e));
}

template <size_t kLanes>
struct Lanes {
  std::array<const uint8_t*, kLanes> data;
  std::array<FourAndFour, kLanes> state;

  [[gnu::target("sha,avx")]] inline void hash_block() {
    const std::array<FourAndFour, kLanes> before = state;
    std::array<std::array<Four, 4>, kLanes> words;
#pragma GCC unroll 16
    for (size_t group = 0; group < 16; ++group)
#pragma GCC unroll 2
      for (size_t lane = 0; lane < kLanes; ++lane) {
        Four& w = words[lane][group % 4];
        w = group < 4 ? load_big_endian(data[lane] + group * 16) : next_words(words[lane], group);
        rounds(state[lane].feba, state[lane].hgdc, w, group);
      }
#pragma GCC unroll 2
    for (size_t lane = 0; lane < kLanes; ++lane)
      state[lane] = {sum(state[lane].feba, before[lane].feba), sum(state[lane].hgdc, before[lane].hgdc)}, data[lane] += Sha256Blocks::kBlock;
  }
};

template <size_t kLanes>
[[gnu::target("sha,avx")]] void hash_blocks(const std::array<Sha256Blocks*, kLanes>& messages, size_t blocks) {
  Lanes<kLanes> lanes;
  for (size_t i = 0; i < kLanes; ++i) lanes.data[i] = messages[i]->data(), lanes.state[i] = load_state(messages[i]->state);
  for (size_t block = 0; block < blocks; ++block) lanes.hash_block();
  for (size_t i = 0; i < kLanes; ++i) messages[i]->state = words_of(lanes.state[i]), messages[i]->advance(blocks);
}

}  // namespace

bool has_sha256_instructions() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __builtin_cpu_supports("avx") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) != 0;
}

// Whichever message ends first makes room for the next one.
void sha256_each_by_instructions(std::span<const PrefixedMessage> messages, std::span<Digest> digests) {
  std::array<Sha256Blocks, 2> lanes;
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
