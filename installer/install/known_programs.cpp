#include "installer/install/known_programs.h"

#include <algorithm>
#include <charconv>

#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr std::string_view kFormat = "sparekeep programs 1";
constexpr uint64_t kSizeMax = 64 << 20;
constexpr size_t kStampsMax = 16;                 // of one host: it has three programs

}  // namespace

KnownPrograms::KnownPrograms(Path file, Time now) : file_(std::move(file)), now_(now) {
  if (const Result<std::string> text = read_text(file_, kSizeMax)) read(*text);
}

// "h1 2049.131.9097568.1763851234000000050.1763851234000000060 1763851300000000000 DIGEST"
void KnownPrograms::read(const std::string& text) {
  const std::vector<std::string> lines = split_text(text, '\n');
  if (lines[0] != kFormat) return;
  for (const std::string& line : lines) {
    const std::vector<std::string> words = split_text(line, ' ');
    const Result<Digest> digest = words.size() == 4 ? Digest::parse(words[3]) : Error(ErrorKind::corrupt, "");
    if (!digest) continue;
    int64_t when = 0;
    std::from_chars(words[2].data(), words[2].data() + words[2].size(), when);
    const Time digested{when};
    if (digested <= now_ && now_ < digested + kStampHolds) hosts_[words[0]][words[1]] = {*digest, digested};
  }
}

std::vector<std::string> KnownPrograms::stamps(const std::string& host) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return out;
  for (const auto& [stamp, known] : found->second) out.push_back(stamp);
  return out;
}

bool KnownPrograms::has(const std::string& host, const Digest& program) const {
  const std::lock_guard lock(mutex_);
  const auto found = hosts_.find(host);
  return found != hosts_.end() && std::any_of(found->second.begin(), found->second.end(), [&](const auto& each) { return each.second.digest == program; });
}

void KnownPrograms::meet(const std::string& host, HostFacts& facts) {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Known> now;
  std::map<std::string, Known>& before = hosts_[host];
  for (auto& [path, file] : facts.files) {
    if (file.stamp.empty() || now.size() == kStampsMax) continue;
    const auto known = before.find(file.stamp);
    const bool told = file.digest != Digest{};
    if (!told && known == before.end()) continue;
    learned_ = learned_ || told;
    now[file.stamp] = told ? Known{file.digest, now_} : known->second;
    file.digest = now[file.stamp].digest;
  }
  learned_ = learned_ || now.size() != before.size();
  before = std::move(now);
}

void KnownPrograms::save() {
  const std::lock_guard lock(mutex_);
  if (!learned_) return;
  std::string text = std::string(kFormat) + "\n";
  for (const auto& [host, stamps] : hosts_)
    for (const auto& [stamp, known] : stamps) text += host + " " + stamp + " " + std::to_string(known.digested.nanoseconds) + " " + known.digest.hex() + "\n";
  static_cast<void>(write_durably(file_, as_bytes(text), {.mode = 0600}));
}

}  // namespace sparekeep::central
