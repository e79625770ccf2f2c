#include "lib/net/channel.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <cerrno>

#include "lib/crypt/x509.h"
#include "lib/net/tls_handle.h"

namespace sparekeep {
namespace {

constexpr Step kEnded{Step::State::ended};
constexpr Step kFailed{Step::State::failed};
constexpr Step waiting_for(Need need) { return {Step::State::waits, 0, need}; }

Error broken(int error_number) {
  return Error(ErrorKind::unreachable, "connection broken: " + system_error("", error_number).text().substr(2));
}

// OpenSSL's own name of an alert that the peer sent about our certificate.
bool is_about_certificate(int reason) {
  switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
      return true;
    default:  // foreign value
      return false;
  }
}

Error tls_error(const SSL* ssl) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* text = ERR_reason_error_string(code);
  const std::string reason = text ? text : "unknown reason";
  if (is_about_certificate(ERR_GET_REASON(code))) return Error(ErrorKind::denied, "our certificate was refused: " + reason);
  const long verified = SSL_get_verify_result(ssl);
  if (verified != X509_V_OK) {
    return Error(ErrorKind::denied, std::string("the certificate does not verify: ") + X509_verify_cert_error_string(verified));
  }
  return Error(ErrorKind::unreachable, "TLS failed: " + reason);
}

class TlsChannel final : public Channel {
 public:
  TlsChannel(const TlsContext& context, int fd, Side side, bool require_certificate)
      : context_(context.shared_from_this()), ssl_(SSL_new(context.handle().context.get())) {
    SK_CHECK(ssl_);
    BIO* bio = BIO_new(context.handle().socket_method.get());
    SK_CHECK(bio);
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(fd)));
    SSL_set_bio(ssl_.get(), bio, bio);
    const bool insist = side == Side::server && require_certificate;
    SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER | (insist ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    if (side == Side::server) SSL_set_accept_state(ssl_.get());
    if (side == Side::client) SSL_set_connect_state(ssl_.get());
  }

  Step handshake() override {
    prepare();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return {};
    return step_of(result);
  }

  Step read(MutableSpan to) override {
    prepare();
    size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), to.data(), to.size(), &count);
    return result == 1 ? Step{Step::State::done, count} : step_of(result);
  }

  Step write(ByteSpan from) override {
    prepare();
    size_t count = 0;
    const int result = SSL_write_ex(ssl_.get(), from.data(), from.size(), &count);
    return result == 1 ? Step{Step::State::done, count} : step_of(result);
  }

  void finish() override {
    prepare();
    if (!failed_ && SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }

  Bytes peer_certificate() const override {
    X509* certificate = SSL_get0_peer_certificate(ssl_.get());
    return certificate ? der_of(certificate) : Bytes();
  }

  Error fault() const override { return fault_; }

 private:
  void prepare() {
    ERR_clear_error();
    errno = 0;
  }

  Step step_of(int result) {
    const int error_number = errno;
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) return waiting_for(Need::readable);
    if (error == SSL_ERROR_WANT_WRITE) return waiting_for(Need::writable);
    if (error == SSL_ERROR_ZERO_RETURN) return kEnded;
    failed_ = true;
    if (error == SSL_ERROR_SYSCALL && error_number == 0) return kEnded;
    fault_ = error == SSL_ERROR_SYSCALL ? broken(error_number) : tls_error(ssl_.get());
    return kFailed;
  }

  const Tls context_;                  // of which OpenSSL calls functions; a server may have got another one meanwhile
  SslSession ssl_;
  bool failed_ = false;
  Error fault_;
};

class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(int fd) : fd_(fd) {}
  Step handshake() override { return {}; }
  Step read(MutableSpan to) override { return step_of(::recv(fd_, to.data(), to.size(), 0), Need::readable); }
  Step write(ByteSpan from) override { return step_of(::send(fd_, from.data(), from.size(), MSG_NOSIGNAL), Need::writable); }
  void finish() override { ::shutdown(fd_, SHUT_WR); }
  Bytes peer_certificate() const override { return {}; }
  Error fault() const override { return fault_; }

 private:
  Step step_of(ssize_t count, Need need) {
    if (count > 0) return {Step::State::done, static_cast<size_t>(count)};
    if (count == 0) return kEnded;
    if (errno == EAGAIN || errno == EINTR) return waiting_for(need);
    fault_ = broken(errno);
    return kFailed;
  }

  int fd_;
  Error fault_;
};

}  // namespace

std::unique_ptr<Channel> tls_channel(const TlsContext& context, int fd, Side side, bool require_certificate) {
  return std::make_unique<TlsChannel>(context, fd, side, require_certificate);
}

std::unique_ptr<Channel> plain_channel(int fd) { return std::make_unique<PlainChannel>(fd); }

}  // namespace sparekeep
