#include "lib/crypt/x509.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "lib/base/text.h"
#include "lib/crypt/handle.h"

namespace sparekeep {

namespace {

using Stream = Handle<BIO, BIO_free_all>;

void free_octets(void* bytes) { OPENSSL_free(bytes); }

Stream reading(ByteSpan bytes) {
  Stream stream(BIO_new_mem_buf(bytes.data() ? static_cast<const void*>(bytes.data()) : "", static_cast<int>(bytes.size())));
  SK_CHECK(stream);
  return stream;
}

Stream writing() {
  Stream stream(BIO_new(BIO_s_mem()));
  SK_CHECK(stream);
  return stream;
}

MutableSpan content(const Stream& stream) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(stream.get(), &data);
  return {reinterpret_cast<uint8_t*>(data), static_cast<size_t>(size)};
}

// Never asks a terminal.
int no_password(char*, int, int, void*) { return -1; }

Error unreadable(std::string_view what) { return Error(ErrorKind::corrupt, "expected " + std::string(what) + " in PEM form"); }

struct Block {
  Handle<char, free_octets> label, header;
  Handle<unsigned char, free_octets> der;
  size_t size = 0;
};

// False at the end of the text, or where it is no PEM.
bool read_block(const Stream& stream, Block& block) {
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* der = nullptr;
  long size = 0;
  const bool read = PEM_read_bio(stream.get(), &label, &header, &der, &size) == 1;
  block.label.reset(label), block.header.reset(header), block.der.reset(der);
  block.size = read ? static_cast<size_t>(size) : 0;
  return read;
}

// PKCS#8 of an Ed25519 key as it is always written (RFC 8410): the seed behind 16 bytes that never differ. OpenSSL would look through all its decoders.
constexpr std::array<uint8_t, 16> kSeedPrelude{0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
constexpr size_t kSeedSize = 32;

PrivateKeyHandle usual_key(const Secret& pem) {
  const Stream stream = reading(pem.reveal());
  Block block;
  if (!read_block(stream, block) || std::string_view(block.label.get()) != PEM_STRING_PKCS8INF) return nullptr;
  const MutableSpan der(block.der.get(), block.size);
  PrivateKeyHandle key;
  if (der.size() == kSeedPrelude.size() + kSeedSize && std::equal(kSeedPrelude.begin(), kSeedPrelude.end(), der.begin()))
    key = private_key_from_seed(Secret(Bytes(der.begin() + kSeedPrelude.size(), der.end())));
  OPENSSL_cleanse(der.data(), der.size());
  return key;
}

}  // namespace

void FreeX509::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }
void FreeX509::operator()(x509_st* certificate) const noexcept { X509_free(certificate); }
void FreeX509::operator()(X509_req_st* request) const noexcept { X509_REQ_free(request); }

Result<std::vector<Bytes>> all_der_from_pem(std::string_view pem, std::string_view label) {
  const QuietErrors quiet;
  if (pem.size() > kPemSizeMax) return unreadable(label);
  const Stream stream = reading(as_bytes(pem));
  std::vector<Bytes> all;
  Block block;
  while (all.size() < kAuthoritiesMax && read_block(stream, block)) {
    if (label != block.label.get()) return unreadable(label);
    all.emplace_back(block.der.get(), block.der.get() + block.size);
  }
  if (all.empty() || read_block(stream, block)) return unreadable(label);
  return all;
}

Result<Bytes> der_from_pem(std::string_view pem, std::string_view label) {
  Result<std::vector<Bytes>> all = all_der_from_pem(pem, label);
  if (!all) return all.error();
  if (all->size() != 1) return Error(ErrorKind::corrupt, "expected one " + std::string(label) + ", not " + std::to_string(all->size()));
  return std::move(all->front());
}

Result<CertificateHandle> certificate_from_der(ByteSpan der) {
  const QuietErrors quiet;
  const Error refusal(ErrorKind::corrupt, "expected an X.509 certificate in DER form");
  if (der.size() > kPemSizeMax) return refusal;
  const uint8_t* at = der.data();
  CertificateHandle certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) return refusal;
  // Another encoding of the same content would have another fingerprint: only the one that we would write is taken.
  if (!same_bytes(der, der_of(certificate.get()))) return refusal;
  return certificate;
}

