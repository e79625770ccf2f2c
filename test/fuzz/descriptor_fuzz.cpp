// lib/vault/descriptor.h: what reads is written again to the same bytes.
#include "lib/vault/descriptor.h"

#include "test/fuzz/resigned.h"

using namespace sparekeep;

namespace {

constexpr size_t kSignerAt = kDescriptorSize - Signature::kSize - PublicKey::kSize;
constexpr size_t kOptionalBitsAt = 12, kOptionalBitsEnd = 16, kVaultAt = 16, kOwnerAt = 36;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes object(data, data + size);
  if (size == kDescriptorSize) {
    const PublicKey& signer = fuzz_signer().public_key();
    std::copy(signer.value.begin(), signer.value.end(), object.begin() + static_cast<ptrdiff_t>(kSignerAt));
    const VaultId vault = vault_id_of(HostId::from(ByteSpan(object).subspan(kOwnerAt, HostId::kSize)), signer);
    std::copy(vault.value.begin(), vault.value.end(), object.begin() + kVaultAt);
    std::fill(object.begin() + kOptionalBitsAt, object.begin() + kOptionalBitsEnd, uint8_t{0});   // ignored, and not written again
  }
  object = resigned(object, "sparekeep vault descriptor v1");
  const Result<VaultDescriptor> descriptor = read_descriptor(object);
  if (descriptor) SK_CHECK(write_descriptor(*descriptor, fuzz_signer()) == object);
  return 0;
}
