// The agent without rights and the two units with them, as on a real host: backups read by a user that has CAP_DAC_READ_SEARCH alone, restores and
// hooks by one process an order that root's units would start. Only root can play all of these.
#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <thread>

#include "agent/backup/local_vault.h"
#include "agent/privileged/unit_client.h"
#include "agent/restore/beneath.h"
#include "inventory/master/master_keeper.h"
#include "lib/host/host_identity.h"
#include "lib/wire/json.h"
#include "test/chain/test_daemons.h"
#include "test/support/awkward_tree.h"
#include "test/support/catch.h"
#include "test/support/tree_compare.h"
#include "test/unit/agent/privileged/unit_host.h"

using namespace sparekeep;
using namespace sparekeep::agent;

namespace {

constexpr uid_t kAgent = 65534, kStranger = 65533;
constexpr Duration kPatience = std::chrono::seconds(120);

void need_root() {
  if (::geteuid() == 0) return;
  std::cout << "skipped: only root can be the agent and the units at once\n" << std::flush;
  std::exit(77);
}

void own(const Path& path) {
  if (::chown(path.c_str(), kAgent, kAgent) != 0) throw system_error("chown", errno);
}

// The socket of one unit: for each connection the program is started with it as standard input, as Accept=yes does.
class SocketUnit {
 public:
  SocketUnit(const Path& socket, Path root, std::string command) : root_(std::move(root)), command_(std::move(command)) {
    make_folders(socket.parent_path()).value();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket.native().copy(address.sun_path, sizeof address.sun_path - 1);
    listening_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(listening_.get(), 5) != 0)
      throw system_error("listening", errno);
    ::chmod(socket.c_str(), 0666);                     // so that the unit itself has to refuse strangers
    thread_ = std::thread([this] { accept(); });
  }
  ~SocketUnit() {
    ::shutdown(listening_.get(), SHUT_RDWR);
    thread_.join();
    for (const pid_t child : started_) ::waitpid(child, nullptr, 0);
  }

 private:
  void accept() {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "sparekeep-agent";
    while (true) {
      const Descriptor connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!connection) return;
      const pid_t child = ::fork();
      if (child == 0) {
        ::dup2(connection.get(), STDIN_FILENO);
        ::execl(program.c_str(), program.c_str(), "--root", root_.c_str(), command_.c_str(), nullptr);
        ::_exit(127);
      }
      started_.push_back(child);
    }
  }

  const Path root_;
  const std::string command_;
  Descriptor listening_;
  std::vector<pid_t> started_;
  std::thread thread_;
};

// Runs `work` in a process of that user and gives the text that it returns.
std::string as_user(uid_t uid, const std::function<std::string()>& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw system_error("pipe", errno);
  Descriptor from(ends[0]), to(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string text = "cannot become the user";
    if (::setgroups(0, nullptr) == 0 && ::setresgid(uid, uid, uid) == 0 && ::setresuid(uid, uid, uid) == 0) try {
        text = work();
      } catch (const Error& error) {
        text = error.text();
      }
    static_cast<void>(write_all(to.get(), as_bytes(text)));
    ::_exit(0);
  }
  to.reset();
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(from.get(), buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(got));
  ::waitpid(child, nullptr, 0);
  return text;
}

