#include "installer/ssh/proxies.h"

#include <poll.h>

#include <csignal>

namespace sparekeep::central {

namespace {

constexpr int kGraceMilliseconds = 200;

}  // namespace

void Proxies::add(pid_t group) {
  const std::lock_guard lock(mutex_);
  groups_.insert(group);
  if (ended_) ::kill(-group, SIGKILL);
}

void Proxies::remove(pid_t group) {
  const std::lock_guard lock(mutex_);
  groups_.erase(group);
}

void Proxies::end_all() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  for (const pid_t group : groups_) ::kill(-group, SIGTERM);
  if (!groups_.empty()) ::poll(nullptr, 0, kGraceMilliseconds);
  for (const pid_t group : groups_) ::kill(-group, SIGKILL);
}

}  // namespace sparekeep::central
