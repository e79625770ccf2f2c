#include "agent/privileged/restore_unit.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "agent/orders/backup_order.h"
#include "agent/privileged/answers.h"
#include "agent/privileged/remote_target.h"
#include "agent/privileged/rights.h"
#include "agent/privileged/target_server.h"
#include "lib/base/caught.h"

namespace sparekeep::agent {

namespace {

// Killed and waited for, whatever happens to its parent's work.
class Child {
 public:
  explicit Child(pid_t process) : process_(process) {}
  Child(const Child&) = delete;
  ~Child() {
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

 private:
  const pid_t process_;
};

PrivilegedAnswer restored(const Order& order, const UnitWorld& world, TargetConnection& target) {
  AgentHost host = AgentHost::open(world.paths, world.clock, world.random);
  const RunHooks hooks{.progress = [&](const RunProgress& progress) { target.progress(progress); },
                       .stopped = {},
                       .run_step = {},
                       .restore = {},
                       .open_target = [&](const RestoreOrder& restore, AccountNames&, const WarningSink& warn) {
                         return open_remote_target(target, restore.numeric_owner, warn);
                       }};
  return result_answer(run_restore_order(order, host, hooks));
}

// In the child: reads what others sent, as the agent's user, and never returns.
[[noreturn]] void read_as_agent(const Order& order, const UnitTrust& trust, const UnitWorld& world, Descriptor socket, pid_t parent) {
  try {
    TargetConnection target(std::move(socket), world.clock);
    PrivilegedAnswer last;
    const Result<void> done = caught([&] {
      if (::geteuid() == 0) become_user(trust.agent_uid, trust.agent_gid, parent).value();
      last = restored(order, world, target);
    });
    target.end(done ? last : failure_answer(done.error()));
    ::_exit(0);
  } catch (const std::exception&) {
    ::_exit(1);                                        // the parent has gone: there is nobody to tell
  }
}

}  // namespace

PrivilegedAnswer restore_in_two(const CheckedOrder& checked, const UnitTrust& trust, const UnitWorld& world, const Stopped& stopped,
                                const std::function<void(const RunProgress&)>& progress) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw system_error("connecting two processes", errno);
  Descriptor ours(ends[0]), theirs(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process < 0) throw system_error("starting a process", errno);
  if (process == 0) {
    ::close(STDIN_FILENO);                             // the caller's connection
    ours.reset();
    read_as_agent(checked.order, trust, world, std::move(theirs), parent);
  }
  const Child child(process);
  theirs.reset();
  keep_restore_capabilities().value();
  Channel asking(std::move(ours), kTargetMessageMax);
  TargetServer server(asking, checked.order.restore, checked.beneath, world.clock);
  Result<PrivilegedAnswer> last = server.serve(Deadline(world.clock, world.restore_within), stopped, progress);
  if (last) return std::move(*last);
  if (last.error().kind() == ErrorKind::closed) throw Error(ErrorKind::failed, "the process that reads the snapshot ended without a word");
  if (last.error().kind() == ErrorKind::interrupted) throw Error(ErrorKind::interrupted, "the restore was stopped; a second one goes on from there");
  throw last.error().during("the restore");
}

}  // namespace sparekeep::agent
