#include "installer/jobs/record_uptake.h"

#include <algorithm>

#include "installer/central/record_news.h"
#include "installer/jobs/snapshot_name.h"
#include "lib/base/caught.h"
#include "lib/base/log.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

constexpr size_t kNamedMax = 5;
constexpr size_t kHoldersMin = 2;            // a snapshot's record lies on as many systems at least

std::string listed(std::vector<std::string> names) {
  const size_t count = names.size();
  if (count > kNamedMax) names.resize(kNamedMax), names.push_back("... (" + std::to_string(count) + " in all)");
  return joined(names, ", ");
}

std::string names_of(RunningCentral& central, const std::vector<HostId>& hosts) {
  std::vector<std::string> names;
  const std::shared_ptr<const MasterCopy> master = central.master();
  for (const HostId& host : hosts) {
    const StorageSystem* system = master->file.find(host);
    names.push_back(in_quotes(system ? system->name : host.hex()));
  }
  return listed(std::move(names));
}

std::string called(RunningCentral& central, const std::vector<const SnapshotEntry*>& snapshots) {
  std::vector<std::string> names;
  for (const SnapshotEntry* one : snapshots)
    names.push_back(one->metadata.job + "/" + host_name_of(central.catalogue(), *one) + " of " + to_rfc3339(one->began));
  return std::to_string(snapshots.size()) + (snapshots.size() == 1 ? " snapshot" : " snapshots") + " (" + listed(std::move(names)) + ")";
}

// A run that this catalogue has ordered: its host will tell of it. Any other was ordered by a central that went on from here.
void tell_taken(RunningCentral& central, const std::vector<SnapshotEntry>& taken) {
  std::vector<const SnapshotEntry*> waiting, later;
  for (const SnapshotEntry& one : taken) (central.catalogue().run(one.run) ? waiting : later).push_back(&one);
  if (!waiting.empty()) log_info(called(central, waiting) + " taken up from the daemons; the host has not told of it yet");
  if (later.empty()) return;
  log_warning("the daemons hold " + called(central, later) + " that this central did not know: taken up from them. Its state in " +
              in_quotes(central.state().paths().state.string()) +
              " is an older copy that was put back, or lacks what was lost with a catalogue; run sparekeep install and apply again for what was declared since");
}

// One system that is away hides nothing that others do not tell of.
void tell_silent(RunningCentral& central, const std::vector<HostId>& silent) {
  if (silent.empty() || (silent.size() < kHoldersMin && silent.size() < central.master()->file.systems.size())) return;
  log_warning("snapshots that lie on " + names_of(central, silent) + " alone may be missing here, should the state in " +
              in_quotes(central.state().paths().state.string()) + " be an older copy: no answer from there");
}

}  // namespace

void take_up_records(RunningCentral& central) {
  const Result<void> done = caught([&] {
    const RecordNews news = central.take_up_records();
    tell_taken(central, news.taken);
    if (!news.owing.empty())
      log_warning("snapshots may be missing here: " + names_of(central, news.owing) + " holds records that this central does not know, and they could not be taken up; "
                  "the next command asks again");
    tell_silent(central, news.silent);
  });
  if (!done) log_warning("snapshots may be missing here: asking the daemons which they hold: " + done.error().text());
}

}  // namespace sparekeep::central
