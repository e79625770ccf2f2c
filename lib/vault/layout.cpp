#include "lib/vault/layout.h"

#include <algorithm>
#include <bit>

#include "lib/vault/types.h"

namespace sparekeep {

namespace {

uint64_t round_up(uint64_t length, uint64_t unit) { return (length + unit - 1) / unit * unit; }

}  // namespace

Layout metadata_layout(Layout data_layout, size_t systems) {
  SK_CHECK(systems >= 1);
  return copies(static_cast<uint8_t>(std::min<size_t>(data_layout.parity + size_t{2}, systems)));
}

uint64_t padded_length(uint64_t length) {
  if (length < 2) return length;
  const unsigned exponent = static_cast<unsigned>(std::bit_width(length)) - 1;
  const unsigned kept = static_cast<unsigned>(std::bit_width(exponent));
  return exponent <= kept ? length : round_up(length, uint64_t{1} << (exponent - kept));
}

PackLengths pack_lengths(uint64_t content_length, Layout wanted) {
  SK_CHECK(wanted.valid() && content_length > 0);
  const uint64_t stripe = uint64_t{wanted.data} * kBlockSize;
  if (wanted.data == 1 || content_length < stripe) {
    const uint64_t length = padded_length(content_length);
    return {{1, wanted.parity}, length, length};
  }
  const uint64_t length = round_up(padded_length(content_length), stripe);
  return {wanted, length, length / wanted.data};
}

}  // namespace sparekeep
