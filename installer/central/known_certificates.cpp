#include "installer/central/known_certificates.h"

#include <charconv>

#include "lib/base/caught.h"
#include "lib/base/text.h"
#include "lib/crypt/digest.h"
#include "lib/crypt/known_leaves.h"
#include "lib/net/tls.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kFormat = "sparekeep certificates 1";
constexpr uint64_t kSizeMax = 16 << 20;
constexpr size_t kDigestText = 2 * Digest::kSize + 1;

// "KEY FINGERPRINT HOST daemon,agent SERIAL FROM TO PUBLIC-KEY NAME": numbers are nanoseconds, the name is in hexadecimal digits.
constexpr size_t kWords = 9;

std::string line_of(const Digest& key, const CertificateFacts& facts) {
  std::vector<std::string> roles;
  for (const Role role : facts.identity.roles) roles.emplace_back(name_of(role));
  return joined({key.hex(), facts.fingerprint.hex(), facts.identity.host.hex(), joined(roles, ","), facts.serial, std::to_string(facts.not_before.nanoseconds),
                 std::to_string(facts.not_after.nanoseconds), facts.public_key.hex(), to_hex(as_bytes(facts.common_name))}, " ") + "\n";
}

Time time_in(const std::string& text) {
  Time time;
  std::from_chars(text.data(), text.data() + text.size(), time.nanoseconds);
  return time;
}

// The text is ours, to the last bit; a later version's may know other roles.
CertificateFacts facts_in(const std::vector<std::string>& words) {
  CertificateFacts facts;
  facts.fingerprint = Digest::parse(words[1]).value();
  facts.identity.host = HostId::parse(words[2]).value();
  for (const std::string& role : split_text(words[3], ',')) facts.identity.roles.insert(role_from(role).value());
  facts.serial = words[4];
  facts.not_before = time_in(words[5]);
  facts.not_after = time_in(words[6]);
  facts.public_key = PublicKey::parse(words[7]).value();
  facts.common_name = as_text(from_hex(words[8]).value());
  return facts;
}

// Those of the central are made for one command.
bool is_of_use(const CertificateFacts& facts, Time now) { return !facts.identity.roles.contains(Role::central) && now < facts.not_after + kCertificateGrace; }

}  // namespace

KnownCertificates::KnownCertificates(Path file) : file_(std::move(file)) {
  const Result<std::string> text = read_text(file_, kSizeMax);
  if (!text || text->size() < kDigestText) return;
  const std::string_view body = std::string_view(*text).substr(kDigestText);
  if (text->substr(0, kDigestText) == sha256(as_bytes(body)).hex() + "\n") static_cast<void>(caught([&] { read(body); }));
}

void KnownCertificates::read(std::string_view text) {
  const std::vector<std::string> lines = split_text(text, '\n');
  if (lines[0] != kFormat) return;
  for (const std::string& line : lines) {
    const std::vector<std::string> words = split_text(line, ' ');
    if (words.size() != kWords) continue;
    const Digest key = Digest::parse(words[0]).value();
    know_proven_leaf(key, facts_in(words));
    kept_.insert(key);
  }
}

void KnownCertificates::save(Time now) const {
  bool has_others = false;
  std::string text = std::string(kFormat) + "\n";
  for (const auto& [key, facts] : proven_leaves()) {
    if (!is_of_use(facts, now)) continue;
    has_others = has_others || !kept_.contains(key);
    text += line_of(key, facts);
  }
  if (has_others) static_cast<void>(write_durably(file_, as_bytes(sha256(as_bytes(text)).hex() + "\n" + text), {.mode = 0600}));
}

}  // namespace sparekeep::central
