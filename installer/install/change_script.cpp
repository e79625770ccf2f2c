#include "installer/install/change_script.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "installer/host/host.h"
#include "installer/host/shell_text.h"
#include "installer/install/change_functions.h"
#include "installer/install/release_functions.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

std::string octal(unsigned mode) {
  std::string out;
  for (const int shift : {9, 6, 3, 0}) out += static_cast<char>('0' + ((mode >> shift) & 7));
  return out;
}

std::string words(std::initializer_list<std::string_view> each) {
  std::string out;
  for (const std::string_view word : each) out += (out.empty() ? "" : " ") + shell_quoted(word);
  return out;
}

std::string quoted_words(const std::vector<std::string>& each) {
  std::string out;
  for (const std::string& word : each) out += " " + shell_quoted(word);
  return out;
}

const Service& service_of(std::string_view program) { return program == kDaemonService.program ? kDaemonService : kAgentService; }

std::string_view capability_of(const Service& service) { return service.role == HostRole::backup ? "dac_read_search" : ""; }

std::string start_lines(const std::vector<Service>& services) {
  std::string lines;
  for (const Service& service : services)
    lines += "stop " + shell_quoted(service.program) + "\nstart " + words({service.program, capability_of(service), service.log}) + "\n";
  return lines;
}

std::string start_again_lines(const std::vector<Service>& services) {
  std::string lines;
  for (const Service& service : services)
    lines += "start_again " + words({service.program, capability_of(service), service.log, service.settings}) + "\n";
  return lines;
}

std::string log_lines(const std::vector<Service>& services) {
  std::string lines;
  for (const Service& service : services) lines += "log_of " + words({service.program, service.log}) + "\n";
  return lines;
}

std::vector<std::string> all_sockets() {
  std::vector<std::string> sockets;
  for (const std::string_view order : kPrivilegedOrders) sockets.push_back(socket_unit(order));
  return sockets;
}

std::vector<std::string> units_of(const std::vector<Service>& services, std::vector<std::string> units) {
  for (const Service& service : services) units.push_back(service_unit(service));
  return units;
}

std::string restart_lines(const std::vector<Service>& services, const std::vector<std::string>& sockets, bool reload) {
  const std::vector<std::string> units = units_of(services, sockets);
  std::string lines = reload ? "systemctl daemon-reload\n" : "";
  for (const Service& service : services) lines += "end_strays " + shell_quoted(service.program) + "\n";
  return lines + (units.empty() ? "" : "restart_units" + quoted_words(units) + "\n");
}

}  // namespace

ChangeScript::ChangeScript(const Host& host, Supervision supervision, std::string release)
    : host_(host), supervision_(supervision), release_(std::move(release)) {}

// All of it is one function: a script that came only in part is a syntax error, and nothing of it runs.
std::string ChangeScript::text() const {
  const std::string real = supervision_ == Supervision::folder ? "no" : "yes", systemd = supervision_ == Supervision::systemd ? "yes" : "no";
  return "main() {\nROOT=" + shell_quoted(host_.root) + "\nSTORAGE=" + shell_quoted(host_.storage.path) + "\nREAL=" + real + "\nSYSTEMD=" + systemd +
         "\nRELEASE=" + shell_quoted(release_) + "\nSETTINGS='" + joined(all_settings(), " ") + "'\n" + std::string(kEnterRoot) +
         std::string(kChangeFunctions) + std::string(kReleaseFunctions) + text_ + "}\nmain\n";
}

ChangeScript& ChangeScript::step(std::string_view name) {
  text_ += "echo step " + shell_quoted(name) + "\n";
  return *this;
}

ChangeScript& ChangeScript::of_central(const PublicKey& root) {
  text_ += "of_central " + root.hex() + "\n";
  return *this;
}

ChangeScript& ChangeScript::users(const std::vector<std::string>& names) {
  for (const std::string& name : names) text_ += "user " + words({name, service_of(name).state}) + "\n";
  return *this;
}

