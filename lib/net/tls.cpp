#include "lib/net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/crypt/known_leaves.h"
#include "lib/crypt/shared_certificates.h"
#include "lib/crypt/x509.h"
#include "lib/net/tls_handle.h"

namespace sparekeep {
namespace {

constexpr size_t kReadAheadBytes = 64 << 10;      // one recv takes up to four records

int descriptor_of(BIO* bio) { return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio))); }

int count_of(BIO* bio, ssize_t count) {
  BIO_clear_retry_flags(bio);
  return static_cast<int>(count);
}

int send_bytes(BIO* bio, const char* bytes, int length) {
  const ssize_t count = ::send(descriptor_of(bio), bytes, static_cast<size_t>(length), MSG_NOSIGNAL);
  const int result = count_of(bio, count);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return result;
}

int receive_bytes(BIO* bio, char* bytes, int length) {
  const ssize_t count = ::recv(descriptor_of(bio), bytes, static_cast<size_t>(length), 0);
  const int result = count_of(bio, count);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return result;
}

long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) ? 1 : 0;
  return 0;
}

BioMethod make_socket_method() {
  BioMethod method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sparekeep socket"));
  SK_CHECK(method);
  BIO_meth_set_write(method.get(), send_bytes);
  BIO_meth_set_read(method.get(), receive_bytes);
  BIO_meth_set_ctrl(method.get(), control);
  BIO_meth_set_create(method.get(), [](BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  });
  return method;
}

Error wrong(const std::string& what) {
  const unsigned long code = ERR_get_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return Error(ErrorKind::corrupt, what + (reason ? std::string(": ") + reason : std::string()));
}

Result<void> trust(SSL_CTX* context, const std::vector<CertificateHandle>& authorities) {
  for (const CertificateHandle& authority : authorities)
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1) return wrong("TLS: the authority's certificates are not usable");
  return {};
}

Result<void> use_authority(SSL_CTX* context, const std::string& pem) {
  const Result<SharedCertificates> known = shared_certificates(pem);
  if (!known) return Error(ErrorKind::corrupt, "TLS: the authority's certificate is not usable: " + known.error().text());
  if ((*known)->empty() || (*known)->size() > kAuthoritiesMax) return wrong("TLS: the authority's certificates are not usable");
  return trust(context, **known);
}

Result<void> use_own(SSL_CTX* context, const TlsFiles& files) {
  if (files.certificate_pem.empty()) return {};
  const Result<SharedCertificates> known = shared_certificates(files.certificate_pem);
  if (!known) return Error(ErrorKind::corrupt, "TLS: our certificate is not usable: " + known.error().text());
  if ((*known)->empty() || SSL_CTX_use_certificate(context, (*known)->front().get()) != 1) return wrong("TLS: our certificate is not usable");
  const Result<PrivateKeyHandle> key = private_key_from_pem(files.private_pem);
  if (!key || SSL_CTX_use_PrivateKey(context, key->get()) != 1) return wrong("TLS: our private key does not fit our certificate");
  return {};
}

// Time is a PeerCheck's matter (grace), so the chain is verified without it.
void set_policy(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                   SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS |
                                SSL_MODE_NO_AUTO_CHAIN);   // who talks to us has the authority's certificate; it was verified and sent for each connection
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadAheadBytes);
  SSL_CTX_set_verify_depth(context, 1);
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_NO_CHECK_TIME);
}

// A chain is verified for one side of a connection; what is not a plain leaf for both sides is verified each time.
bool serves_both_sides(X509_STORE_CTX* chain) {
  const STACK_OF(X509)* all = X509_STORE_CTX_get0_chain(chain);
  if (sk_X509_num(all) != 2 || !is_leaf_for_both_sides(sk_X509_value(all, 0))) return false;
  X509* authority = sk_X509_value(all, 1);
  return X509_check_ca(authority) == 1 && X509_check_purpose(authority, X509_PURPOSE_SSL_SERVER, 1) == 1 &&
         X509_check_purpose(authority, X509_PURPOSE_SSL_CLIENT, 1) == 1;
}

