#include "installer/central/init.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "installer/central/key_text.h"
#include "installer/central/layout.h"
#include "installer/central/master_history.h"
#include "installer/central/recovery_file.h"
#include "installer/central/sqlite_catalogue.h"
#include "installer/central/state.h"
#include "lib/base/text.h"
#include "lib/crypt/certificate.h"

namespace sparekeep::central {

namespace {

constexpr Duration kAuthorityLife = std::chrono::hours(24 * 365 * 10);
constexpr WriteOptions kSecretFile{.mode = 0600, .replace = false};

struct OnlineKeys {
  CertificateAuthority authority;
  SigningKey master_signer, admin;
  OpeningKey escrow, catalogue;
};

void refuse_existing(const Path& state) {
  const std::string place = in_quotes(state.string());
  if (std::filesystem::exists(StatePaths(state).format())) {
    throw Error(ErrorKind::failed, "there is a central state in " + place + " already; nothing was changed");
  }
  if (std::filesystem::exists(state) && !(std::filesystem::is_directory(state) && std::filesystem::is_empty(state))) {
    throw Error(ErrorKind::failed, place + " is not empty and is no central state; nothing was changed");
  }
}

// STATE is made as a whole, by one rename: nothing can be there before, and a key that is to be kept apart is not to be there at all.
void refuse_inside(const Path& state, const std::optional<Path>& file) {
  if (!file) return;
  const Path inside = std::filesystem::absolute(*file).lexically_normal().lexically_relative(state);
  if (inside.empty() || *inside.begin() == "..") return;
  throw Error(ErrorKind::usage, in_quotes(file->string()) + " lies in the state that is to be made; name a file elsewhere, where it can be taken offline");
}

// Held while STATE is prepared: two at once would prepare the same folder.
Descriptor lock_folder(const Path& folder) {
  Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw system_error(in_quotes(folder.string()), errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  throw Error(ErrorKind::busy, "another init is at work in " + in_quotes(folder.string()));
}

Delegation delegate(const RecoveryKeys& recovery, const OnlineKeys& keys, EscrowMode mode, Time now) {
  Delegation out;
  out.root = recovery.root.public_key();
  out.issued = now;
  out.authority_pem = keys.authority.certificate_pem();
  out.master_signer = keys.master_signer.public_key();
  out.escrow = keys.escrow.recipient();
  out.catalogue = keys.catalogue.recipient();
  out.mode = mode;
  out.recovery = {recovery.recovery.recipient()};
  out.admins = {keys.admin.public_key()};
  return out;
}

void write_secret(const Path& file, const Secret& secret) { write_durably(file, secret.reveal(), kSecretFile).value(); }
void write_line(const Path& file, const std::string& line) { write_durably(file, as_bytes(line + "\n"), kSecretFile).value(); }

Secret admin_text(const SigningKey& admin, Time now) {
  KeyTextWriter writer;
  writer.comment("Sparekeep's admin key: signs what hosts are told to do.");
  writer.text("format", "sparekeep admin key 1");
  writer.secret("seed", admin.seed());
  writer.text("created", to_rfc3339(now));
  return writer.take();
}

void write_keys(const StatePaths& paths, const OnlineKeys& keys) {
  make_folders(paths.authority_key().parent_path(), 0700).value();
  make_folders(paths.master_key().parent_path(), 0700).value();
  write_durably(paths.authority_certificate(), as_bytes(keys.authority.certificate_pem()), kSecretFile).value();
  write_secret(paths.authority_key(), keys.authority.private_pem());
  write_secret(paths.master_key(), keys.master_signer.seed());
  write_secret(paths.escrow_key(), keys.escrow.scalar());
  write_secret(paths.catalogue_key(), keys.catalogue.scalar());
}

// What was written outside of STATE is taken back when init fails after all.
class Outside {
 public:
  Outside() = default;
  Outside(const Outside&) = delete;
  ~Outside() {
    std::error_code ignored;
    for (const Path& file : written_) std::filesystem::remove(file, ignored);
  }
  void write(const Path& file, const Secret& text) {
    const Result<void> written = write_durably(file, text.reveal(), kSecretFile);
    if (!written && written.error().kind() == ErrorKind::exists) {
      throw Error(ErrorKind::exists, in_quotes(file.string()) + " is there already and may belong to another central; name another file, or move it away");
    }
    written.value();
    written_.push_back(file);
  }
  void keep() { written_.clear(); }

 private:
  std::vector<Path> written_;
};

bool is_recovery_of(const Path& file, const Delegation& trust) {
  const Result<RecoveryKeys> keys = read_recovery_file(file);
  return keys && keys->root.public_key() == trust.root;
}

bool is_admin_of(const Path& file, const Delegation& trust) {
  const Result<SigningKey> key = read_admin_file(file);
  return key && trust.has_admin(key->public_key());
}

// An init that was killed before its rename leaves its key files, and beside STATE what shows that they are its own: they belong to no state.
void sweep_unfinished(const Path& prepared, const InitOptions& options) {
  const Result<Bytes> object = read_file(StatePaths(prepared).delegation(), kDelegationSizeMax);
  const Result<std::string> root = read_text(StatePaths(prepared).root(), 1024);
  const Result<PublicKey> pinned = root ? PublicKey::parse(root->substr(0, root->find('\n'))) : root.error();
  const Result<Delegation> trust = object && pinned ? read_delegation(*object, *pinned) : Error(ErrorKind::not_found, "no init was cut short");
  if (trust && options.recovery_file && is_recovery_of(*options.recovery_file, *trust)) remove_durably(*options.recovery_file).value();
  if (trust && options.admin_file && is_admin_of(*options.admin_file, *trust)) remove_durably(*options.admin_file).value();
  std::filesystem::remove_all(prepared);
}

// SHA-256 of the DER that the PEM text wraps.
Digest fingerprint_of(const std::string& pem) {
  std::string base64;
  for (const std::string& line : split_text(pem, '\n')) {
    if (!line.starts_with("-----")) base64 += line;
  }
  return sha256(from_base64(base64).value());
}

void prepare(const StatePaths& paths, const InitOptions& options, const OnlineKeys& keys, const Delegation& delegation, const Bytes& object) {
  write_keys(paths, keys);
  write_durably(paths.delegation(), object, kSecretFile).value();
  write_line(paths.root(), delegation.root.hex());
  if (options.admin_file) write_line(paths.admin_place(), std::filesystem::absolute(*options.admin_file).string());
  else write_secret(paths.admin_key(), admin_text(keys.admin, delegation.issued));
  MasterHistory(paths, delegation.root).issue({.delegation = delegation, .delegation_object = object}, keys.master_signer, delegation.issued);
  SqliteCatalogue(paths.catalogue()).check_integrity();
}

}  // namespace

InitOutcome init_central(const InitOptions& options, const Clock& clock, Random& random) {
  const Path state = std::filesystem::absolute(options.state).lexically_normal();
  refuse_existing(state);
  refuse_inside(state, options.recovery_file), refuse_inside(state, options.admin_file);
  if (!options.recovery_file && !options.print_recovery) {
    throw Error(ErrorKind::usage, "the recovery key can be printed on a terminal only; say --recovery-key FILE");
  }
  make_folders(state.parent_path()).value();
  const Descriptor alone = lock_folder(state.parent_path());
  const Path prepared = state.string() + ".init";
  sweep_unfinished(prepared, options);
  make_folders(prepared, 0700).value();

  const Time now = clock.now();
  const RecoveryKeys recovery = make_recovery_keys(random, now);
  const HostId id = random.id<HostId>();
  const OnlineKeys keys{.authority = CertificateAuthority::make("sparekeep " + id.hex().substr(0, 8), random, now, kAuthorityLife),
                        .master_signer = SigningKey::make(random),
                        .admin = SigningKey::make(random),
                        .escrow = OpeningKey::make(random),
                        .catalogue = OpeningKey::make(random)};
  const Delegation delegation = delegate(recovery, keys, options.escrow, now);
  const StatePaths paths(prepared);
  prepare(paths, options, keys, delegation, write_delegation(delegation, recovery.root));
  write_line(paths.identity(), id.hex());
  write_durably(paths.format(), as_bytes(kStateFormat), kSecretFile).value();

  Outside outside;
  const Secret text = write_recovery_text(recovery);
  if (options.admin_file) outside.write(*options.admin_file, admin_text(keys.admin, now));
  if (options.recovery_file) outside.write(*options.recovery_file, text);
  else options.print_recovery(as_text(text.reveal()));
  if (::rename(prepared.c_str(), state.c_str()) != 0) throw system_error("renaming " + in_quotes(prepared.string()), errno);
  outside.keep();
  sync_folder(state.parent_path()).value();
  return {.central = id, .root = delegation.root, .authority_fingerprint = fingerprint_of(delegation.authority_pem)};
}

}  // namespace sparekeep::central
