// The output of a command of the host as a backup reads it. Who starts it, and with which rights, is for others to say.
#pragma once

#include <functional>
#include <memory>

#include "lib/base/bytes.h"
#include "lib/base/error.h"
#include "lib/wire/order.h"

namespace sparekeep::agent {

class CommandOutput {                       // its end ends the command, where that still runs
 public:
  virtual ~CommandOutput() = default;
  // The next bytes; 0: the command has ended well, and that was all. failed: "command 'db.sql' exited with 1: END OF ITS STANDARD ERROR"; timeout,
  // interrupted. May wait for long.
  virtual Result<size_t> read(MutableSpan to) = 0;
};

struct StartedCommand {
  std::unique_ptr<CommandOutput> output;
  uint32_t uid = 0, gid = 0;                // whom it runs as, to whom its file belongs
};

// `stopped` may be asked on any thread.
using CommandStarter = std::function<Result<StartedCommand>(const CommandSource& command, const std::function<bool()>& stopped)>;

}  // namespace sparekeep::agent