class World {
 public:
  World() : random_(7), authority_(random_), host_(authority_pem()) {
    const Path state = host_.paths().agent_state();
    for (int i = 0; i < 3; ++i) daemons_.push_back(std::make_unique<TestDaemon>("store" + std::to_string(i + 1), authority_, random_, system_clock()));
    static_cast<void>(make_recipient_key(state, random_));
    const Secret key = make_tls_key_file(state, random_);
    write(state / kTlsCertificateName, as_bytes(authority_.certificate(key, host_.self, {Role::agent})));
    write_master();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(state)) own(entry.path());
    restores_.emplace(host_.paths().restore_socket(), host_.paths().root, "restore-order");
    hooks_.emplace(host_.paths().hook_socket(), host_.paths().root, "hook-order");
  }

  Order backup_order(const Path& source) {
    Order order = host_.order("backup");
    order.job = random_.id<JobId>(), order.backup.paths = {source.native()}, order.backup.data = 1, order.backup.parity = 1, order.backup.compression = "zstd:1";
    return order;
  }
  Order restore_order(const std::string& snapshot, const Path& source, const Path& target) {
    Order order = host_.order("restore");
    const LocalVault vault = LocalVault::open(host_.paths().agent_state()).value();
    order.restore.vault = vault.descriptor().vault, order.restore.snapshot = SnapshotId::parse(snapshot).value();
    order.restore.path = source.native(), order.restore.target = target.native();
    return order;
  }
  // `sparekeep-agent backup --order FILE` as the agent's user with one capability; gives what it prints.
  std::string back_up(const Order& order) {
    const Path file = host_.paths().root / "order.json";
    write(file, as_bytes(to_json(host_.sign(order))));
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "sparekeep-agent";
    const std::string line = "setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all,+dac_read_search --inh-caps=-all,+dac_read_search "
                             "--ambient-caps=-all,+dac_read_search " + program + " --json --root " + host_.paths().root.native() + " backup --order " + file.native();
    return as_user(0, [&] { return output_of(line); });
  }
  std::string restore(const Order& order, uid_t uid = kAgent) {
    const SignedOrder signed_order = host_.sign(order);
    return as_user(uid, [&] {
      size_t told = 0;
      const RunHooks hooks{[&](const RunProgress&) { ++told; }, {}};
      const RunResult result = UnitClient(host_.paths(), signed_order, system_clock()).restore(hooks);
      std::string text = result.state + " changed " + std::to_string(result.changed);
      for (const RunError& error : result.errors) text += "\n" + error.path + ": " + error.text;
      for (const std::string& warning : result.warnings) text += "\n" + warning;
      return text;
    });
  }
  UnitHost& host() { return host_; }

 private:
  static void write(const Path& file, ByteSpan bytes) { write_durably(file, bytes).value(); }
  std::string authority_pem() { return authority_.certificate_pem(); }
  static std::string output_of(const std::string& line) {
    int ends[2];
    if (::pipe2(ends, 0) != 0) throw system_error("pipe", errno);
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(ends[1], STDOUT_FILENO), ::dup2(ends[1], STDERR_FILENO);
      ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(got));
    ::waitpid(child, nullptr, 0);
    return text;
  }
  void write_master() {
    std::vector<StorageSystem> systems;
    for (const auto& daemon : daemons_) {
      StorageSystem system = host_.trust.system("store", "", 10ull << 30);
      system.id = daemon->host(), system.name = "store" + std::to_string(systems.size() + 1), system.address = "127.0.0.1", system.port = daemon->port();
      systems.push_back(system);
    }
    write(host_.paths().agent_state() / kMasterFileName, host_.trust.master(1, systems).object);
  }

  SeededRandom random_;
  TestAuthority authority_;
  UnitHost host_;
  std::vector<std::unique_ptr<TestDaemon>> daemons_;
  std::optional<SocketUnit> restores_, hooks_;
};

std::string snapshot_in(const std::string& json) {
  const Result<RunResult> result = from_json<RunResult>(json.substr(json.find('{'), json.find('\n', json.find('{')) - json.find('{')));
  INFO(json);
  REQUIRE(result);
  CHECK(result->state == "complete");
  CHECK(result->errors.empty());
  return result->snapshot;
}

struct Tree : TemporaryFolder {
  Tree() { ::chmod(path().c_str(), 0700); }
  ~Tree() { clear_tree(path()); }
};

}  // namespace

TEST_CASE("files of root that an unprivileged agent backed up come back equal by the unit, hooks run as their users, a copy of the order does nothing") {
  need_root();
  World world;
  const Tree source, target;
  build_awkward_tree(source.path());
  const Path trace = world.host().paths().root / "trace";
  Order backup = world.backup_order(source.path());
  backup.backup.before = {{"id -un >> " + trace.native(), ""}};
  backup.backup.after = {{"id -un > " + trace.native() + ".after", "nobody"}};
  write_durably(trace.native() + ".after", as_bytes("")).value();
  own(trace.native() + ".after");
  const std::string snapshot = snapshot_in(world.back_up(backup));
  CHECK(read_text(trace, 100).value() == "root\n");
  CHECK(read_text(trace.native() + ".after", 100).value() == "nobody\n");

  const Order restore = world.restore_order(snapshot, source.path(), target.path());
  const std::string said = world.restore(restore);
  CHECK(said.starts_with("complete changed "));
  INFO(said);
  TreeCompareOptions options;
  options.privileged_attributes = false;               // trusted.* is not seen by an agent that is not root
  CHECK(compare_trees(source.path(), target.path(), options) == std::vector<std::string>());
  CHECK(world.restore(restore) == said);               // given again, as after a kill of the agent: the same answer, and nothing is done
  CHECK(world.restore(world.restore_order(snapshot, source.path(), target.path())) == "complete changed 0");
}

