#include "lib/crypt/sha256_sixteen.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

#include "lib/crypt/sha256_blocks.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sparekeep {

#if !defined(__x86_64__)

bool has_sha256_of_sixteen() { return false; }
void sha256_each_by_sixteen(std::span<const PrefixedMessage> messages, std::span<Digest>) { SK_CHECK(messages.empty()); }

#else

namespace {

constexpr size_t kLanes = kSha256Sixteen;

struct Words {                         // one of each message; a class, since arrays drop the attributes of the type itself
  __m512i v;
};
using State = std::array<Words, 8>;    // a .. h, before round t in the places from 64 - t on: what is renamed in each round stays where it is
using StateWords = std::array<std::array<uint32_t, kLanes>, 8>;
using Schedule = std::array<Words, 16>;

[[gnu::target("avx512f,avx512bw"), gnu::always_inline]] inline Words sum(Words a, Words b) { return {_mm512_add_epi32(a.v, b.v)}; }

template <int kFirst, int kSecond, int kThird>      // Sigma 0 and 1 of 4.1.2
[[gnu::target("avx512f,avx512bw"), gnu::always_inline]] inline Words rotations(Words x) {
  return {_mm512_ternarylogic_epi32(_mm512_ror_epi32(x.v, kFirst), _mm512_ror_epi32(x.v, kSecond), _mm512_ror_epi32(x.v, kThird), 0x96)};
}

template <int kFirst, int kSecond, int kShift>      // sigma 0 and 1
[[gnu::target("avx512f,avx512bw"), gnu::always_inline]] inline Words rotations_and_shift(Words x) {
  return {_mm512_ternarylogic_epi32(_mm512_ror_epi32(x.v, kFirst), _mm512_ror_epi32(x.v, kSecond), _mm512_srli_epi32(x.v, kShift), 0x96)};
}

// Word t from the sixteen before it, in the place of the oldest; 6.2.2, step 1.
[[gnu::target("avx512f,avx512bw"), gnu::always_inline]] inline Words next_word(const Schedule& w, size_t t) {
  const Words early = sum(w[t % 16], rotations_and_shift<7, 18, 3>(w[(t + 1) % 16]));
  return sum(early, sum(w[(t + 9) % 16], rotations_and_shift<17, 19, 10>(w[(t + 14) % 16])));
}

// Step 3. Each round waits for e of the one before: what comes of it by the longest way is added last.
[[gnu::target("avx512f,avx512bw"), gnu::always_inline]] inline void round(State& state, size_t t, Words word_and_constant) {
  const Words a = state[(64 - t) % 8], b = state[(65 - t) % 8], c = state[(66 - t) % 8], e = state[(68 - t) % 8];
  Words &d = state[(67 - t) % 8], &h = state[(71 - t) % 8];
  const Words choice{_mm512_ternarylogic_epi32(e.v, state[(69 - t) % 8].v, state[(70 - t) % 8].v, 0xca)};
  const Words majority{_mm512_ternarylogic_epi32(a.v, b.v, c.v, 0xe8)};
  const Words first = sum(sum(h, word_and_constant), choice), of_e = rotations<6, 11, 25>(e);
  d = sum(sum(d, first), of_e);
  h = sum(sum(first, sum(rotations<2, 13, 22>(a), majority)), of_e);
}

template <bool kNext>                  // or the words as they came
[[gnu::target("avx512f,avx512bw"), gnu::always_inline]] inline void sixteen_rounds(State& state, Schedule& words, const uint32_t* constants) {
#pragma GCC unroll 16
  for (size_t t = 0; t < 16; ++t) {
    if (kNext) words[t] = next_word(words, t);
    round(state, t, sum(words[t], {_mm512_set1_epi32(static_cast<int>(constants[t]))}));
  }
}

// Of each group of four words the columns become rows.
[[gnu::target("avx512f,avx512bw"), gnu::always_inline]] inline void turn_fours(Words* rows) {
  const __m512i a = _mm512_unpacklo_epi32(rows[0].v, rows[1].v), b = _mm512_unpackhi_epi32(rows[0].v, rows[1].v);
  const __m512i c = _mm512_unpacklo_epi32(rows[2].v, rows[3].v), d = _mm512_unpackhi_epi32(rows[2].v, rows[3].v);
  rows[0].v = _mm512_unpacklo_epi64(a, c), rows[1].v = _mm512_unpackhi_epi64(a, c);
  rows[2].v = _mm512_unpacklo_epi64(b, d), rows[3].v = _mm512_unpackhi_epi64(b, d);
}

// The same with groups in the place of words, of rows that lie four apart.
[[gnu::target("avx512f,avx512bw"), gnu::always_inline]] inline void turn_groups(Words* rows) {
  const __m512i a = _mm512_shuffle_i32x4(rows[0].v, rows[4].v, 0x88), b = _mm512_shuffle_i32x4(rows[0].v, rows[4].v, 0xdd);
  const __m512i c = _mm512_shuffle_i32x4(rows[8].v, rows[12].v, 0x88), d = _mm512_shuffle_i32x4(rows[8].v, rows[12].v, 0xdd);
  rows[0].v = _mm512_shuffle_i32x4(a, c, 0x88), rows[4].v = _mm512_shuffle_i32x4(b, d, 0x88);
  rows[8].v = _mm512_shuffle_i32x4(a, c, 0xdd), rows[12].v = _mm512_shuffle_i32x4(b, d, 0xdd);
}

// A row for each message's block becomes a row for each word.
[[gnu::target("avx512f,avx512bw"), gnu::always_inline]] inline void load_words(const std::array<const uint8_t*, kLanes>& data, Schedule& words) {
  const __m512i big_endian = _mm512_set4_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203);
#pragma GCC unroll 16
  for (size_t i = 0; i < kLanes; ++i) words[i].v = _mm512_shuffle_epi8(_mm512_loadu_si512(data[i]), big_endian);
#pragma GCC unroll 4
  for (size_t i = 0; i < kLanes; i += 4) turn_fours(&words[i]);
#pragma GCC unroll 4
  for (size_t i = 0; i < 4; ++i) turn_groups(&words[i]);
}

