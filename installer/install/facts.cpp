#include "installer/install/facts.h"

#include <algorithm>
#include <charconv>

#include "lib/base/text.h"
#include "lib/config/toml.h"

namespace sparekeep::central {

namespace {

constexpr size_t kFactsMax = 2048;                 // a host has some hundred; each line of a file's content is none
constexpr size_t kStampMax = 128;                  // five numbers and the dots between them
constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kSecondsMax = INT64_MAX / kSecond - 1;   // of a file; before 1970 as many
constexpr int64_t kNowMax = kSecondsMax / 2;       // of the host's clock, in the year 2116: its difference to ours is a number, too

template <typename Number>
std::optional<Number> number_from(std::string_view text, int base = 10) {
  Number number{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "1763851234.1234567890", as find says it, in nanoseconds.
std::optional<int64_t> moment_from(std::string_view text) {
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos || text.size() - dot < 10) return std::nullopt;
  const std::optional<int64_t> seconds = number_from<int64_t>(text.substr(0, dot));
  const std::optional<int64_t> rest = number_from<int64_t>(text.substr(dot + 1, 9));
  if (!seconds || !rest || *rest < 0 || *seconds > kSecondsMax || *seconds < -kSecondsMax) return std::nullopt;
  return *seconds * kSecond + *rest;
}

// "./etc/x" of the script is "/etc/x" of the host, and so is "./etc/x/.": the folder that a symlink leads to.
std::string absolute(std::string_view path) {
  if (path.ends_with("/.")) path.remove_suffix(2);
  return std::string(path.starts_with("./") ? path.substr(1) : path);
}

class FactsReader {
 public:
  explicit FactsReader(const Host& host) : host_(host) {}

  Result<HostFacts> read(std::string_view document) {
    size_t facts = 0;
    for (const std::string& line : split_text(document, '\n')) {
      if (line == "end") return finish();
      if (!line.starts_with('|') && ++facts > kFactsMax)
        return Error(ErrorKind::corrupt, "it tells more than " + std::to_string(kFactsMax) + " facts about itself; expected some hundred; look for very long " +
                                             "drop-ins of its sparekeep units and for many folders in " + std::string(kReleasesFolder));
      if (line.empty()) end_unit();
      else if (!take(line)) return Error(ErrorKind::corrupt, "no fact about a host: " + in_quotes(line));
    }
    return Error(ErrorKind::corrupt, "the facts about a host do not end with 'end'");
  }

 private:
  bool take(const std::string& line) {
    if (line[0] == '|') return take_text_line(line);
    if (line.starts_with("path ")) return take_path(line);
    if (line.starts_with("user ")) return take_user(line);
    if (line.starts_with("groups ")) return take_groups(line);
    if (line.starts_with("stamp ")) return take_stamp(split_text(line, ' '));
    if (line.starts_with("fixed ")) return take_fixed(line.substr(line.find(' ') + 1));
    if (line.starts_with("taken ")) return take_port(line);
    if (line.starts_with("DropInPaths=")) return true;
    if (line.starts_with("hello ")) return take_hello(line.substr(line.find(' ') + 1));
    if (line.starts_with("marker ")) return take_marker(line.substr(line.find(' ') + 1));
    const std::vector<std::string> words = split_text(line, ' ');
    if (words.size() == 3 && words[0].size() == 64 && words[1].empty()) return take_digest(words[0], absolute(words[2]));
    if (words.size() == 1) return take_word(line);
    if (words.size() == 2) return take_pair(words[0], words[1]);
    if (words[0] == "free") return take_free(words);
    if (words[0] == "sets" && words.size() == 3) return take_drop_in({.file = words[2], .setting = words[1]});
    return words[0] == "process" && words.size() == 4 && take_process(words);
  }

  bool take_text_line(const std::string& line) {
    if (!text_) return false;
    text_->append(line, 1).push_back('\n');
    return true;
  }

  bool take_path(const std::string& line) {
    const std::vector<std::string> words = split_text(line, ' ');
    const size_t bar = line.rfind('|');
    if (words.size() < 6 || words[1].size() != 1 || bar == std::string::npos) return false;
    const std::optional<unsigned> mode = number_from<unsigned>(words[2], 8);
    const std::vector<std::string> owner = split_text(words[3], ':');
    const std::optional<int64_t> changed = moment_from(words[4]);
    size_t head = 0;
    for (size_t i = 0; i < 5; ++i) head += words[i].size() + 1;
    if (!mode || !changed || bar < head || owner.size() != 3) return false;
    facts_.files[absolute(line.substr(head, bar - head))] = {.type = words[1][0], .mode = *mode, .owner = owner[0] + ":" + owner[1],
                                                             .uid = number_from<unsigned>(owner[2]), .changed_nanoseconds = *changed, .target = line.substr(bar + 1)};
    return true;
  }

  // "user sparekeepd 998 998 /nonexistent|/usr/sbin/nologin"
  bool take_user(const std::string& line) {
    const std::vector<std::string> words = split_text(line, ' ');
    const size_t bar = line.rfind('|');
    if (words.size() < 5 || bar == std::string::npos) return false;
    const std::optional<unsigned> uid = number_from<unsigned>(words[2]), gid = number_from<unsigned>(words[3]);
    const size_t head = words[0].size() + words[1].size() + words[2].size() + words[3].size() + 4;
    if (!uid || !gid || bar < head) return false;
    facts_.users[words[1]] = {.uid = *uid, .gid = *gid, .home = line.substr(head, bar - head), .shell = line.substr(bar + 1)};
    return true;
  }

  bool take_groups(const std::string& line) {
    const std::vector<std::string> words = split_text(line, ' ');
    const auto user = facts_.users.find(words[1]);
    if (user == facts_.users.end()) return false;
    for (size_t i = 2; i < words.size(); ++i)
      if (!words[i].empty()) user->second.groups.push_back(words[i]);
    return true;
  }

  // The first line of a file that anybody may have written.
  bool take_marker(const std::string& text) {
    facts_.has_marker = true, facts_.marker = text;
    return true;
  }

  bool take_hello(const std::string& text) {
    facts_.hello = text;
    return true;
  }

  bool take_password(const std::string& name) {
    const auto user = facts_.users.find(name);
    if (user != facts_.users.end()) user->second.has_password = true;
    return user != facts_.users.end();
  }

  bool take_digest(const std::string& text, const std::string& path) {
    const Result<Digest> digest = Digest::parse(text);
    if (!digest) return false;
    if (path == "/etc/machine-id") facts_.machine = MachineId::parse(std::string_view(text).substr(0, 32)).value();
    else facts_.files[path].digest = *digest;
    return true;
  }

  bool take_recipient(const std::string& text) {
    const Result<RecipientKey> key = RecipientKey::parse(text);
    if (key) facts_.recipient = *key;
    return key.has_value();
  }

  bool take_stamp(const std::vector<std::string>& words) {
    const bool is_stamp = words.size() == 3 && words[1].size() <= kStampMax && words[1].find_first_not_of("-.0123456789") == std::string::npos;
    if (is_stamp) facts_.files[absolute(words[2])].stamp = words[1];
    return is_stamp;
  }

  bool take_word(const std::string& word) {
    if (word == "stored") facts_.has_stored = true;
    else if (word == "strangers") facts_.has_strangers = true;
    else return take_unit_line(word);
    return true;
  }

  // "ActiveState=active": systemd's own order of keys; an empty line or the end ends a unit.
  bool take_unit_line(const std::string& line) {
    const size_t equals = line.find('=');
    if (equals == std::string::npos) return false;
    const std::string key = line.substr(0, equals), value = line.substr(equals + 1);
    if (key == "Id") unit_name_ = value;
    if (key == "LoadState") unit_.load = value;
    if (key == "ActiveState") unit_.state = value;
    if (key == "MainPID") unit_.pid = number_from<int64_t>(value).value_or(0);
    if (key == "NeedDaemonReload") unit_.stale = value == "yes";
    return key == "Id" || key == "LoadState" || key == "ActiveState" || key == "MainPID" || key == "NeedDaemonReload";
  }

  void end_unit() {
    if (!unit_name_.empty()) facts_.units[unit_name_] = unit_;
    unit_name_.clear(), unit_ = {};
  }

  bool take_pair(const std::string& key, const std::string& value) {
    const std::optional<int64_t> number = number_from<int64_t>(value);
    if (key == "text") *(text_ = &facts_.texts[absolute(value)]) = "";
    else if (key == "told") facts_.told_by = value;
    else if (key == "arch") facts_.architecture = value;
    else if (key == "glibc") facts_.glibc = value;
    else if (key == "init") facts_.init = value;
    else if (key == "password") return take_password(value);
    else if (key == "recipient") return take_recipient(value);
    else if (key == "left") facts_.leftovers.insert(absolute(value));
    else if (key == "nokey") facts_.lost_keys.insert(absolute(value));
    else if (key == "readonly") facts_.read_only.insert(value);
    else if (key == "noexec") facts_.noexec = value;
    else if (key == "uid" && number) facts_.uid = static_cast<unsigned>(*number);
    else if (key == "now" && number && *number >= 0 && *number <= kNowMax) facts_.now = Time{*number * kSecond};
    else return false;
    return true;
  }

  // "free /etc/sparekeep 52100 65536 4711": KiB, inodes and how many of them are free; some file systems have no such number.
  bool take_free(const std::vector<std::string>& words) {
    const std::optional<uint64_t> kibibytes = words.size() == 5 ? number_from<uint64_t>(words[2]) : std::nullopt;
    if (!kibibytes || *kibibytes > UINT64_MAX / 1024) return false;
    facts_.free_bytes[words[1]] = *kibibytes * 1024;
    const std::optional<uint64_t> inodes = number_from<uint64_t>(words[3]), left = number_from<uint64_t>(words[4]);
    if (inodes && left && *inodes > 0) facts_.free_inodes[words[1]] = *left;
    return true;
  }

  bool take_drop_in(const DropIn& drop_in) {
    const auto same = [&](const DropIn& each) { return each.file == drop_in.file && each.setting == drop_in.setting; };
    if (std::none_of(unit_.drop_ins.begin(), unit_.drop_ins.end(), same)) unit_.drop_ins.push_back(drop_in);
    return true;
  }

  bool take_fixed(const std::string& path) {
    facts_.fixed.insert(absolute(path));
    return true;
  }

  bool take_port(const std::string& line) {
    const std::vector<std::string> words = split_text(line, ' ');
    const std::optional<int64_t> pid = words.size() > 2 ? number_from<int64_t>(words[1]) : std::nullopt;
    if (pid) facts_.port_taker = {.pid = *pid, .program = line.substr(words[0].size() + words[1].size() + 2)};
    return pid.has_value();
  }

  bool take_process(const std::vector<std::string>& words) {
    const std::optional<int64_t> pid = number_from<int64_t>(words[2]);
    if (pid) facts_.processes[words[1]] = {.pid = *pid, .replaced = words[3] == "replaced", .stopped = words[3] == "stopped"};
    return pid.has_value();
  }

  // A process serves since its pid file was written.
  HostFacts finish() {
    end_unit();
    for (auto& [program, process] : facts_.processes) process.since_nanoseconds = facts_.files[pid_file(host_, program)].changed_nanoseconds;
    return std::move(facts_);
  }

  const Host& host_;
  HostFacts facts_;
  std::string* text_ = nullptr;                    // of the file whose lines come
  std::string unit_name_;
  UnitFact unit_;                                  // whose lines come
};

}  // namespace

Result<HostFacts> parse_facts(const Host& host, std::string_view document) { return FactsReader(host).read(document); }

Supervision supervision_of(const Host& host, const HostFacts& facts) {
  if (host.is_local()) return Supervision::folder;
  const Supervise wanted = host.supervise.value_or(facts.init == "systemd" ? Supervise::systemd : Supervise::process);
  return wanted == Supervise::systemd ? Supervision::systemd : Supervision::process;
}

std::optional<HostId> HostFacts::host_id() const {
  const auto found = texts.find(std::string(kHostIdFile));
  const auto file = files.find(std::string(kHostIdFile));
  if (found == texts.end() || (file != files.end() && file->second.type == 'l')) return std::nullopt;      // a link may lead where its programs cannot read
  const Result<HostId> id = HostId::parse(found->second.substr(0, found->second.find('\n')));
  return id ? std::optional(*id) : std::nullopt;
}

namespace {

std::string release_behind(const HostFacts& facts, std::string_view link) {
  constexpr std::string_view kHead = "releases/";
  const auto found = facts.files.find(std::string(link));
  if (found == facts.files.end() || found->second.type != 'l' || !found->second.target.starts_with(kHead)) return "";
  return found->second.target.substr(kHead.size());
}

}  // namespace

std::string HostFacts::current_release() const { return release_behind(*this, kCurrentLink); }
std::string HostFacts::previous_release() const { return release_behind(*this, kPreviousLink); }

std::string HostFacts::root_key() const {
  for (const Service& service : {kDaemonService, kAgentService}) {
    const auto found = texts.find(std::string(service.settings));
    const Result<ConfigTable> table = found == texts.end() ? Result<ConfigTable>(ConfigTable()) : parse_toml(found->second, service.settings);
    const ConfigValue* key = table ? table->find("root_key") : nullptr;
    if (key && key->text()) return *key->text();
  }
  return "";
}

std::string HostFacts::storage_path() const {
  const auto found = texts.find(std::string(kDaemonService.settings));
  const Result<ConfigTable> table = found == texts.end() ? Result<ConfigTable>(ConfigTable()) : parse_toml(found->second, kDaemonService.settings);
  const ConfigValue* storage = table ? table->find("storage") : nullptr;
  const ConfigValue* path = storage && storage->table() ? storage->table()->find("path") : nullptr;
  return path && path->text() ? *path->text() : "";
}

std::optional<uint16_t> HostFacts::daemon_port() const {
  const auto found = texts.find(std::string(kDaemonService.settings));
  if (found == texts.end()) return std::nullopt;
  const Result<ConfigTable> table = parse_toml(found->second, kDaemonService.settings);
  const ConfigValue* listen = table ? table->find("listen") : nullptr;
  const ConfigValue* port = listen && listen->table() ? listen->table()->find("port") : nullptr;
  if (!port || !port->integer() || *port->integer() < 1 || *port->integer() > UINT16_MAX) return std::nullopt;
  return static_cast<uint16_t>(*port->integer());
}

}  // namespace sparekeep::central