TEST_CASE("strangers, forged orders and links on the way of an unsigned one get nowhere") {
  need_root();
  World world;
  const Tree source, target;
  std::ofstream(source / "file") << "content\n";
  const std::string snapshot = snapshot_in(world.back_up(world.backup_order(source.path())));
  const Order order = world.restore_order(snapshot, source.path(), target.path());
  CHECK(world.restore(order, kStranger) == "user 65533 is neither root nor the agent");
  SignedOrder forged = world.host().sign(order);
  forged.signature[0] = forged.signature[0] == '0' ? '1' : '0';
  const auto by_agent = [&](const SignedOrder& signed_order) {
    return as_user(kAgent, [&] { return UnitClient(world.host().paths(), signed_order, system_clock()).restore({}).state; });
  };
  CHECK(by_agent(forged) == "the order's signature does not fit its text");
  CHECK(std::filesystem::is_empty(target.path()));

  const Path allowed = world.host().paths().root / "allowed";
  make_folders(allowed).value();
  REQUIRE(::symlink(target.path().c_str(), (allowed / "link").c_str()) == 0);
  CHECK(by_agent(UnitHost::unsign(world.restore_order(snapshot, source.path(), allowed / "link/in"))) ==
        "the target '" + (allowed / "link/in").native() + "': 'link'" + kNotThroughIt);
  CHECK(by_agent(UnitHost::unsign(world.restore_order(snapshot, source.path(), allowed / "new/folder"))) == "complete");
  CHECK(read_text(allowed / "new/folder/file", 100).value() == "content\n");
  CHECK(std::filesystem::is_empty(target.path()));
}

