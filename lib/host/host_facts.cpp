#include "lib/host/host_facts.h"

#include <fcntl.h>
#include <gnu/libc-version.h>
#include <grp.h>
#include <pwd.h>
#include <shadow.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <map>

#include "lib/base/account_names.h"
#include "lib/base/text.h"
#include "lib/crypt/digest.h"
#include "lib/host/host_identity.h"
#include "lib/host/system_units.h"

namespace sparekeep {

namespace {

constexpr uint64_t kTextMax = 128 << 10, kFileMax = 512ull << 20;
constexpr uint64_t kSmall = 64 << 10;                 // what is as small is read sooner than remembered
constexpr size_t kGroupsMax = 1024;
constexpr int64_t kSecond = 1'000'000'000, kSettled = 2 * kSecond;   // a later change within the same tick of the file system's clock would not show

int64_t nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

bool may_write(const std::string& path) { return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0; }
bool may_read(const std::string& path) { return ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0; }

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? std::optional(status) : std::nullopt;
}

std::optional<struct stat> own_status_of(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 ? std::optional(status) : std::nullopt;
}

bool is_file(const std::string& path) {
  const std::optional<struct stat> status = status_of(path);
  return status && S_ISREG(status->st_mode);
}

std::string link_of(const std::string& path) {
  std::error_code fault;
  return std::filesystem::read_symlink(path, fault).native();
}

char letter_of(mode_t mode) {
  if (S_ISREG(mode)) return 'f';
  if (S_ISDIR(mode)) return 'd';
  if (S_ISLNK(mode)) return 'l';
  if (S_ISSOCK(mode)) return 's';
  if (S_ISFIFO(mode)) return 'p';
  return S_ISCHR(mode) ? 'c' : 'b';
}

// Also of what has no size, as below /proc.
std::string first_line(const std::string& file) {
  char buffer[4096];
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const ssize_t count = descriptor ? ::read(descriptor.get(), buffer, sizeof buffer) : 0;
  const std::string_view text(buffer, count > 0 ? static_cast<size_t>(count) : 0);
  return std::string(text.substr(0, text.find('\n')));
}

// Which file it is, and that nothing of it has changed: the moment of the last change can be set by nobody.
std::string stamp_of(const struct stat& status) {
  std::vector<std::string> numbers;
  for (const auto number : {static_cast<int64_t>(status.st_dev), static_cast<int64_t>(status.st_ino), static_cast<int64_t>(status.st_size), nanoseconds(status.st_mtim),
                            nanoseconds(status.st_ctim)})
    numbers.push_back(std::to_string(number));
  return joined(numbers, ".");
}

// In the folder of shards: a file system's own, and what a cut off write of the marker has left.
bool is_nobody_elses(const std::string& name) { return name == "lost+found" || name.starts_with(".sk-"); }

// Every part throws Unusual where the script has to tell.
struct Unusual {};

class Facts {
 public:
  Facts(const FactsQuestion& question, Time now) : question_(question), now_(now) {}

  std::string tell() {
    machine();
    for (const std::string& place : question_.places) room(place);
    enter_root();
    paths();
    for (const std::string& file : question_.files) digest(file);
    digest_whole("/etc/machine-id");
    for (const std::string& file : question_.texts) text(file);
    storage();
    keys();
    for (const std::string& file : question_.pids) process(file);
    if (!question_.port.empty() && !serves_) throw Unusual();
    for (const std::string& user : question_.users) account(user);
    if (!question_.units.empty() && init_ == "systemd") units();
    for (const pid_t pid : woken_) static_cast<void>(::kill(pid, SIGUSR1));
    return out_;
  }

 private:
  void line(const std::string& text) { out_ += text + "\n"; }
  std::string at(const std::string& path) const { return path.starts_with("./") ? root_ + path.substr(1) : path; }

  void machine() {
    utsname name{};
    if (::uname(&name) != 0) throw Unusual();
    init_ = first_line("/proc/1/comm");
    line("uid " + std::to_string(::geteuid()));
    line(std::string("arch ") + name.machine);
    line("now " + std::to_string(now_.nanoseconds / kSecond));
    line(std::string("glibc ") + ::gnu_get_libc_version());
    line("init " + init_);
  }

  void room(const std::string& place) {
    std::string near = question_.root + place;
    while (!std::filesystem::is_directory(near)) near.resize(near.rfind('/')), near = near.empty() ? "/" : near;
    struct statvfs room{};
    if (!may_write(near) || ::statvfs(near.c_str(), &room) != 0) throw Unusual();
    if ((room.f_flag & ST_NOEXEC) != 0 && place == question_.places[0]) throw Unusual();
    line("free " + place + " " + std::to_string(room.f_bavail * room.f_frsize / 1024) + " " + std::to_string(room.f_files) + " " + std::to_string(room.f_favail));
  }

  void enter_root() {
    std::error_code fault;
    root_ = std::filesystem::canonical(question_.root + "/", fault).native();
    if (fault || (root_ == "/" && !question_.root.empty())) throw Unusual();
    if (root_ == "/") root_.clear();
    programs_ = root_ + "/usr/lib/sparekeep";
  }

