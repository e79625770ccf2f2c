#include "installer/install/spoken.h"

#include <algorithm>

#include "installer/install/text_diff.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/config/toml.h"

namespace sparekeep::central {

namespace {

std::string paths_of(const std::vector<DesiredFile>& files) {
  std::vector<std::string> paths;
  for (const DesiredFile& file : files) paths.push_back(file.path);
  return joined(paths, ", ");
}

}  // namespace

// "release 0.1.0-b after 0.1.0-a"; of one that is there already, what is placed anew.
std::string release_of(const Plan& plan, const std::string& before) {
  const std::string name = "release " + plan.release;
  if (plan.switches && !before.empty()) return name + " after " + before;
  return plan.switches || plan.programs.empty() ? name : name + ": " + paths_of(plan.programs);
}

std::string program_names(const std::vector<Service>& services) {
  std::vector<std::string> names;
  for (const Service& service : services) names.emplace_back(service.program);
  return joined(names, ", ");
}

std::string users_and_folders_of(const Plan& plan) {
  std::vector<std::string> names = plan.users;
  for (const UserMend& mend : plan.mends) names.push_back(mend.name + " (" + joined(mend.wrong, ", ") + ")");
  for (const DesiredFolder& folder : plan.folders) names.push_back(folder.path);
  for (const DesiredFolder& key : plan.keys) names.push_back(key.path);
  return joined(names, ", ");
}

std::string settings_of(const Plan& plan) {
  std::vector<std::string> names;
  for (const DesiredFile& file : plan.settings) names.push_back(file.path);
  for (const std::string& path : plan.leftovers) names.push_back(path + " removed");
  return joined(names, ", ");
}

std::string units_of(const Plan& plan) {
  std::vector<std::string> names;
  for (const DesiredFile& unit : plan.units) names.push_back(Path(unit.path).filename());
  for (const std::string& unit : plan.links)
    if (std::find(names.begin(), names.end(), unit) == names.end()) names.push_back(unit + " enabled");
  for (const std::string& socket : plan.sockets)
    if (std::find(names.begin(), names.end(), socket) == names.end()) names.push_back(socket + " started");
  if (names.empty() && plan.reload) names.emplace_back("read anew");
  for (const std::string& unit : plan.strays) names.push_back(unit + " removed");
  return joined(names, ", ");
}

namespace {

// "[Service]", "ExecStart=...", a comment or nothing: no line of a key, a certificate or of /etc/shadow is.
bool is_unit_line(const std::string& line) {
  if (line.empty() || line[0] == '#' || line[0] == ';' || (line[0] == '[' && line.back() == ']')) return true;
  const std::string name = line.substr(0, std::min(line.find('='), line.size()));
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return name.size() < line.size() && !name.empty() && name[0] >= 'A' && name[0] <= 'Z' && std::all_of(name.begin(), name.end(), is_letter);
}

bool is_configuration(const DesiredFile& file, const std::string& text) {
  if (text.find("-----BEGIN") != std::string::npos) return false;
  if (file.path == kHostIdFile) return HostId::parse(text.substr(0, text.find('\n'))).has_value();
  if (!file.is_unit()) return parse_toml(text, file.path).has_value();
  const std::vector<std::string> lines = split_text(text, '\n');
  return std::all_of(lines.begin(), lines.end(), is_unit_line);
}

}  // namespace

std::string difference_of(const std::string& host, const HostFacts& facts, const DesiredFile& file, Supervision supervision) {
  const std::string name = host + ":" + file.path, head = "--- " + name + "\n+++ " + name + "\n";
  const auto fact = facts.files.find(file.path);
  const auto text = facts.texts.find(file.path);
  if (fact == facts.files.end()) return text_diff(name, "", std::string(as_text(file.content)));
  const FileFact& there = fact->second;
  if (there.type != 'f' || there.mode != file.mode || (supervision != Supervision::folder && there.owner != "root:root"))
    return head + " what stands there is no plain file of root with the mode 644: its text is not shown\n";
  if (text == facts.texts.end() || !is_configuration(file, text->second)) return head + " what stands there is no configuration: its text is not shown\n";
  return text_diff(name, text->second, std::string(as_text(file.content)));
}

namespace {

std::string clock_text(Duration ahead) {
  const Duration apart = ahead < Duration(0) ? -ahead : ahead;
  return apart < std::chrono::seconds(2) ? "as here" : format_duration(apart) + (ahead > Duration(0) ? " ahead" : " behind");
}

std::string or_none(const std::string& text) { return text.empty() ? "none" : text; }

}  // namespace

std::string facts_text(const Host& host, const HostFacts& facts, Time now) {
  std::vector<std::string> parts{"uid " + std::to_string(facts.uid), printable(facts.architecture), "libc " + or_none(printable(facts.glibc)),
                                 "process 1 " + or_none(printable(facts.init)), "clock " + clock_text(facts.now - now)};
  for (const auto& [folder, bytes] : facts.free_bytes) parts.push_back(format_size(bytes) + " free at " + folder);
  const std::optional<HostId> id = facts.host_id();
  parts.push_back("id " + (id ? id->hex() : "none"));
  parts.push_back("release " + or_none(printable(facts.current_release())) + ", before it " + or_none(printable(facts.previous_release())));
  for (const auto& [program, process] : facts.processes) parts.push_back(program + " runs with pid " + std::to_string(process.pid));
  for (const auto& [name, user] : facts.users) parts.push_back("user " + name + " uid " + std::to_string(user.uid));
  for (const auto& [name, unit] : facts.units)
    for (const DropIn& drop_in : unit.drop_ins) parts.push_back(printable(drop_in.file) + " sets " + printable(drop_in.setting));
  if (host.has_role(HostRole::storage)) parts.push_back(facts.has_marker ? "storage folder of " + printable(facts.marker) : std::string("no storage folder"));
  return joined(parts, ", ");
}

std::string plan_text(const Plan& plan, const Host& host, const HostFacts& facts) {
  std::vector<std::string> parts;
  const auto add = [&](std::string_view what, const std::string& text) {
    if (!text.empty()) parts.push_back(std::string(what) + " " + text);
  };
  add("users and folders", users_and_folders_of(plan));
  if (!plan.programs.empty() || plan.switches || plan.proves || plan.tidies) add("programs", release_of(plan, facts.current_release()));
  if (plan.make_storage) add("storage", host.storage.path);
  add("certificates", program_names(plan.certificates));
  add("configuration", settings_of(plan));
  add("units", units_of(plan));
  add("start", program_names(plan.starts));
  add("settings taken up by", program_names(plan.rereads));
  return parts.empty() ? "nothing" : joined(parts, "; ");
}

}  // namespace sparekeep::central
