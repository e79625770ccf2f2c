#include "installer/host/spawn.h"

#include <spawn.h>

#include <csignal>

namespace sparekeep::central {

namespace {

std::vector<char*> as_array(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Result<pid_t> spawn(SpawnRequest request, std::string_view what) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, request.in, 0);
  posix_spawn_file_actions_adddup2(&actions, request.out, 1);
  posix_spawn_file_actions_adddup2(&actions, request.err, 2);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  sigset_t none, ignored;
  sigemptyset(&none);
  sigemptyset(&ignored);
  sigaddset(&ignored, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &ignored);
  posix_spawnattr_setpgroup(&attributes, 0);
  const int group = request.own_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
  posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group));
  std::vector<char*> environment = request.environment ? as_array(*request.environment) : std::vector<char*>();
  pid_t pid = 0;
  const int fault = ::posix_spawn(&pid, request.arguments.at(0).c_str(), &actions, &attributes, as_array(request.arguments).data(),
                                  request.environment ? environment.data() : environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (fault != 0) return system_error("starting " + std::string(what), fault);
  return pid;
}

}  // namespace sparekeep::central
