#include "daemon/report/own_hello.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "daemon/settings.h"
#include "lib/base/caught.h"
#include "lib/base/files.h"
#include "lib/host/host_identity.h"
#include "lib/net/client.h"
#include "lib/wire/paths.h"

namespace sparekeep::daemon {

namespace {

constexpr Duration kLimit = std::chrono::seconds(3);
constexpr size_t kWordsMax = 64 << 10;
constexpr int kFailed = 1;

// The folder of its state is its own, in one of root's: nobody else can put another one there.
bool become_daemon(const HostPaths& paths) {
  struct stat state {};
  if (::geteuid() != 0) return true;
  if (::lstat(paths.daemon_state().c_str(), &state) != 0 || !S_ISDIR(state.st_mode)) return false;
  return ::setgroups(0, nullptr) == 0 && ::setresgid(state.st_gid, state.st_gid, state.st_gid) == 0 && ::setresuid(state.st_uid, state.st_uid, state.st_uid) == 0;
}

// What is written to them is root's word: facts about this host.
bool leave_streams() {
  const Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  return nothing && ::dup2(nothing.get(), STDIN_FILENO) >= 0 && ::dup2(nothing.get(), STDOUT_FILENO) >= 0 && ::dup2(nothing.get(), STDERR_FILENO) >= 0;
}

HttpRequest request_of(const std::string& master) {
  const size_t colon = std::min(master.find(':'), master.size());
  HttpRequest request;
  request.path = std::string(kHelloPath);
  request.query = {{"report", master.substr(0, colon)}, {"digest", colon == master.size() ? "" : master.substr(colon + 1)}};
  return request;
}

void greet(const HostPaths& paths, const std::string& master, const Clock& clock, int to) {
  const DaemonSettings settings = read_settings(paths);
  const bool everywhere = settings.listen.address == "::" || settings.listen.address == "0.0.0.0";
  ClientOptions options{.host = everywhere ? "127.0.0.1" : settings.listen.address, .port = settings.listen.port};
  options.tls = load_host_tls(paths.daemon_state(), read_pinned_delegation(paths, settings).authority_pem);
  options.expected = read_host_id(paths);
  const HttpResponse answer = HttpClient(std::move(options), clock).send(request_of(master), SendOptions{.limit = kLimit, .response_max = kWordsMax}).value();
  write_all(to, answer.body).value();
}

}  // namespace

OwnHello::OwnHello(const HostPaths& paths, const std::string& master, const Clock& clock) : deadline_(clock, kLimit) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  from_.reset(ends[0]);
  const Descriptor to(ends[1]);
  process_ = ::fork();
  if (process_ != 0) return;
  const bool done = leave_streams() && become_daemon(paths) && caught([&] { greet(paths, master, clock, to.get()); });
  ::_exit(done ? 0 : kFailed);
}

OwnHello::~OwnHello() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

std::string OwnHello::words() {
  std::string words(kWordsMax, '\0');
  size_t length = 0;
  while (process_ > 0 && length < words.size()) {
    pollfd ready{from_.get(), POLLIN, 0};
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(deadline_.left()).count();
    if (::poll(&ready, 1, static_cast<int>(milliseconds)) <= 0) return "";
    const ssize_t count = ::read(from_.get(), words.data() + length, words.size() - length);
    if (count < 0) return "";
    if (count == 0) break;
    length += static_cast<size_t>(count);
  }
  words.resize(length);
  const bool is_line = std::none_of(words.begin(), words.end(), [](unsigned char each) { return each < ' '; });
  return is_line && length < kWordsMax ? words : "";
}

}  // namespace sparekeep::daemon
