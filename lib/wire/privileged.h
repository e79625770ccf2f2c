// Between the agent and the two units that hold root's rights, over a local socket (docs/protocol.md, "The local protocol"): one request
// a connection, then answers until "result" or "failed". Every message is a frame (lib/wire/frame.h) of JSON.
#pragma once

#include <string>

#include "lib/wire/order.h"
#include "lib/wire/run.h"
#include "lib/wire/version.h"

namespace sparekeep {

struct PrivilegedRequest {
  int protocol = 0;                  // kProtocolVersion of the caller; missing is refused
  std::string step;                  // kRestoreStep, kBeforeStep, kAfterStep or kCommandStep
  std::string command;               // of the last: which, by name
  SignedOrder order;                 // as the central gave it: the unit checks it itself
};

struct PrivilegedAnswer {
  int protocol = kProtocolVersion;
  std::string state;                 // "progress", "output"; or the last one: "result", "failed"
  RunProgress progress;              // of a progress
  RunResult result;                  // of a result; of hooks only its state is filled in
  std::string kind, text;            // of a failure: a name of ErrorKind, and the message
};

constexpr std::string_view kRestoreStep = "restore", kBeforeStep = "before", kAfterStep = "after", kCommandStep = "command";
constexpr size_t kPrivilegedRequestMax = 4 << 20;    // bytes of a frame
constexpr size_t kPrivilegedAnswerMax = 16 << 20;

}  // namespace sparekeep