  void paths() {
    std::vector<std::string> looked = question_.files;
    for (const std::string& folder : question_.folders) add(folder, looked);
    for (const std::string& path : looked) {
      left(path);
      fixed(path);
    }
    for (const std::string& key : question_.keys) fixed(key);
    fixed("./etc/systemd/system");
    looked.insert(looked.end(), question_.keys.begin(), question_.keys.end());
    looked.insert(looked.end(), question_.pids.begin(), question_.pids.end());
    looked.insert(looked.end(), {"." + question_.storage, "." + question_.storage + "/."});
    for (const std::string& path : looked) path_line(path);
  }

  void add(const std::string& folder, std::vector<std::string>& looked) const {
    if (!folder.ends_with("/*")) return looked.push_back(folder);
    const std::string parent = folder.substr(0, folder.size() - 2);
    const Result<std::vector<std::string>> names = list_folder(at(parent));
    if (!names) return;
    for (const std::string& name : *names) looked.push_back(parent + "/" + name);
  }

  void left(const std::string& path) const {
    if (own_status_of(at(path) + ".new")) throw Unusual();
  }

  void fixed(const std::string& path) const {
    const std::optional<struct stat> status = own_status_of(at(path));
    if (::geteuid() != 0 || !status || S_ISLNK(status->st_mode)) return;
    struct statx more{};
    const bool only_grows = ::statx(AT_FDCWD, at(path).c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &more) == 0 && (more.stx_attributes & STATX_ATTR_APPEND) != 0;
    if (only_grows || !may_write(at(path))) throw Unusual();
  }

  void path_line(const std::string& path) {
    const std::optional<struct stat> status = own_status_of(at(path));
    if (!status) return;
    char mode[16], time[64];
    std::snprintf(mode, sizeof mode, "%o", static_cast<unsigned>(status->st_mode & 07777));
    std::snprintf(time, sizeof time, "%lld.%09ld0", static_cast<long long>(status->st_mtim.tv_sec), status->st_mtim.tv_nsec);
    line(std::string("path ") + letter_of(status->st_mode) + " " + mode + " " + or_number(names_.user_name(status->st_uid), status->st_uid) + ":" +
         or_number(names_.group_name(status->st_gid), status->st_gid) + ":" + std::to_string(status->st_uid) + " " + time + " " + path + "|" + target_of(path));
  }

  // Where root alone can make a link: a service could put a line of its own into it.
  std::string target_of(const std::string& path) const {
    const bool of_unit = path.starts_with("./etc/systemd/system/") && path.find(".wants/sparekeep") != std::string::npos;
    if (path != "./usr/lib/sparekeep/current" && path != "./usr/lib/sparekeep/previous" && !of_unit) return "";
    const std::string target = link_of(at(path));
    return target.find('\n') == std::string::npos ? target : "";
  }

  static std::string or_number(const std::string& name, unsigned number) { return name.empty() ? std::to_string(number) : name; }

  void digest(const std::string& file) {
    const std::optional<struct stat> status = status_of(at(file));
    if (!status || !S_ISREG(status->st_mode)) return;
    if (static_cast<uint64_t>(status->st_size) <= kSmall) return digest_whole(file);
    const std::string stamp = stamp_of(*status);
    const bool known = std::find(question_.known.begin(), question_.known.end(), stamp) != question_.known.end();
    if (!known) digest_whole(file);
    const std::optional<struct stat> after = status_of(at(file));
    const bool settled = nanoseconds(status->st_ctim) + kSettled < now_.nanoseconds;
    if (!after || stamp_of(*after) != stamp) throw Unusual();
    if (known || settled) line("stamp " + stamp + " " + file);
  }

  void digest_whole(const std::string& file) {
    const Result<Bytes> bytes = is_file(at(file)) ? read_file(at(file), kFileMax) : Error(ErrorKind::not_found, "");
    if (bytes) line(sha256(*bytes).hex() + "  " + file);
  }

  void text(const std::string& file) {
    if (!may_read(at(file)) || !is_file(at(file))) return;
    const Result<std::string> text = read_text(at(file), kTextMax);
    if (!text || text->find('\0') != std::string::npos) throw Unusual();
    line("text " + file);
    std::vector<std::string> lines = split_text(*text, '\n');
    if (!lines.empty() && lines.back().empty()) lines.pop_back();
    for (const std::string& each : lines) {
      line("|" + each);
      configured_ = configured_ || (file == "./etc/sparekeep/daemon.toml" && each == "port = " + question_.port);
    }
  }

  void storage() {
    const std::string folder = root_ + question_.storage, marker = folder + "/.sparekeep-storage";
    const Result<std::vector<std::string>> names = list_folder(folder);
    if (is_file(marker)) {
      const std::string whose = first_line(marker);
      if (whose.find_first_of(std::string_view(" \t\\\0", 4)) != std::string::npos) throw Unusual();
      line("marker " + (whose.empty() ? "none" : whose));
    } else if (names && !std::all_of(names->begin(), names->end(), is_nobody_elses)) {
      throw Unusual();
    }
    if (is_file(root_ + "/var/lib/sparekeep/daemon/index.db")) line("stored");
  }

