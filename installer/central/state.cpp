#include "installer/central/state.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "installer/central/key_text.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr size_t kKeyFileMax = 64 * 1024, kKeySize = 32;
constexpr Duration kLockEvery = std::chrono::milliseconds(50);

// The real ids, too: by them libssh finds what ~ is, and a shell would be root again. Only the saved ones tell who it was (home_of()).
void become_owner(const Path& folder) {
  struct stat facts {};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &facts) != 0 || facts.st_uid == 0) return;
  if (::setgroups(0, nullptr) == 0 && ::setresgid(facts.st_gid, facts.st_gid, 0) == 0 && ::setresuid(facts.st_uid, facts.st_uid, 0) == 0) return;
  throw system_error("becoming the owner of " + in_quotes(folder.string()), errno);
}

FileLock lock_state(const StatePaths& paths, Duration wait, Clock& clock) {
  const Deadline deadline(clock, wait);
  for (;;) {
    Result<FileLock> lock = FileLock::acquire(paths.lock());
    if (lock) return std::move(*lock);
    if (lock.error().kind() != ErrorKind::busy) throw lock.error();
    if (deadline.passed()) {
      throw Error(ErrorKind::busy, "another command holds the state in " + in_quotes(paths.state.string()) + "; --wait-lock 5m waits for it");
    }
    clock.sleep(std::min(kLockEvery, deadline.left()));
  }
}

// Whether it is gone or damaged: no command can make it again.
Error no_key(const Error& error) { return Error(error.kind(), error.text() + "; put it back from a copy of STATE, it is nowhere else"); }

template <typename T>
T kept(Result<T> content) {
  if (content) return std::move(*content);
  throw Error(content.error().kind(), content.error().text() + "; put it back from a copy of STATE");
}

Secret read_secret(const Path& file) {
  Result<Bytes> bytes = read_file(file, kKeyFileMax);
  if (!bytes) throw no_key(bytes.error());
  return Secret(std::move(*bytes));
}

Secret read_key(const Path& file) {
  Secret key = read_secret(file);
  if (key.size() == kKeySize) return key;
  throw no_key(Error(ErrorKind::corrupt, in_quotes(file.string()) + ": expected a key of " + std::to_string(kKeySize) + " bytes"));
}

template <typename SomeId>
SomeId read_id(const Path& file) {
  std::string text = kept(read_text(file, 1024));
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return kept(during(in_quotes(file.string()), SomeId::parse(text)));
}

}  // namespace

void check_state_format(const StatePaths& paths) {
  const Result<std::string> format = read_text(paths.format(), 1024);
  const std::string place = in_quotes(paths.state.string());
  if (!format && format.error().kind() == ErrorKind::not_found && std::filesystem::exists(paths.delegation()))
    throw Error(ErrorKind::failed, in_quotes(paths.format().string()) + " is missing; put it back from a copy of STATE");
  if (!format && format.error().kind() == ErrorKind::not_found) {
    throw Error(ErrorKind::no_state, "no central state in " + place + "; run sparekeep init");
  }
  if (!format) throw format.error();
  if (*format != kStateFormat) {
    throw Error(ErrorKind::unsupported, "the state in " + place + " has the format " + in_quotes(*format) + ", which this program does not know");
  }
}

Result<SigningKey> read_admin_file(const Path& file) {
  Result<Bytes> bytes = read_file(file, kKeyFileMax);
  if (!bytes) return bytes.error();
  const Secret text(std::move(*bytes));
  const Result<KeyText> parsed = during(in_quotes(file.string()), KeyText::parse(text.reveal()));
  if (!parsed) return parsed.error();
  Result<Secret> seed = during(in_quotes(file.string()), parsed->secret("seed", kKeySize));
  if (!seed) return seed.error();
  return SigningKey(std::move(*seed));
}

PublicKey pinned_root(const StatePaths& paths) { return read_id<PublicKey>(paths.root()); }

CentralState CentralState::open(const Path& folder, Duration wait_lock, Clock& clock) {
  const StatePaths paths{std::filesystem::absolute(folder)};
  check_state_format(paths);
  become_owner(paths.state);
  FileLock lock = lock_state(paths, wait_lock, clock);
  Bytes delegation_object = kept(read_file(paths.delegation(), kDelegationSizeMax));
  Delegation delegation = kept(during(in_quotes(paths.delegation().string()), read_delegation(delegation_object, pinned_root(paths))));
  std::string authority = kept(read_text(paths.authority_certificate(), kKeyFileMax));
  const std::string authority_folder = in_quotes(paths.authority_key().parent_path().string());
  return CentralState(Contents{.paths = paths,
                               .lock = std::move(lock),
                               .id = read_id<HostId>(paths.identity()),
                               .delegation_object = std::move(delegation_object),
                               .delegation = std::move(delegation),
                               .authority = kept(during(authority_folder, CertificateAuthority::load(std::move(authority), read_secret(paths.authority_key())))),
                               .master_signer = SigningKey(read_key(paths.master_key())),
                               .escrow = OpeningKey(read_key(paths.escrow_key())),
                               .catalogue_key = OpeningKey(read_key(paths.catalogue_key()))});
}

SigningKey CentralState::admin_key() const {
  Path file = paths().admin_key();
  if (const Result<std::string> place = read_text(paths().admin_place(), 8192)) file = place->substr(0, place->find('\n'));
  Result<SigningKey> key = read_admin_file(file);
  if (!key && key.error().kind() != ErrorKind::corrupt) throw Error(ErrorKind::denied, "the admin's key: " + key.error().text());
  if (!key) throw key.error();
  if (delegation().has_admin(key->public_key())) return std::move(*key);
  throw Error(ErrorKind::denied, in_quotes(file.string()) + ": the delegation does not name this key as an admin's");
}

}  // namespace sparekeep::central