int verify_chain(X509_STORE_CTX* chain, void* authority) {
  const std::string& authority_pem = *static_cast<const std::string*>(authority);
  X509* leaf = X509_STORE_CTX_get0_cert(chain);
  const Bytes der = der_of(leaf);
  if (der.empty()) return X509_verify_cert(chain);
  const bool is_known = is_known_leaf(der, authority_pem);
  if (is_known) X509_STORE_CTX_set_error(chain, X509_V_OK);
  const int verified = is_known ? 1 : X509_verify_cert(chain);
  if (verified != 1) return verified;                  // whoever may send made-up ones: nothing of them is kept
  if (!is_known && serves_both_sides(chain)) know_leaf(der, authority_pem);
  know_facts(leaf, der);
  return 1;
}

Result<std::unique_ptr<TlsContext::Handle>> made(const TlsFiles& files) {
  auto handle = std::make_unique<TlsContext::Handle>();
  handle->authority_pem = files.authority_pem;
  handle->context.reset(SSL_CTX_new(TLS_method()));
  SK_CHECK(handle->context);
  set_policy(handle->context.get());
  if (Result<void> used = use_authority(handle->context.get(), files.authority_pem); !used) return used.error();
  if (Result<void> used = use_own(handle->context.get(), files); !used) return used.error();
  SSL_CTX_set_cert_verify_callback(handle->context.get(), verify_chain, &handle->authority_pem);
  handle->socket_method = make_socket_method();
  return handle;
}

}  // namespace

TlsContext::TlsContext(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
TlsContext::TlsContext(std::function<TlsFiles()> make) : make_(std::move(make)) {}
TlsContext::~TlsContext() = default;

Result<Tls> TlsContext::load(const TlsFiles& files) {
  Result<std::unique_ptr<Handle>> handle = made(files);
  if (!handle) return handle.error();
  return Tls(std::make_shared<const TlsContext>(std::move(*handle)));
}

Tls TlsContext::when_needed(std::function<TlsFiles()> make) { return std::make_shared<const TlsContext>(std::move(make)); }

const TlsContext::Handle& TlsContext::handle() const {
  if (make_) std::call_once(made_, [this] { handle_ = made(make_()).value(); });
  return *handle_;
}

namespace {

// Both ends of a connection tell what this one found: the clock is named by its host.
std::string by_clock(Duration apart, Time now, std::string_view order) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return ", and the clock of " + in_quotes(host.data()) + " says " + to_rfc3339(now) + ", " + format_duration(apart) + " " + std::string(order) + " that";
}

}  // namespace

PeerCheck within_time(const Clock& clock, Duration grace) {
  return [&clock, grace](ByteSpan der) -> Result<CertificateFacts> {
    Result<CertificateFacts> facts = read_certificate_der(der);
    if (!facts) return facts;
    const Time now = clock.now();
    if (now < facts->not_before)
      return Error(ErrorKind::denied, "the certificate begins at " + to_rfc3339(facts->not_before) + by_clock(facts->not_before - now, now, "before") +
                                          "; set that clock, or the one of whoever made the certificate; where both are right by now, run sparekeep install");
    if (facts->not_after + grace < now)
      return Error(ErrorKind::denied, "the certificate ended at " + to_rfc3339(facts->not_after) + by_clock(now - facts->not_after, now, "after"));
    return facts;
  };
}

PeerCheck not_revoked(PeerCheck check, std::function<bool(const std::string& serial)> is_revoked) {
  return [check = std::move(check), is_revoked = std::move(is_revoked)](ByteSpan der) -> Result<CertificateFacts> {
    Result<CertificateFacts> facts = check(der);
    if (!facts || !is_revoked(facts->serial)) return facts;
    return Error(ErrorKind::denied, "certificate " + facts->serial + " of " + in_quotes(facts->common_name) + " is revoked");
  };
}

}  // namespace sparekeep
