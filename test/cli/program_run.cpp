#include "test/cli/program_run.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "lib/base/clock.h"
#include "lib/base/files.h"

namespace sparekeep {

namespace {

constexpr uint64_t kOutputMax = 64 << 20;
constexpr mode_t kPrivate = 0600;
constexpr Duration kLook = std::chrono::milliseconds(20);

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> whole_environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry; ++entry)
    if (const std::string text = *entry; !added.contains(text.substr(0, text.find('=')))) all.push_back(text);
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

}  // namespace

ProgramRun run_beside(const std::string& program, const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
                      const std::filesystem::path& scratch, const SentSignal& sent) {
  const Path path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / program;
  const std::string out = scratch / "out", err = scratch / "err";
  std::vector<std::string> words{path.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = whole_environment(environment);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, kPrivate);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, kPrivate);
  pid_t child = 0;
  const int fault = posix_spawn(&child, path.c_str(), &actions, nullptr, pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (fault != 0) throw system_error("starting " + path.string(), fault);
  int status = 0;
  bool over = false;
  while (sent.signal != 0 && !over && !std::filesystem::exists(sent.once)) {
    over = waitpid(child, &status, WNOHANG) == child;
    system_clock().sleep(kLook);
  }
  if (sent.signal != 0 && !over) ::kill(child, sent.signal);
  if (!over) waitpid(child, &status, 0);
  ProgramRun run;
  run.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  run.out = read_text(out, kOutputMax).value();
  run.err = read_text(err, kOutputMax).value();
  return run;
}

}  // namespace sparekeep