TEST_CASE("a caller that goes ends its restore, which leaves nothing half-written and may be begun again") {
  need_root();
  World world;
  const Tree source, target;
  for (int i = 0; i < 400; ++i) std::ofstream(source / ("file" + std::to_string(i))) << std::string(20'000, static_cast<char>('a' + i % 26)) << i;
  const std::string snapshot = snapshot_in(world.back_up(world.backup_order(source.path())));
  const Order order = world.restore_order(snapshot, source.path(), target.path());
  const SignedOrder signed_order = world.host().sign(order);
  const Path entry = world.host().paths().order_register() / (order.run.hex() + ".restore");
  const std::string said = as_user(kAgent, [&] {
    const Deadline moment(system_clock(), std::chrono::milliseconds(300));
    return UnitClient(world.host().paths(), signed_order, system_clock()).restore({{}, [&] { return moment.passed(); }}).state;
  });
  CHECK((said == "the run was stopped; a second one goes on from there" || said == "complete"));   // on a fast machine it was quicker
  const Deadline deadline(system_clock(), kPatience);
  while (!std::filesystem::exists(entry) && !deadline.passed()) system_clock().sleep(std::chrono::milliseconds(20));
  while (!FileLock::acquire(Path(entry.native() + ".lock")) && !deadline.passed()) system_clock().sleep(std::chrono::milliseconds(50));
  CHECK_FALSE(deadline.passed());
  for (const auto& left : std::filesystem::directory_iterator(target.path())) CHECK(left.path().filename().native().starts_with("file"));
  if (said == "complete") return;
  CHECK(world.restore(order).starts_with("complete changed "));
  CHECK(compare_trees(source.path(), target.path()) == std::vector<std::string>());
}

TEST_CASE("a caller that goes ends its hook, too; and without a unit it is said what to do") {
  need_root();
  World world;
  const Path trace = world.host().paths().root / "trace";
  Order order = world.backup_order("/nowhere");
  order.backup.before = {{"echo begun > " + trace.native() + "; sleep 60; echo ended > " + trace.native(), ""}};
  const SignedOrder signed_order = world.host().sign(order);
  const Deadline deadline(system_clock(), kPatience);
  const std::string said = as_user(kAgent, [&] {
    const Stopped begun = [&] { return std::filesystem::exists(trace); };
    return UnitClient(world.host().paths(), signed_order, system_clock()).hooks(kBeforeStep, 1, begun).error().text();
  });
  CHECK(said == "the run was stopped; a second one goes on from there");
  const Path lock = world.host().paths().order_register() / (order.run.hex() + ".before.lock");
  while (!FileLock::acquire(lock) && !deadline.passed()) system_clock().sleep(std::chrono::milliseconds(50));
  CHECK_FALSE(deadline.passed());
  CHECK(read_text(trace, 100).value() == "begun\n");

  std::filesystem::remove(world.host().paths().hook_socket());
  const std::string socket = world.host().paths().hook_socket();
  CHECK(UnitClient(world.host().paths(), signed_order, system_clock()).hooks(kBeforeStep, 1, {}).error().text() ==
        "connecting to '" + socket + "': no such file or directory; sparekeep-hook.socket carries out what needs root: run install on the central, "
        "or systemctl enable --now sparekeep-hook.socket");
}

TEST_CASE("what a command writes comes by the unit, as root or as its user, and is restored as an ordinary file of that user") {
  need_root();
  World world;
  const Tree source, target;
  std::ofstream(source / "file") << "content\n";
  Order backup = world.backup_order(source.path());
  backup.backup.commands = {{"who", "id -un", "nobody"}, {"db.sql", "id -un; head -c 3000000 /dev/zero; echo told >&2", ""}};
  backup.format = order_format(backup.backup);
  const std::string snapshot = snapshot_in(world.back_up(backup));
  CHECK(world.restore(world.restore_order(snapshot, std::string(kCommandsFolder), target.path())).starts_with("complete changed "));
  CHECK(read_text(target / "who", 100).value() == "nobody\n");
  CHECK(read_text(target / "db.sql", 4'000'000).value() == "root\n" + std::string(3'000'000, '\0'));
  struct stat facts {};
  REQUIRE(::stat((target / "who").c_str(), &facts) == 0);
  CHECK((facts.st_uid == kAgent && (facts.st_mode & 07777) == 0600));      // nobody's, which plays the agent here
  REQUIRE(::stat((target / "db.sql").c_str(), &facts) == 0);
  CHECK(facts.st_uid == 0);
}

TEST_CASE("a command that fails by the unit fails the run, and makes no snapshot") {
  need_root();
  World world;
  const Tree source;
  std::ofstream(source / "file") << "content\n";
  Order backup = world.backup_order(source.path());
  backup.backup.commands = {{"db.sql", "head -c 3000000 /dev/zero; echo 'no such database' >&2; exit 3", ""}};
  const std::string said = world.back_up(backup);
  CHECK(said.find("command 'db.sql' exited with 3: no such database") != std::string::npos);
  CHECK(said.find("\"state\":\"failed\",\"snapshot\":\"\"") != std::string::npos);
  INFO(said);
}

TEST_CASE("a signed command may be begun a few times, by its name alone, and ends with who reads it") {
  need_root();
  World world;
  const Path trace = world.host().paths().root / "trace";
  Order order = world.backup_order("/nowhere");
  order.backup.commands = {{"long", "echo begun >> " + trace.native() + "; exec sleep 60", ""}};
  const SignedOrder signed_order = world.host().sign(order);
  const auto begin = [&](const std::string& name) {
    return as_user(kAgent, [&] {
      const Result<StartedCommand> started = UnitClient(world.host().paths(), signed_order, system_clock()).command({name, "touch /evil", ""}, {});
      const Deadline deadline(system_clock(), kPatience);
      while (started && !std::filesystem::exists(trace) && !deadline.passed()) system_clock().sleep(std::chrono::milliseconds(20));
      return started ? std::string("begun") : started.error().text();
    });
  };
  CHECK(begin("other") == "the order has no command 'other'");
  for (int i = 0; i < 4; ++i) CHECK(begin("long") == "begun");             // each waits until the one before has ended
  CHECK(begin("long") == "run " + order.run.hex() + ": its 'command-0' was begun 4 times, and never completed");
}
