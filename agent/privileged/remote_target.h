// A TargetWriter whose every step is done by the process at the other end (target_server.h). A file that is being
// written comes as a descriptor, the contents of small ones go with a question. Any number of threads ask; answers come in the order of the questions.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "agent/privileged/channel.h"
#include "agent/privileged/target_messages.h"
#include "agent/restore/target_writer.h"
#include "lib/wire/privileged.h"

namespace sparekeep::agent {

// Throws closed or timeout where the other process is not there any more: no step can be done then.
class TargetConnection {
 public:
  TargetConnection(Descriptor socket, const Clock& clock) : channel_(std::move(socket), kTargetMessageMax), clock_(clock) { channel_.take_descriptors(); }

  Result<TargetAnswer> ask(const TargetQuestion& question, Descriptor* passed = nullptr);    // the answer's own failure as an Error
  void set_warning_sink(WarningSink warn) { warn_ = std::move(warn); }

  void progress(const RunProgress& progress);
  void end(const PrivilegedAnswer& answer);

 private:
  class Turn;
  uint64_t send(const TargetQuestion& question);
  void send_whole(const std::string& message);
  std::string receive();
  void require_whole() const;

  Channel channel_;
  const Clock& clock_;
  WarningSink warn_;
  std::atomic<bool> broken_ = false;                                // a question or an answer was cut short: no answer is the next one's any more
  std::mutex sending_;
  uint64_t asked_ = 0;                                              // under `sending_`
  std::mutex receiving_;
  std::condition_variable next_turn_;
  uint64_t answered_ = 0;                                           // under `receiving_`, like what is received
};

// Null where the order only looks and there is no target. `connection` must outlive it.
Result<std::unique_ptr<TargetWriter>> open_remote_target(TargetConnection& connection, bool numeric_owner, WarningSink warn);

}  // namespace sparekeep::agent
