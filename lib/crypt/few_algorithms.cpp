#include "lib/crypt/few_algorithms.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

// OpenSSL's own provider, of which no header tells: where a later version calls it otherwise, the link fails. To load it a second time inside of ours, as
// the manual has it, would make everything twice.
extern "C" OSSL_provider_init_fn ossl_default_provider_init;

namespace sparekeep {

namespace {

using Names = std::vector<std::string_view>;
using Algorithms = std::vector<OSSL_ALGORITHM>;

constexpr const char* kOurName = "sparekeep";

// By the first name of each: what TLS and lib/crypt use, and every way in that libssh knows. Kinds that do not stand here are left as they are.
std::map<int, Names> kept() {
  return {
      {OSSL_OP_DIGEST, {"SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512", "MD5", "MD5-SHA1"}},
      {OSSL_OP_CIPHER, {"AES-128-ECB", "AES-192-ECB", "AES-256-ECB", "AES-128-CBC", "AES-192-CBC", "AES-256-CBC", "AES-128-CTR", "AES-192-CTR", "AES-256-CTR",
                        "AES-128-GCM", "AES-192-GCM", "AES-256-GCM", "DES-EDE3-CBC", "ChaCha20", "ChaCha20-Poly1305"}},
      {OSSL_OP_MAC, {"HMAC", "GMAC", "POLY1305"}},
      {OSSL_OP_KDF, {"HKDF", "TLS13-KDF", "SSHKDF", "PBKDF2", "PKCS12KDF", "SCRYPT"}},
      {OSSL_OP_RAND, {"CTR-DRBG", "SEED-SRC"}},
      {OSSL_OP_KEYMGMT, {"DH", "DHX", "DSA", "RSA", "EC", "X25519", "ED25519", "HMAC", "POLY1305"}},
      {OSSL_OP_KEYEXCH, {"DH", "ECDH", "X25519"}},
      {OSSL_OP_SIGNATURE, {"DSA", "RSA", "ECDSA", "ED25519", "HMAC", "POLY1305"}},
      {OSSL_OP_ENCODER, {"DSA", "RSA", "EC", "ED25519"}},
      {OSSL_OP_DECODER, {"DSA", "RSA", "EC", "ED25519", "DER"}},
  };
}

std::string_view first_name(const OSSL_ALGORITHM& algorithm) {
  const std::string_view names = algorithm.algorithm_names;
  return names.substr(0, names.find(':'));
}

Algorithms kept_of(const OSSL_ALGORITHM* all, const Names& names) {
  Algorithms left;
  for (; all->algorithm_names; ++all)
    if (std::ranges::find(names, first_name(*all)) != names.end()) left.push_back(*all);
  left.push_back(*all);                                  // which ends the list
  return left;
}

const OSSL_ALGORITHM* query(void* context, int kind, int* no_cache);

// OpenSSL's own provider with less to say.
struct Provider {
  OSSL_FUNC_provider_query_operation_fn* query_all = nullptr;
  std::vector<OSSL_DISPATCH> functions;
  std::map<int, Algorithms> left;

  Provider(const OSSL_DISPATCH* theirs, void* context) {
    for (; theirs->function_id != 0; ++theirs) {
      functions.push_back(*theirs);
      if (theirs->function_id != OSSL_FUNC_PROVIDER_QUERY_OPERATION) continue;
      query_all = OSSL_FUNC_provider_query_operation(theirs);
      functions.back().function = reinterpret_cast<void (*)()>(query);
    }
    functions.push_back(*theirs);
    int no_cache = 0;
    for (const auto& [kind, names] : kept()) left.emplace(kind, kept_of(query_all(context, kind, &no_cache), names));
  }
};

// Made by the first call, of begin().
const Provider& provider(const OSSL_DISPATCH* theirs, void* context) {
  static const Provider kOne(theirs, context);
  return kOne;
}

const OSSL_ALGORITHM* query(void* context, int kind, int* no_cache) {
  const Provider& ours = provider(nullptr, nullptr);
  const auto found = ours.left.find(kind);
  if (found == ours.left.end()) return ours.query_all(context, kind, no_cache);
  *no_cache = 0;
  return found->second.data();
}

int begin(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* in, const OSSL_DISPATCH** out, void** context) {
  const OSSL_DISPATCH* theirs = nullptr;
  if (ossl_default_provider_init(handle, in, &theirs, context) != 1) return 0;
  *out = provider(theirs, *context).functions.data();
  return 1;
}

}  // namespace

// No openssl.cnf either: it could only name algorithms that are not known here, and to read it takes 0.4 ms.
void know_few_algorithms() {
  SK_CHECK(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1);
  SK_CHECK(OSSL_PROVIDER_add_builtin(nullptr, kOurName, begin) == 1);
  static const OSSL_PROVIDER* const kOurs = OSSL_PROVIDER_load(nullptr, kOurName);   // for as long as the process
  SK_CHECK(kOurs);
}

}  // namespace sparekeep