  void keys() {
    for (const std::string& key : question_.keys) {
      const std::optional<struct stat> status = status_of(at(key));
      if (!status || status->st_size == 0) line("nokey " + key);
    }
    const HostPaths paths{root_.empty() ? Path("/") : Path(root_)};
    for (const std::string& state : question_.states) out_ += unusable_keys(paths, paths.below(state.substr(1)));
  }

  void process(const std::string& file) {
    const std::string text = is_file(at(file)) ? first_line(at(file)) : "", name = Path(file).stem();
    char* end = nullptr;
    const long pid = std::strtol(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0' || pid <= 0) return;
    const std::string runs = link_of("/proc/" + text + "/exe"), link = link_of(programs_ + "/current");
    const bool current = runs == programs_ + (link.empty() ? "" : "/" + link) + "/" + name;
    const bool ours = runs.starts_with(programs_ + "/") && (runs.ends_with("/" + name) || runs.ends_with("/" + name + " (deleted)"));
    if (!current && !ours) return;
    const std::string stat = first_line("/proc/" + text + "/stat");
    const size_t end_of_name = stat.rfind(") ");
    if (end_of_name != std::string::npos && (stat[end_of_name + 2] == 'T' || stat[end_of_name + 2] == 't')) throw Unusual();
    line("process " + name + " " + text + (current ? " current" : " replaced"));
    serves_ = serves_ || (name == "sparekeepd" && configured_);
    if (current && std::find(question_.wake.begin(), question_.wake.end(), name) != question_.wake.end()) woken_.push_back(static_cast<pid_t>(pid));
  }

  void account(const std::string& name) {
    const passwd* user = ::getpwnam(name.c_str());
    if (!user) return;
    const std::string id = std::to_string(user->pw_uid) + " " + std::to_string(user->pw_gid);
    line("user " + name + " " + id + " " + user->pw_dir + "|" + user->pw_shell);
    std::vector<gid_t> groups(kGroupsMax);
    int count = kGroupsMax;
    if (::getgrouplist(name.c_str(), user->pw_gid, groups.data(), &count) < 0) throw Unusual();
    std::string names;
    for (int i = 0; i < count; ++i) names += " " + or_number(names_.group_name(groups[static_cast<size_t>(i)]), groups[static_cast<size_t>(i)]);
    line("groups " + name + names);
    const spwd* shadow = ::getspnam(name.c_str());
    if (shadow && shadow->sp_pwdp[0] != '!' && shadow->sp_pwdp[0] != '*') line("password " + name);
  }

  void units() {
    const std::optional<std::vector<SystemUnit>> all = system_units(question_.units);
    if (!all) throw Unusual();
    for (const SystemUnit& unit : *all) {
      if (!unit.drop_ins.empty()) throw Unusual();
      if (unit.name.ends_with(".service")) line("MainPID=" + std::to_string(unit.pid));
      line("Id=" + unit.name + "\nLoadState=" + unit.load + "\nActiveState=" + unit.state + "\nNeedDaemonReload=" + (unit.needs_reload ? "yes" : "no") + "\n");
    }
  }

  const FactsQuestion& question_;
  const Time now_;
  AccountNames names_;
  std::string out_, init_, root_, programs_;
  std::vector<pid_t> woken_;
  bool configured_ = false, serves_ = false;
};

}  // namespace

std::optional<FactsQuestion> facts_question(const std::string& root, const std::vector<std::string>& words) {
  FactsQuestion out{.root = root == "/" ? "" : root};
  const std::map<std::string_view, std::vector<std::string>*> lists{
      {"places", &out.places}, {"files", &out.files}, {"folders", &out.folders}, {"texts", &out.texts}, {"keys", &out.keys}, {"states", &out.states},
      {"pids", &out.pids}, {"users", &out.users}, {"units", &out.units}, {"known", &out.known}, {"wake", &out.wake}};
  for (const std::string& word : words) {
    const size_t equals = std::min(word.find('='), word.size());
    const std::string_view name = std::string_view(word).substr(0, equals);
    const std::string value = equals == word.size() ? "" : word.substr(equals + 1);
    const auto list = lists.find(name);
    if (name == "storage") out.storage = value;
    else if (name == "port") out.port = value;
    else if (list == lists.end()) return std::nullopt;
    else *list->second = split_text(value, ' ');
  }
  for (const auto& [name, list] : lists) std::erase(*list, "");
  return out;
}

std::optional<std::string> facts_document(const FactsQuestion& question, Time now, const MoreFacts& more) {
  try {
    return Facts(question, now).tell() + (more ? more() : "") + "end\n";
  } catch (const Unusual&) {
    return std::nullopt;
  }
}

std::string told_facts(const std::string& root, const std::vector<std::string>& words, Time now, const MoreFacts& more) {
  const std::optional<FactsQuestion> question = facts_question(root, words);
  const std::optional<std::string> document = question ? facts_document(*question, now, more) : std::nullopt;
  if (!document) throw Error(ErrorKind::unsupported, "install's script has to tell");
  return *document;
}

}  // namespace sparekeep
