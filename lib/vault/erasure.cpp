#include "lib/vault/erasure.h"

#include <isa-l/erasure_code.h>

#include <algorithm>
#include <array>

namespace sparekeep {

namespace {

constexpr size_t kTableSize = 32;         // bytes of ISA-L's tables for one coefficient
constexpr size_t kLengthMax = 1 << 30;    // ISA-L counts in int
constexpr size_t kCountMax = kDataShardsMax + kParityShardsMax;

// ISA-L takes pointers to non-const sources and does not write through them.
uint8_t* source(ByteSpan bytes) { return const_cast<uint8_t*>(bytes.data()); }

// targets = rows x sources, where `rows` holds targets.size() rows of sources.size() coefficients.
void combine(Bytes rows, std::span<uint8_t*> sources, std::span<uint8_t*> targets, size_t length) {
  SK_CHECK(length <= kLengthMax);
  Bytes tables(kTableSize * rows.size());
  const int source_count = static_cast<int>(sources.size()), target_count = static_cast<int>(targets.size());
  ec_init_tables(source_count, target_count, rows.data(), tables.data());
  ec_encode_data(static_cast<int>(length), source_count, target_count, tables.data(), sources.data(), targets.data());
}

Result<void> check_survivors(Layout layout, std::span<const ShardSpan> survivors) {
  if (survivors.size() < layout.data)
    return Error(ErrorKind::lost,
                 std::to_string(survivors.size()) + " shards are left of a pack that needs " + std::to_string(layout.data));
  std::array<bool, kCountMax> seen{};
  for (const ShardSpan& survivor : survivors.first(layout.data)) {
    if (survivor.index >= layout.count() || seen[survivor.index])
      return Error(ErrorKind::corrupt,
                   "shard index " + std::to_string(survivor.index) + " is given twice or is not of layout " + layout.text());
    if (survivor.bytes.size() != survivors.front().bytes.size()) return Error(ErrorKind::corrupt, "shards of one pack differ in length");
    seen[survivor.index] = true;
  }
  return {};
}

Result<void> check_wanted(Layout layout, std::span<const MutableShardSpan> wanted, size_t length) {
  for (const MutableShardSpan& want : wanted) {
    if (want.index >= layout.count())
      return Error(ErrorKind::corrupt, "shard index " + std::to_string(want.index) + " is not of layout " + layout.text());
    if (want.bytes.size() != length) return Error(ErrorKind::corrupt, "shards of one pack differ in length");
  }
  return {};
}

// The coefficients that give the wanted shards from the survivors: rows of the matrix x inverse. (Not by ISA-L's gf_mul: libcrypto.a
// has a function of that name.)
Bytes decoding_rows(const Bytes& matrix, Bytes& inverse, std::span<const MutableShardSpan> wanted, size_t k) {
  Bytes rows, result(wanted.size() * k);
  std::vector<uint8_t*> sources, targets;
  for (size_t i = 0; i < k; ++i) sources.push_back(inverse.data() + i * k);
  for (size_t i = 0; i < wanted.size(); ++i) {
    append(rows, ByteSpan(matrix).subspan(wanted[i].index * k, k));
    targets.push_back(result.data() + i * k);
  }
  combine(std::move(rows), sources, targets, k);
  return result;
}

}  // namespace

Erasure::Erasure(Layout layout) : layout_(layout), matrix_(layout.count() * size_t{layout.data}) {
  SK_CHECK(layout.valid());
  gf_gen_cauchy1_matrix(matrix_.data(), static_cast<int>(layout.count()), layout.data);
  // ISA-L's Cauchy row of k = 1 is the inverse of the row's number; copies are copies (docs/format.md, "Shards").
  if (layout.data == 1) std::fill(matrix_.begin(), matrix_.end(), uint8_t{1});
}

void Erasure::encode(std::span<const ByteSpan> data, std::span<const MutableSpan> parity) const {
  SK_CHECK(data.size() == layout_.data && parity.size() == layout_.parity);
  const size_t length = data.front().size();
  std::array<uint8_t*, kCountMax> sources{}, targets{};
  for (size_t i = 0; i < data.size(); ++i) {
    SK_CHECK(data[i].size() == length);
    sources[i] = source(data[i]);
  }
  for (size_t j = 0; j < parity.size(); ++j) {
    SK_CHECK(parity[j].size() == length);
    targets[j] = parity[j].data();
  }
  if (parity.empty() || length == 0) return;
  const size_t parity_at = size_t{layout_.data} * layout_.data;
  combine(Bytes(matrix_.begin() + static_cast<ptrdiff_t>(parity_at), matrix_.end()), std::span(sources).first(data.size()),
          std::span(targets).first(parity.size()), length);
}

Result<void> Erasure::rebuild(std::span<const ShardSpan> survivors, std::span<const MutableShardSpan> wanted) const {
  if (Result<void> checked = check_survivors(layout_, survivors); !checked) return checked.error();
  const size_t k = layout_.data, length = survivors.front().bytes.size();
  if (Result<void> checked = check_wanted(layout_, wanted, length); !checked) return checked.error();
  std::array<uint8_t*, kCountMax> sources{};
  if (wanted.empty() || length == 0) return {};
  Bytes chosen(k * k), inverse(k * k);
  for (size_t i = 0; i < k; ++i) {
    sources[i] = source(survivors[i].bytes);
    std::copy_n(matrix_.data() + survivors[i].index * k, k, chosen.data() + i * k);
  }
  SK_CHECK(gf_invert_matrix(chosen.data(), inverse.data(), layout_.data) == 0);  // every square part of a Cauchy matrix has an inverse
  std::vector<uint8_t*> targets;
  for (const MutableShardSpan& want : wanted) targets.push_back(want.bytes.data());
  combine(decoding_rows(matrix_, inverse, wanted, k), std::span(sources).first(k), targets, length);
  return {};
}

}  // namespace sparekeep
