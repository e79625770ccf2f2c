#include "lib/crypt/sealing.h"

#include <openssl/evp.h>

#include "lib/base/text.h"
#include "lib/crypt/aead.h"
#include "lib/crypt/handle.h"
#include "lib/crypt/mac.h"

namespace sparekeep {

namespace {

using Key = Handle<EVP_PKEY, EVP_PKEY_free>;

constexpr size_t kScalarSize = 32;
constexpr size_t kCommitmentSize = 32;
constexpr std::string_view kBoxInfo = "sparekeep sealed box v1";

Key private_key(const Secret& scalar) {
  SK_CHECK(scalar.size() == kScalarSize);
  Key key(EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, scalar.reveal().data(), scalar.size()));
  SK_CHECK(key);
  return key;
}

RecipientKey public_half(const Secret& scalar) {
  RecipientKey half;
  size_t size = RecipientKey::kSize;
  SK_CHECK(EVP_PKEY_get_raw_public_key(private_key(scalar).get(), half.value.data(), &size) == 1 && size == RecipientKey::kSize);
  return half;
}

// Nothing when the other key is a point of small order: the shared secret would be known to everyone.
Result<Secret> agree(const Secret& scalar, const RecipientKey& other) {
  const QuietErrors quiet;
  const Key mine = private_key(scalar);
  const Key theirs(EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, other.value.data(), RecipientKey::kSize));
  const Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> state(EVP_PKEY_CTX_new_from_pkey(nullptr, mine.get(), nullptr));
  SK_CHECK(theirs && state && EVP_PKEY_derive_init(state.get()) == 1);
  Secret shared{Bytes(RecipientKey::kSize)};
  size_t size = shared.size();
  if (EVP_PKEY_derive_set_peer(state.get(), theirs.get()) == 1 &&
      EVP_PKEY_derive(state.get(), shared.reveal_mutable().data(), &size) == 1 && size == shared.size())
    return shared;
  return Error(ErrorKind::denied, in_quotes(other.hex()) + " is not a usable X25519 key");
}

struct BoxKeys {
  Secret key, commitment;
};

BoxKeys box_keys(const Secret& shared, const RecipientKey& ephemeral, const RecipientKey& recipient) {
  Bytes salt(ephemeral.value.begin(), ephemeral.value.end());
  append(salt, recipient.bytes());
  const Secret both = hkdf_sha256(shared, salt, kBoxInfo, kAeadKeySize + kCommitmentSize);
  return {Secret(both.reveal().first(kAeadKeySize)), Secret(both.reveal().subspan(kAeadKeySize))};
}

}  // namespace

OpeningKey OpeningKey::make(Random& random) {
  Secret scalar{Bytes(kScalarSize)};
  random.fill(scalar.reveal_mutable());
  return OpeningKey(std::move(scalar));
}

OpeningKey::OpeningKey(Secret scalar) : scalar_(std::move(scalar)), recipient_(public_half(scalar_)) {}

Result<Secret> OpeningKey::open(ByteSpan associated, ByteSpan box) const {
  const Error refusal(ErrorKind::denied, "the sealed box is for another key, or was altered");
  if (box.size() < kSealedBoxOverhead) return refusal;
  const RecipientKey ephemeral = RecipientKey::from(box.first(RecipientKey::kSize));
  const ByteSpan commitment = box.subspan(RecipientKey::kSize, kCommitmentSize);
  const ByteSpan sealed = box.subspan(RecipientKey::kSize + kCommitmentSize);
  const Result<Secret> shared = agree(scalar_, ephemeral);
  if (!shared) return refusal;
  const BoxKeys keys = box_keys(*shared, ephemeral, recipient_);
  if (!same_secret(keys.commitment.reveal(), commitment)) return refusal;
  Secret plain{Bytes(sealed.size() - kAeadTagSize)};
  if (!Aead(keys.key).open(0, associated, sealed, plain.reveal_mutable())) return refusal;
  return plain;
}

Bytes seal_to(const RecipientKey& recipient, ByteSpan associated, ByteSpan plain, Random& random) {
  const OpeningKey ephemeral = OpeningKey::make(random);
  const Secret shared = agree(ephemeral.scalar(), recipient).value();
  const BoxKeys keys = box_keys(shared, ephemeral.recipient(), recipient);
  Bytes box(ephemeral.recipient().value.begin(), ephemeral.recipient().value.end());
  append(box, keys.commitment.reveal());
  box.resize(kSealedBoxOverhead + plain.size());
  Aead(keys.key).seal(0, associated, plain, MutableSpan(box).subspan(RecipientKey::kSize + kCommitmentSize));
  return box;
}

}  // namespace sparekeep
