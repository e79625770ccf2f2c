// The key record: a vault's keys, sealed to each recipient. At least two recipients, so that no vault hangs on one key;
// all of them hold the same keys, which whoever opens one checks.
#pragma once

#include <vector>

#include "lib/base/clock.h"
#include "lib/crypt/sealing.h"
#include "lib/crypt/signature.h"
#include "lib/vault/vault_keys.h"

namespace sparekeep {

enum class RecipientRole : uint8_t { escrow = 1, recovery = 2, host = 3 };

struct Recipient {
  RecipientRole role = RecipientRole::host;
  RecipientKey key;
  bool operator==(const Recipient&) const = default;
};

constexpr size_t kRecipientsMin = 2, kRecipientsMax = 64;
constexpr size_t kKeyRecordSizeMax = 64 * 1024;       // bytes; what readers take

struct KeyRecordFacts {                               // what a maker says; the keys come beside it
  VaultId vault;
  uint32_t epoch = 1;
  Time created;
  std::vector<Recipient> recipients;                  // in the order of the boxes, each key once
};

// denied with fewer than two recipients, with one named twice, or with too many.
Result<Bytes> make_key_record(const KeyRecordFacts& facts, const VaultKeys& keys, const SigningKey& signer, Random& random);

// A key record whose form and signature were checked; holds no opened key.
class KeyRecord {
 public:
  static Result<KeyRecord> read(ByteSpan object, const PublicKey& signer);   // corrupt: form or signature

  const VaultId& vault() const { return facts_.vault; }
  uint32_t epoch() const { return facts_.epoch; }
  Time created() const { return facts_.created; }
  const std::vector<Recipient>& recipients() const { return facts_.recipients; }
  const Digest& key_check() const { return key_check_; }

  // denied: `key` is none of the recipients, or its box does not open. corrupt: another key than the record's was in it.
  Result<VaultKeys> open(const OpeningKey& key) const;
  Result<MetadataKeys> open_metadata(const OpeningKey& key) const;           // opens the metadata key's box only

 private:
  KeyRecordFacts facts_;
  Digest key_check_;
  Bytes object_;
  size_t boxes_at_ = 0;                               // where in object_ the first box begins
  Result<Secret> open_box(const OpeningKey& key, size_t which, std::string_view domain) const;
};

}  // namespace sparekeep