Bytes der_of(x509_st* certificate) {
  unsigned char* written = nullptr;
  const int size = i2d_X509(certificate, &written);
  const Handle<unsigned char, free_octets> owner(written);
  return size < 0 ? Bytes() : Bytes(written, written + size);
}

bool is_leaf_for_both_sides(x509_st* certificate) {
  const uint32_t flags = X509_get_extension_flags(certificate);
  return (flags & (EXFLAG_CA | EXFLAG_INVALID | EXFLAG_CRITICAL)) == 0 &&
         X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) == 1 &&
         X509_check_purpose(certificate, X509_PURPOSE_SSL_CLIENT, 0) == 1;
}

Result<RequestHandle> request_from_pem(std::string_view pem) {
  const QuietErrors quiet;
  const Result<Bytes> der = der_from_pem(pem, PEM_STRING_X509_REQ);
  if (!der) return der.error();
  const uint8_t* at = der->data();
  RequestHandle request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der->size())));
  if (!request || at != der->data() + der->size()) return Error(ErrorKind::corrupt, "expected a PKCS#10 request");
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (const Result<PublicKey> raw = raw_public_key(key); !raw) return raw.error();
  if (X509_REQ_verify(request.get(), key) != 1) return Error(ErrorKind::denied, "the request is not signed with the key that it names");
  return request;
}

Result<PrivateKeyHandle> private_key_from_pem(const Secret& pem) {
  const QuietErrors quiet;
  if (pem.size() > kPemSizeMax) return unreadable("PRIVATE KEY");
  if (PrivateKeyHandle usual = usual_key(pem)) return usual;
  const Stream stream = reading(pem.reveal());
  PrivateKeyHandle key(PEM_read_bio_PrivateKey(stream.get(), nullptr, no_password, nullptr));
  if (!key) return unreadable("PRIVATE KEY");
  if (EVP_PKEY_is_a(key.get(), "ED25519") != 1) return Error(ErrorKind::corrupt, "expected an Ed25519 key");
  return key;
}

PrivateKeyHandle private_key_from_seed(const Secret& seed) {
  PrivateKeyHandle key(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, seed.reveal().data(), seed.size()));
  SK_CHECK(key);
  return key;
}

Result<PublicKey> raw_public_key(const evp_pkey_st* key) {
  const QuietErrors quiet;
  PublicKey raw;
  size_t size = PublicKey::kSize;
  if (key && EVP_PKEY_is_a(key, "ED25519") == 1 && EVP_PKEY_get_raw_public_key(key, raw.value.data(), &size) == 1) return raw;
  return Error(ErrorKind::corrupt, "expected an Ed25519 key");
}

std::string pem_of(x509_st* certificate) {
  const Stream stream = writing();
  SK_CHECK(PEM_write_bio_X509(stream.get(), certificate) == 1);
  return std::string(as_text(content(stream)));
}

std::string pem_of(X509_req_st* request) {
  const Stream stream = writing();
  SK_CHECK(PEM_write_bio_X509_REQ(stream.get(), request) == 1);
  return std::string(as_text(content(stream)));
}

// As OpenSSL writes it, which looks through all its encoders for that.
Secret pem_of(evp_pkey_st* private_key) {
  std::array<uint8_t, kSeedPrelude.size() + kSeedSize> der{};
  std::copy(kSeedPrelude.begin(), kSeedPrelude.end(), der.begin());
  size_t size = kSeedSize;
  SK_CHECK(EVP_PKEY_is_a(private_key, "ED25519") == 1 && EVP_PKEY_get_raw_private_key(private_key, der.data() + kSeedPrelude.size(), &size) == 1);
  const Stream stream = writing();
  const int written = PEM_write_bio(stream.get(), PEM_STRING_PKCS8INF, "", der.data(), der.size());
  OPENSSL_cleanse(der.data(), der.size());
  SK_CHECK(written > 0 && size == kSeedSize);
  const MutableSpan text = content(stream);
  Secret pem{ByteSpan(text)};
  OPENSSL_cleanse(text.data(), text.size());
  return pem;
}

}  // namespace sparekeep