ChangeScript& ChangeScript::mend(const std::vector<UserMend>& users) {
  for (const UserMend& user : users) {
    const Service& service = service_of(user.name);
    text_ += "mend_user " + words({user.name, user.stops ? "yes" : "no", capability_of(service), service.log}) + quoted_words(user.options) + "\n";
  }
  return *this;
}

ChangeScript& ChangeScript::folders(const std::vector<Service>& services, const std::vector<DesiredFolder>& wrong) {
  for (const DesiredFolder& folder : wrong) text_ += "folder " + words({octal(folder.mode), folder.user, folder.path}) + "\n";
  if (supervision_ != Supervision::folder) return *this;
  for (const std::string_view path : {kSettingsFolder, kProgramsFolder, kStateFolder}) text_ += "folder " + words({"755", "", path}) + "\n";
  for (const Service& service : services) text_ += "folder " + words({"700", "", service.state}) + "\n";
  text_ += "[ -d \"$ROOT/run\" ] || mkdir -p \"$ROOT/run\"\n";
  return *this;
}

ChangeScript& ChangeScript::keys(const std::vector<DesiredFolder>& wrong) {
  for (const DesiredFolder& key : wrong) text_ += "key " + words({octal(key.mode), key.user, key.path}) + "\n";
  return *this;
}

ChangeScript& ChangeScript::discard(const std::set<std::string>& leftovers) {
  for (const std::string& path : leftovers) text_ += "rm -rf \"$ROOT\"" + shell_quoted(path) + "\n";
  return *this;
}

ChangeScript& ChangeScript::place(const PlacedFile& file) {
  const std::string user = supervision_ == Supervision::folder ? "" : "root";
  const std::string target = "place " + words({octal(file.mode), user, file.path});
  text_ += file.source.empty() ? "text_" + target + " " + shell_format(file.content) + "\n" : target + " < " + shell_quoted(file.source.native()) + "\n";
  return *this;
}

ChangeScript& ChangeScript::unpack(const DesiredFile& file, size_t packed_bytes) {
  text_ += "unpack " + std::to_string(packed_bytes) + " " + words({octal(file.mode), supervision_ == Supervision::folder ? "" : "root", file.path}) + "\n";
  return *this;
}

ChangeScript& ChangeScript::settle() {
  text_ += "settle\n";
  return *this;
}

ChangeScript& ChangeScript::identity(const Service& service, bool prepare_storage) {
  const std::string user = supervision_ == Supervision::folder ? "" : std::string(service.program);
  text_ += std::string("host_id ") + (supervision_ == Supervision::folder ? "''" : "root") + "\n";
  if (prepare_storage) text_ += "[ -d \"$ROOT$STORAGE\" ] || mkdir -p \"$(dirname \"$ROOT$STORAGE\")\"\n";
  for (const std::string& key : private_keys(service)) text_ += "[ -s \"$ROOT\"" + shell_quoted(key) + " ] || rm -f \"$ROOT\"" + shell_quoted(key) + "\n";
  text_ += "answer=$(as_user " + shell_quoted(user) + " \"$ROOT\"" + shell_quoted(release_file(release_, service.program)) + " --root \"${ROOT:-/}\" identity" +
           (prepare_storage ? " --prepare-storage \"$STORAGE\"" : "") + " < /dev/null)\nprintf 'identity %s %s\\n' " + shell_quoted(service.program) +
           " \"$answer\"\n";
  return *this;
}

ChangeScript& ChangeScript::ask_certificates(const std::vector<Service>& services) {
  text_ += "echo " + std::string(kScriptAsks) + "\n";
  for (const Service& service : services)
    text_ += "receive " + words({"644", supervision_ == Supervision::folder ? "" : service.program, certificate_file(service)}) + "\n";
  return *this;
}

ChangeScript& ChangeScript::enable(const std::vector<std::string>& units) {
  for (const std::string& unit : units) text_ += "enable " + words({unit, wants_link(unit)}) + "\n";
  return *this;
}

// For good: what somebody began by hand would make its state again behind it.
ChangeScript& ChangeScript::stop(const std::vector<Service>& services) {
  const std::string how = supervision_ == Supervision::systemd ? "stop_unit " : "stop ";
  for (const Service& service : services) text_ += how + shell_quoted(service.program) + "\nend_strays " + shell_quoted(service.program) + " all\n";
  return *this;
}

