// The side that may write: answers a restore's questions about one target, which its caller has opened by the order. It believes nothing of them
// but what FileWriter checks itself: a place stays below the target, an entry is one file's metadata. So whoever has taken over the
// process that asks can spoil what lies below this order's target, and reach nothing else.
#pragma once

#include <map>

#include "agent/privileged/channel.h"
#include "agent/privileged/target_messages.h"
#include "agent/restore/restore.h"
#include "lib/wire/privileged.h"

namespace sparekeep::agent {

class TargetServer {
 public:
  using Progress = std::function<void(const RunProgress&)>;

  TargetServer(Channel& asking, const RestoreOrder& order, std::string beneath, const Clock& clock)
      : asking_(asking), order_(order), beneath_(std::move(beneath)), clock_(clock) {}

  // Answers until the end is told, and gives what was told then. closed: the process that asks has gone without a word.
  Result<PrivilegedAnswer> serve(const Deadline& deadline, const Stopped& stopped, const Progress& progress);

 private:
  TargetAnswer answer(const TargetQuestion& question, Descriptor& beside);
  TargetAnswer open();
  TargetAnswer write(const TargetQuestion& question, Descriptor& beside);
  Result<void> write_file(const SentFile& sent);
  TargetAnswer look(const TargetQuestion& question, Descriptor& beside);
  Result<PendingFile*> pending(uint32_t number);

  Channel& asking_;
  const RestoreOrder& order_;
  const std::string beneath_;
  const Clock& clock_;
  AccountNames names_;
  std::vector<TargetWarning> warnings_;              // of the question that is being answered
  std::unique_ptr<TargetWriter> writer_;
  std::map<uint32_t, PendingFile> pending_;          // must end before the writer
  uint32_t last_number_ = 0;
};

}  // namespace sparekeep::agent
