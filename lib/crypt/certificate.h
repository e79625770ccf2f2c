// X.509 for mTLS: a small certificate authority, requests made on hosts, and the identity that a certificate carries.
//
// An identity is a host id and roles, in one URI of the subject's alternative names,
// "sparekeep:host/<32 hex>?roles=daemon,agent"; the common name repeats the host's name for people only. All keys are
// Ed25519. Certificates hold ids and roles, never addresses.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/random.h"
#include "lib/crypt/secret.h"
#include "lib/crypt/signature.h"

struct x509_st;                                         // of OpenSSL

namespace sparekeep {

enum class Role { central, daemon, agent, admin };     // admin: the command line of the central, an operator
std::string_view name_of(Role role);
Result<Role> role_from(std::string_view name);

struct Identity {
  HostId host;
  std::set<Role> roles;
  auto operator<=>(const Identity&) const = default;
};

struct CertificateFacts {
  Identity identity;
  std::string common_name;
  std::string serial;                                  // hex
  Time not_before, not_after;
  PublicKey public_key;
  Digest fingerprint;                                  // SHA-256 of the DER
};

// PEM text in and out; keys as Secret holding PKCS#8 PEM.
struct KeyPair {
  Secret private_pem;
  PublicKey public_key;
};
KeyPair make_tls_key(Random& random);
Result<std::string> make_request(const Secret& private_pem, std::string_view common_name);   // a PKCS#10 request

class CertificateAuthority {
 public:
  static CertificateAuthority make(std::string_view common_name, Random& random, Time now, Duration life);
  static Result<CertificateAuthority> load(std::string certificate_pem, Secret private_pem);

  const std::string& certificate_pem() const { return certificate_pem_; }
  const Secret& private_pem() const { return private_pem_; }

  // Checks the request's own signature (denied); takes the key from the request and everything else from the arguments.
  // A common name that X.509 does not take is escaped or cut. Valid from an hour before `now`, for late clocks, to now + life.
  Result<std::string> issue(std::string_view request_pem, const Identity& identity, std::string_view common_name, Time now,
                            Duration life, Random& random) const;

  // The same for a key that the caller has just made and needs nobody to prove.
  Result<std::string> issue_own(const PublicKey& key, const Identity& identity, std::string_view common_name, Time now, Duration life, Random& random) const;

 private:
  std::string signed_leaf(x509_st& certificate, const Identity& identity) const;
  struct Handles;
  CertificateAuthority(std::string certificate_pem, Secret private_pem, Handles handles);
  std::string certificate_pem_;
  Secret private_pem_;
  std::shared_ptr<const Handles> handles_;             // the same two, as OpenSSL has them
};

// corrupt unless it is one certificate, to the last byte, with one identity and an Ed25519 key. Nothing is verified.
Result<CertificateFacts> read_certificate(std::string_view pem);
Result<CertificateFacts> read_certificate_der(ByteSpan der);
Result<PublicKey> read_request_key(std::string_view request_pem);            // denied unless the request is signed with it

// Signed by this authority (one of those in the text), a leaf for servers and clients, and inside its time; otherwise
// denied, or corrupt as above. grace: how long after not_after it is still taken.
Result<CertificateFacts> verify_certificate(std::string_view pem, std::string_view authority_pem, Time now, Duration grace);

}  // namespace sparekeep
