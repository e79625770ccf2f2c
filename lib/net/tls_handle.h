// OpenSSL's types for tls.cpp and channel.cpp alone.
#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <memory>

#include "lib/net/tls.h"

namespace sparekeep {

template <auto release>
struct ReleasedBy {
  template <typename T>
  void operator()(T* pointer) const {
    release(pointer);
  }
};

using SslContext = std::unique_ptr<SSL_CTX, ReleasedBy<SSL_CTX_free>>;
using SslSession = std::unique_ptr<SSL, ReleasedBy<SSL_free>>;
using BioMethod = std::unique_ptr<BIO_METHOD, ReleasedBy<BIO_meth_free>>;
using Bio = std::unique_ptr<BIO, ReleasedBy<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, ReleasedBy<X509_free>>;

struct TlsContext::Handle {
  std::string authority_pem;
  SslContext context;
  BioMethod socket_method;            // reads and writes a descriptor without raising SIGPIPE
};

}  // namespace sparekeep
