#include "lib/crypt/sha256_blocks.h"

#include <openssl/crypto.h>

#include <algorithm>

namespace sparekeep {

namespace {

constexpr size_t kLengthSize = 8;

// 5.3.3
constexpr Sha256Blocks::State kBegin = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

}  // namespace

Sha256Blocks::~Sha256Blocks() { OPENSSL_cleanse(head_.data(), head_.size()), OPENSSL_cleanse(&state, sizeof state); }   // a prefix may be a key

void Sha256Blocks::begin(const PrefixedMessage& message) {
  const size_t prefix = message.prefix.size(), filled = (prefix + kBlock - 1) / kBlock * kBlock;
  SK_CHECK(prefix <= PrefixedMessage::kPrefixMax);
  state = kBegin;
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
void Sha256Blocks::pad(ByteSpan first, ByteSpan second, uint64_t length) {
  const size_t size = (first.size() + second.size() + 1 + kLengthSize + kBlock - 1) / kBlock * kBlock;
  auto end = std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), tail_.begin()));
  *end++ = 0x80;
  std::fill(end, tail_.begin() + static_cast<ptrdiff_t>(size), uint8_t{0});
  for (size_t i = 0; i < kLengthSize; ++i) tail_[size - 1 - i] = static_cast<uint8_t>(length * 8 >> (8 * i));
  runs_[2] = {tail_.data(), size / kBlock};
}

void Sha256Blocks::advance(size_t blocks) {
  runs_[run_].data += blocks * kBlock;
  runs_[run_].blocks -= blocks;
  while (runs_[run_].blocks == 0 && run_ + 1 < runs_.size()) ++run_;
}

Digest Sha256Blocks::digest() const {
  Digest digest;
  for (size_t i = 0; i < Digest::kSize; ++i) digest.value[i] = static_cast<uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

}  // namespace sparekeep
