#include "installer/ssh/host_door.h"

#include "installer/host/local_host.h"
#include "installer/ssh/ssh_host.h"

namespace sparekeep::central {

HostDoor::HostDoor(const Clock& clock, LoginOptions options)
    : clock_(clock), options_(std::move(options)), ring_(options_.ask, options_.ask_pass, {options_.agent, options_.warn, kAgentSignLimit, options_.tell}) {
  if (options_.at_interruption) options_.at_interruption([this] { ring_.proxies().end_all(); });
}

HostDoor::~HostDoor() {
  if (options_.at_interruption) options_.at_interruption({});
}

Secret HostDoor::become_password() {
  const std::lock_guard lock(mutex_);
  if (!asked_ && options_.ask) become_password_ = options_.ask("password for sudo: ");
  asked_ = true;
  return become_password_.clone();
}

std::unique_ptr<HostAccess> HostDoor::open(const Host& host) {
  if (host.is_local()) return std::make_unique<LocalHost>(host.name, clock_);
  if (options_.before_first) std::call_once(begun_, options_.before_first);
  Become become{.wanted = host.become || options_.become || options_.ask_become_pass};
  if (options_.ask_become_pass) become.password = [this] { return become_password(); };
  return std::make_unique<SshHost>(ssh_target(host, options_.home), ring_, std::move(become), clock_);
}

}  // namespace sparekeep::central
