#include "inventory/exchange/master_exchange.h"

#include "lib/base/log.h"
#include "lib/wire/paths.h"

namespace sparekeep {

namespace {

bool nobody_answers(const Error& error) {
  return error.kind() == ErrorKind::unreachable || error.kind() == ErrorKind::timeout || error.kind() == ErrorKind::closed;
}

}  // namespace

Result<bool> MasterExchange::turn(CentralClient& central) {
  const Result<Hello> hello = central.hello();
  if (!hello) return hello.error();
  return follow({static_cast<uint32_t>(hello->master_epoch), hello->master_number}, hello->master_digest, central);
}

Result<bool> MasterExchange::follow(const MasterVersion& has, const std::string& digest, CentralClient& central) {
  keeper_.note_seen();
  if (has > keeper_.version()) return fetch(central);
  if (!is_behind(has, digest) || clock_.boot_time() < next_offer_) return false;
  const Result<bool> taken = offer(central);
  if (!taken || !*taken) return taken;
  return fetch(central);
}

// Of one version there is one file: two that differ show a state that was put back and has gone on since.
bool MasterExchange::is_behind(const MasterVersion& has, const std::string& digest) const {
  const std::shared_ptr<const MasterCopy> mine = keeper_.newest();
  if (!mine || has > mine->file.version()) return false;
  return has < mine->file.version() || (!digest.empty() && digest != mine->digest.hex());
}

Result<bool> MasterExchange::offer(CentralClient& central) {
  const std::shared_ptr<const MasterCopy> mine = keeper_.newest();
  const Result<void> sent = central.put_object(std::string(kMasterPath), mine->object);
  if (sent) return true;
  if (nobody_answers(sent.error())) return sent.error();
  log_warning("the central is behind master file " + mine->file.version().text() + ", and does not take it: " + sent.error().text());
  next_offer_ = clock_.boot_time() + kOfferAgainAfter;
  return false;
}

Result<bool> MasterExchange::fetch(CentralClient& central) {
  const MasterVersion seen = keeper_.version();
  const Result<std::optional<Bytes>> newer = central.master_newer_than(seen.epoch, seen.number);
  if (!newer) return newer.error();
  if (!*newer) return false;
  const Result<bool> kept = keeper_.offer(**newer);
  if (!kept) log_warning("a master file is refused: " + kept.error().text());
  return kept && *kept;
}

}  // namespace sparekeep