[[gnu::target("avx512f,avx512bw")]] void hash_blocks(std::array<const uint8_t*, kLanes> data, size_t blocks, StateWords& in_memory) {
  State state;
  for (size_t i = 0; i < state.size(); ++i) state[i].v = _mm512_loadu_si512(in_memory[i].data());
  for (; blocks > 0; --blocks) {
    const State before = state;
    Schedule words;
    load_words(data, words);
    sixteen_rounds<false>(state, words, kSha256Rounds.data());
    for (size_t t = 16; t < kSha256Rounds.size(); t += 16) sixteen_rounds<true>(state, words, &kSha256Rounds[t]);
#pragma GCC unroll 8
    for (size_t i = 0; i < state.size(); ++i) state[i] = sum(state[i], before[i]);
    for (const uint8_t*& at : data) at += Sha256Blocks::kBlock;
  }
  for (size_t i = 0; i < state.size(); ++i) _mm512_storeu_si512(in_memory[i].data(), state[i].v);
}

// The next run of each message, all of the same number of blocks. Lanes that have no message do again what the first one does.
void hash_run(std::span<Sha256Blocks> messages) {
  std::array<const uint8_t*, kLanes> data;
  StateWords words;
  for (size_t i = 0; i < kLanes; ++i) {
    const Sha256Blocks& message = messages[i < messages.size() ? i : 0];
    data[i] = message.data();
    for (size_t j = 0; j < words.size(); ++j) words[j][i] = message.state[j];
  }
  const size_t blocks = messages[0].count();
  hash_blocks(data, blocks, words);
  for (size_t i = 0; i < messages.size(); ++i) {
    for (size_t j = 0; j < words.size(); ++j) messages[i].state[j] = words[j][i];
    messages[i].advance(blocks);
  }
  OPENSSL_cleanse(&words, sizeof words);            // as Sha256Blocks do
}

void hash_sixteen(std::span<const PrefixedMessage> messages, std::span<Digest> digests) {
  std::array<Sha256Blocks, kLanes> lanes;
  const std::span<Sha256Blocks> filled = std::span(lanes).first(messages.size());
  for (size_t i = 0; i < filled.size(); ++i) filled[i].begin(messages[i]);
  while (filled[0].count() > 0) hash_run(filled);
  for (size_t i = 0; i < filled.size(); ++i) digests[i] = filled[i].digest();
}

}  // namespace

bool has_sha256_of_sixteen() { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"); }

void sha256_each_by_sixteen(std::span<const PrefixedMessage> messages, std::span<Digest> digests) {
  for (size_t from = 0; from < messages.size(); from += kLanes) {
    const size_t count = std::min(kLanes, messages.size() - from);
    hash_sixteen(messages.subspan(from, count), digests.subspan(from, count));
  }
}

#endif

}  // namespace sparekeep
