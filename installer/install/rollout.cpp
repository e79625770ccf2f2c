#include "installer/install/rollout.h"

#include <algorithm>
#include <charconv>

#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr uint32_t kPercent = 100, kHostsMax = 1'000'000;
constexpr size_t kNamesShown = 5;

size_t part_of(const HostShare& share, size_t total) { return share.percent ? total * share.number / kPercent : share.number; }

std::string hosts_failed(const std::vector<std::string>& failed) {
  std::vector<std::string> shown(failed.begin(), failed.begin() + static_cast<std::ptrdiff_t>(std::min(failed.size(), kNamesShown)));
  if (failed.size() > shown.size()) shown.push_back("and " + std::to_string(failed.size() - shown.size()) + " more");
  return std::to_string(failed.size()) + (failed.size() == 1 ? " host" : " hosts") + " failed (" + joined(shown, ", ") + ")";
}

}  // namespace

std::string HostShare::text() const { return std::to_string(number) + (percent ? "%" : ""); }

HostShare parse_host_share(std::string_view option, std::string_view text, uint32_t min) {
  HostShare share{.percent = text.ends_with('%')};
  const char* end = text.data() + text.size() - (share.percent ? 1 : 0);
  const auto [last, fault] = std::from_chars(text.data(), end, share.number);
  if (fault == std::errc() && last == end && share.number >= min && share.number <= (share.percent ? kPercent : kHostsMax)) return share;
  throw Error(ErrorKind::usage, "--" + std::string(option) + " is " + in_quotes(text) + "; a number of hosts from " + std::to_string(min) + ", or a percentage from " +
                                    std::to_string(min) + "% to 100%, is expected");
}

Rollout::Rollout(std::vector<std::string> hosts, RolloutOptions options, const HostTasks& tasks)
    : hosts_(std::move(hosts)), options_(std::move(options)), tasks_(tasks) {
  for (size_t first = 0; first < hosts_.size(); first += batches_.back().count) {
    const std::vector<HostShare>& serial = options_.serial;
    const size_t size = serial.empty() ? hosts_.size() : part_of(serial[std::min(batches_.size(), serial.size() - 1)], hosts_.size());
    batches_.push_back({first, std::clamp<size_t>(size, 1, hosts_.size() - first)});
  }
}

size_t Rollout::batch_of(const std::string& host) const {
  const auto place = static_cast<size_t>(std::find(hosts_.begin(), hosts_.end(), host) - hosts_.begin());
  for (size_t i = 0; i < batches_.size(); ++i)
    if (place >= batches_[i].first && place < batches_[i].first + batches_[i].count) return i;
  return 0;
}

std::string Rollout::reason() const {
  const std::set<std::string> failed = tasks_.failed_hosts();
  const std::optional<HostShare>& max = options_.failures_max;
  std::vector<std::string> all;
  for (const Batch& batch : batches_) {
    std::vector<std::string> of_batch;
    for (size_t i = batch.first; i < batch.first + batch.count; ++i)
      if (failed.contains(hosts_[i])) of_batch.push_back(hosts_[i]);
    all.insert(all.end(), of_batch.begin(), of_batch.end());
    if (max && max->percent && of_batch.size() * kPercent > max->number * batch.count)
      return hosts_failed(of_batch) + " of a batch of " + std::to_string(batch.count) + ", and --max-fail is " + max->text();
    if (!max && batches_.size() > 1 && of_batch.size() == batch.count) return "all hosts of a batch failed (" + joined(of_batch, ", ") + "); --max-fail allows more";
  }
  if (max && !max->percent && all.size() > max->number) return hosts_failed(all) + ", and --max-fail is " + max->text();
  return "";
}

std::optional<std::string> Rollout::why_over() {
  const std::lock_guard lock(mutex_);
  if (over_.empty()) over_ = reason();
  return over_.empty() ? std::nullopt : std::make_optional(over_);
}

}  // namespace sparekeep::central
