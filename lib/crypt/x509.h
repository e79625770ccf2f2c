// OpenSSL's certificates, keys and requests as handles, from and to PEM, for this folder's sources and lib/net's. The types are
// declared, not included (handle.h).
#pragma once

#include <memory>

#include "lib/crypt/certificate.h"

struct evp_pkey_st;
struct x509_st;
struct X509_req_st;

namespace sparekeep {

constexpr size_t kPemSizeMax = 64 * 1024;       // of foreign text; one of ours takes under 1 KiB
constexpr size_t kAuthoritiesMax = 16;          // certificates in one text

struct FreeX509 {
  void operator()(evp_pkey_st* key) const noexcept;
  void operator()(x509_st* certificate) const noexcept;
  void operator()(X509_req_st* request) const noexcept;
};
using PrivateKeyHandle = std::unique_ptr<evp_pkey_st, FreeX509>;
using CertificateHandle = std::unique_ptr<x509_st, FreeX509>;
using RequestHandle = std::unique_ptr<X509_req_st, FreeX509>;

Result<CertificateHandle> certificate_from_der(ByteSpan der);             // corrupt unless it is DER to the last byte
Bytes der_of(x509_st* certificate);
bool is_leaf_for_both_sides(x509_st* certificate);                        // a host's: no authority, and good for server and client
Result<Bytes> der_from_pem(std::string_view pem, std::string_view label); // of the only block in the text
Result<std::vector<Bytes>> all_der_from_pem(std::string_view pem, std::string_view label);
Result<RequestHandle> request_from_pem(std::string_view pem);             // denied unless it is signed with the key that it names
Result<PrivateKeyHandle> private_key_from_pem(const Secret& pem);         // Ed25519, without a password
PrivateKeyHandle private_key_from_seed(const Secret& seed);
Result<PublicKey> raw_public_key(const evp_pkey_st* key);                 // corrupt unless Ed25519

std::string pem_of(x509_st* certificate);
std::string pem_of(X509_req_st* request);
Secret pem_of(evp_pkey_st* private_key);                                  // PKCS#8

}  // namespace sparekeep
