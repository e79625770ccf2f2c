#include "lib/host/host_identity.h"

#include "lib/base/log.h"
#include "lib/base/text.h"

namespace sparekeep {

namespace {

constexpr uint64_t kSmallFileMax = 64 * 1024;
constexpr size_t kRecipientKeySize = 32;

// What stands at `file`, or what `make` gives, durably put there: of two programs at once the first one's holds.
template <typename Make>
Bytes read_or_make(const Path& file, mode_t mode, const Make& make) {
  Result<Bytes> bytes = read_file(file, kSmallFileMax);
  if (bytes) return std::move(*bytes);
  if (bytes.error().kind() != ErrorKind::not_found) throw bytes.error();
  make_folders(file.parent_path(), 0755).value();
  const Result<void> written = write_durably(file, make(), {.mode = mode, .replace = false});
  if (!written && written.error().kind() != ErrorKind::exists) throw written.error();
  return read_file(file, kSmallFileMax).value();
}

// The public half; an error: it is no private key.
Result<PublicKey> public_half(const Bytes& private_pem) {
  const Result<std::string> request = make_request(Secret(private_pem), "host");
  return request ? read_request_key(*request) : request.error();
}

// What stands there and is of no use to anybody makes way for a new one.
template <typename IsKey>
void remove_unusable(const Path& file, const IsKey& is_key) {
  const Result<Bytes> standing = read_file(file, kSmallFileMax);
  if (standing ? is_key(*standing) : standing.error().kind() != ErrorKind::corrupt) return;
  log_warning(in_quotes(file.native()) + " is no private key any more; a new one takes its place");
  remove_durably(file).value();
}

bool is_tls_key(const Bytes& pem) { return public_half(pem).has_value(); }
bool is_recipient_key(const Bytes& scalar) { return scalar.size() == kRecipientKeySize; }

HostId parse_host_id(ByteSpan bytes, const Path& file) {
  std::string_view text = as_text(bytes);
  if (text.ends_with('\n')) text.remove_suffix(1);
  const Result<HostId> id = HostId::parse(text);
  if (!id) throw id.error().during(in_quotes(file.native()));
  return *id;
}

Error not_installed(const Error& error) {
  if (error.kind() != ErrorKind::not_found) return error;
  return Error(ErrorKind::no_state, error.text() + "; run install on the central");
}

}  // namespace

HostId read_host_id(const HostPaths& paths) {
  const Result<Bytes> bytes = read_file(paths.host_id(), kSmallFileMax);
  if (!bytes) throw not_installed(bytes.error());
  return parse_host_id(*bytes, paths.host_id());
}

HostId make_host_id(const HostPaths& paths, Random& random) {
  const Bytes bytes = read_or_make(paths.host_id(), 0644, [&] {
    const std::string text = random.id<HostId>().hex() + "\n";
    return Bytes(text.begin(), text.end());
  });
  return parse_host_id(bytes, paths.host_id());
}

Secret make_tls_key_file(const Path& state, Random& random) {
  make_folders(state, 0700).value();
  remove_unusable(state / kTlsKeyName, is_tls_key);
  return Secret(read_or_make(state / kTlsKeyName, 0600, [&] {
    const KeyPair pair = make_tls_key(random);
    const ByteSpan pem = pair.private_pem.reveal();
    return Bytes(pem.begin(), pem.end());
  }));
}

OpeningKey make_recipient_key(const Path& state, Random& random) {
  make_folders(state, 0700).value();
  remove_unusable(state / kRecipientKeyName, is_recipient_key);
  Bytes scalar = read_or_make(state / kRecipientKeyName, 0600, [&] {
    const OpeningKey key = OpeningKey::make(random);
    const ByteSpan bytes = key.scalar().reveal();
    return Bytes(bytes.begin(), bytes.end());
  });
  if (scalar.size() != kRecipientKeySize) throw Error(ErrorKind::corrupt, in_quotes((state / kRecipientKeyName).native()) + " does not hold a key of 32 bytes");
  return OpeningKey(Secret(std::move(scalar)));
}

OpeningKey read_recipient_key(const Path& state) {
  Result<Bytes> scalar = read_file(state / kRecipientKeyName, kSmallFileMax);
  if (!scalar) throw not_installed(scalar.error());
  if (scalar->size() != kRecipientKeySize) throw Error(ErrorKind::corrupt, in_quotes((state / kRecipientKeyName).native()) + " does not hold a key of 32 bytes");
  return OpeningKey(Secret(std::move(*scalar)));
}

std::string unusable_keys(const HostPaths& paths, const Path& state) {
  const auto line = [&](std::string_view name) { return "nokey ./" + (state / name).lexically_relative(paths.root).native() + "\n"; };
  std::string unusable;
  const Result<Bytes> recipient = read_file(state / kRecipientKeyName, kSmallFileMax), key = read_file(state / kTlsKeyName, kSmallFileMax);
  if (recipient && !is_recipient_key(*recipient)) unusable += line(kRecipientKeyName);
  else if (recipient) unusable += "recipient " + OpeningKey(Secret(*recipient)).recipient().hex() + "\n";
  if (!key) return unusable;
  const Result<PublicKey> half = public_half(*key);
  std::error_code none;                                          // whoever opens a FIFO waits for another
  const bool certified = std::filesystem::is_regular_file(state / kTlsCertificateName, none);
  const Result<std::string> pem = certified ? read_text(state / kTlsCertificateName, kSmallFileMax) : Result<std::string>("");
  const Result<CertificateFacts> certificate = pem ? read_certificate(*pem) : pem.error();
  if (!half || (certificate && certificate->public_key != *half)) unusable += line(kTlsKeyName);
  return unusable;
}

std::string make_host_request(const Path& state, const HostId& host) {
  Result<Bytes> key = read_file(state / kTlsKeyName, kSmallFileMax);
  if (!key) throw not_installed(key.error());
  return make_request(Secret(std::move(*key)), host.hex()).value();
}

Tls load_host_tls(const Path& state, const std::string& authority_pem) {
  Result<std::string> certificate = read_text(state / kTlsCertificateName, kSmallFileMax);
  if (!certificate) throw not_installed(certificate.error());
  Result<Bytes> key = read_file(state / kTlsKeyName, kSmallFileMax);
  if (!key) throw not_installed(key.error());
  return TlsContext::load({std::move(*certificate), Secret(std::move(*key)), authority_pem}).value();
}

}  // namespace sparekeep