ChangeScript& ChangeScript::use_release() {
  text_ += "use_release\n";
  return *this;
}

// What is started, how what ran before is started again, and what they logged: functions, since which of them is called is found out there.
ChangeScript& ChangeScript::start(const std::vector<Service>& services, const std::vector<std::string>& sockets, bool reload) {
  const bool by_systemd = supervision_ == Supervision::systemd;
  std::vector<Service> all = services_of(host_);             // and a daemon of a role that the host has lost
  for (const Service& service : services)
    if (!host_.has_role(service.role)) all.push_back(service);
  const auto function = [&](std::string_view name, const std::string& lines) { text_ += std::string(name) + "() {\n:\n" + lines + "}\n"; };
  function("services", by_systemd ? restart_lines(services, sockets, reload) : start_lines(services));
  function("again", by_systemd ? "restart_those_there" + quoted_words(units_of(all, all_sockets())) + "\n" : start_again_lines(all));
  function("last_words", log_lines(all));
  text_ += "run_services\n";
  return *this;
}

ChangeScript& ChangeScript::reread(const std::vector<Service>& services) {
  const bool by_systemd = supervision_ == Supervision::systemd;
  for (const Service& service : services)
    text_ += "reread " + words({service.program, service.settings}) + " || {\n" + (by_systemd ? restart_lines({service}, {}, false) : start_lines({service})) + "}\n";
  return *this;
}

ChangeScript& ChangeScript::prove() {
  text_ += "prove\n";
  return *this;
}

ChangeScript& ChangeScript::say_logs(const std::vector<Service>& services) {
  text_ += log_lines(services);
  return *this;
}

ChangeScript& ChangeScript::tidy() {
  text_ += "tidy\n";
  return *this;
}

ChangeScript& ChangeScript::disable() { return supervision_ == Supervision::systemd ? remove_units(all_units()) : *this; }

ChangeScript& ChangeScript::stop_units(const std::vector<std::string>& units) {
  if (!units.empty()) text_ += "systemctl stop" + quoted_words(units) + " 2> /dev/null || true\n";
  return *this;
}

ChangeScript& ChangeScript::remove_units(const std::vector<std::string>& units) {
  if (units.empty()) return *this;
  std::string files;
  for (const std::string_view order : kPrivilegedOrders)
    if (std::find(units.begin(), units.end(), socket_unit(order)) != units.end()) files += " " + shell_quoted(socket_file(order));
  std::set<std::string> wants;                     // folders that go where nothing else is enabled in them, as systemctl does it
  for (const std::string& unit : units) {
    files += " " + shell_quoted(unit_file(unit));
    if (unit.find('@') != std::string::npos) continue;
    files += " " + shell_quoted(wants_link(unit));
    wants.insert(shell_quoted(std::filesystem::path(wants_link(unit)).parent_path().native()));
    text_ += "systemctl stop " + shell_quoted(unit) + " 2>/dev/null || true\n";
  }
  text_ += "rm -f" + files + "\n";
  for (const std::string& folder : wants) text_ += "rmdir " + folder + " 2>/dev/null || true\n";
  text_ += "rmdir /run/sparekeep 2>/dev/null || true\n";
  text_ += "[ ! -d /run/systemd/system ] || systemctl daemon-reload\n";
  return *this;
}

ChangeScript& ChangeScript::remove(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) text_ += "rm -f \"$ROOT\"" + shell_quoted(path) + " \"$ROOT\"" + shell_quoted(path + ".new") + "\n";
  text_ += "tidy\nrm -rf \"$LIB/releases\" \"$LIB/current\" \"$LIB/previous\"\n";
  text_ += "rmdir \"$ROOT/usr/lib/sparekeep\" \"$ROOT/etc/sparekeep\" 2>/dev/null || true\n";
  return *this;
}

ChangeScript& ChangeScript::purge() {
  text_ += kPurge;
  return *this;
}

}  // namespace sparekeep::central
