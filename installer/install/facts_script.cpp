#include <algorithm>

#include "installer/host/shell_text.h"
#include "installer/install/facts.h"
#include "lib/base/text.h"

namespace sparekeep::central {

namespace {

// Each process costs a host more than everything else here. Where the release that is to run lies there, one of its programs tells all of this
// (lib/host/host_facts.h), unless something is out of the ordinary; whatever stands there may be another program, so it is named (`told`).
// Else shell functions and one find for all paths do most of it. Where a link leads is told where root alone can make one: whoever has broken into
// a service could have put lines into it, which would be facts. Nothing is read whole that is larger than what install may have written there: what is
// not told is not as it should be, and is replaced.
constexpr std::string_view kAskProgram = R"sh(set -eu
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
for program in $ASKED; do
  [ -x "$ROOT$program" ] || continue
  told=$(timeout -s KILL 10 "$ROOT$program" --root "${ROOT:-/}" facts "places=$PLACES" "files=$FILES" "folders=$FOLDERS" "texts=$TEXTS" "keys=$KEYS" "states=$STATES" \
    "pids=$PIDS" "users=$USERS" "units=$UNITS" "storage=$STORAGE" "port=$PORT" "wake=$WAKE" "known=$KNOWN" ${HELLO:+"hello=$HELLO"} < /dev/null 2> /dev/null) || break
  case $told in uid*end) printf 'told %s\n%s\n' "$program" "$told"; return 0 ;; esac
  break
done
)sh";

constexpr std::string_view kScript = R"sh(uid=$(id -u)
echo "uid $uid"
echo "arch $(uname -m)"
echo "now $(date +%s)"
configured=; serving=
glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
echo "glibc ${glibc#glibc }"
init=; read -r init < /proc/1/comm || true
echo "init $init"
first_line() { # variable file: of its first bytes, since a service may have made it as large as it likes
  line=$(head -c 512 "$2" 2>/dev/null | tr -d '\000')
  eval "$1=\${line%%'
'*}"
}
near() { near=$1; while [ ! -d "$near" ]; do near=${near%/*}; near=${near:-/}; done; }
set --
for path in $PLACES; do near "$ROOT$path"; set -- "$@" "$near"; [ -w "$near" ] || echo "readonly $path"; done
df -k --output=avail,itotal,iavail "$@" | { read -r _; for path in $PLACES; do read -r free inodes left; echo "free $path $free $inodes $left"; done; }
case $(findmnt -n -o OPTIONS -T "$1" 2>/dev/null || true) in *noexec*) echo "noexec $1" ;; esac
if [ -d "$ROOT/" ]; then
  DECLARED=$ROOT
  ROOT=$(cd "$DECLARED/" && pwd -P)
  ROOT=${ROOT%/}
  [ -n "$ROOT" ] || [ -z "$DECLARED" ] || { echo "the root '$DECLARED' is this machine's own '/'; name a folder below it" >&2; exit 1; }
  cd "$ROOT/"
  find $FILES $FOLDERS $KEYS $PIDS ".$STORAGE" ".$STORAGE/." -maxdepth 0 -printf 'path %y %m %u:%g:%U %T@ %p|' \( \( -path ./usr/lib/sparekeep/current -o \
    -path ./usr/lib/sparekeep/previous -o -path './etc/systemd/system/*.wants/sparekeep*' \) ! -lname '*
*' -printf '%l\n' -o -printf '\n' \) 2>/dev/null || true
  digested=$(find -L $FILES -maxdepth 0 -type f -size -524289k 2>/dev/null || true)      # nothing that would have to be waited for, or takes long
  sha256sum -- /etc/machine-id $digested 2>/dev/null || true
  for path in $(find -L $TEXTS -maxdepth 0 -type f -size -129k 2>/dev/null || true); do
    [ -r "$path" ] || continue
    echo "text $path"
    while IFS= read -r line || [ -n "$line" ]; do
      printf '|%s\n' "$line"
      [ "$path $line" != "./etc/sparekeep/daemon.toml port = $PORT" ] || configured=yes
    done < "$path"
  done
  if [ -f ".$STORAGE/.sparekeep-storage" ]; then
    marker=; first_line marker ".$STORAGE/.sparekeep-storage"
    echo "marker ${marker:-none}"
  else
    for path in ".$STORAGE"/* ".$STORAGE"/.[!.]*; do
      case ${path##*/} in lost+found | .sk-*) continue ;; esac       # and what a cut off write of the marker has left
      [ ! -e "$path" ] || { echo strangers; break; }
    done
  fi
  [ ! -f var/lib/sparekeep/daemon/index.db ] || echo stored
  [ "$uid" != 0 ] || for path in $FILES $FOLDERS $KEYS ./etc/systemd/system; do [ -w "$path" ] || [ -L "$path" ] || [ ! -e "$path" ] || echo "fixed $path"; done
  [ "$uid" != 0 ] || lsattr -d $FILES $FOLDERS $KEYS ./etc/systemd/system 2>/dev/null | while read -r flags path; do
    case $flags in *a*) echo "fixed $path" ;; esac
  done || true
  LIB=$ROOT/usr/lib/sparekeep
  link=$(readlink "$LIB/current" || true)
  for path in $FILES $FOLDERS; do [ ! -e "$path.new" ] && [ ! -L "$path.new" ] || echo "left $path.new"; done
  for path in $KEYS; do [ -s "$path" ] || echo "nokey $path"; done
  for program in $PROGRAMS; do
    [ ! -x "$LIB/current/$program" ] || timeout -s KILL 10 "$LIB/current/$program" --root "${ROOT:-/}" identity --check < /dev/null 2>/dev/null || true
  done
  for file in $PIDS; do
    [ -s "$file" ] && first_line pid "$file" || continue
    case $pid in '' | *[!0-9]*) continue ;; esac
    name=${file##*/}; name=${name%.pid}
    case $(readlink "/proc/$pid/exe" || true) in
      "$LIB${link:+/$link}/$name") state=current ;;
      "$LIB/$name" | "$LIB/"*"/$name" | "$LIB/$name (deleted)" | "$LIB/"*"/$name (deleted)") state=replaced ;;
      *) continue ;;
    esac
    stat=; read -r stat < "/proc/$pid/stat" || true
    case ${stat##*) } in T* | t*) state=stopped ;; esac
    echo "process $name $pid $state"
    [ "$name" != sparekeepd ] || serving=$configured
    case "$state $WAKE " in "current "*" $name "*) kill -USR1 "$pid" || true ;; esac
  done
  [ -z "$PORT" ] || [ -n "$serving" ] || ss -ltnp "sport = :$PORT" 2>/dev/null | while read -r state line; do
    [ "$state" = LISTEN ] || continue
    pid=0; name=
    case $line in *'users:(("'*) name=${line#*'users:(("'}; pid=${name#*pid=}; pid=${pid%%[!0-9]*}; name=${name%%'"'*} ;; esac
    case $(readlink "/proc/$pid/exe" || true) in "$LIB/"*) ;; *) echo "taken $pid $name" ;; esac
  done
else
  sha256sum -- /etc/machine-id 2>/dev/null || true
fi
if [ -n "$USERS" ]; then
  getent passwd $USERS | while IFS=: read -r user _ uid gid _ home shell; do echo "user $user $uid $gid $home|$shell"; done
  groups $USERS 2>/dev/null | while read -r user _ names; do echo "groups $user $names"; done
  getent shadow $USERS 2>/dev/null | while IFS=: read -r user word _; do case $word in '!'* | '*'*) ;; *) echo "password $user" ;; esac; done
fi
if [ -n "$UNITS" ] && [ "$init" = systemd ]; then
  systemctl show --no-pager -p Id -p LoadState -p ActiveState -p MainPID -p NeedDaemonReload -p DropInPaths $UNITS 2>/dev/null | while IFS= read -r line; do
    printf '%s\n' "$line"
    case $line in DropInPaths=?*) ;; *) continue ;; esac
    for path in ${line#*=}; do
      [ ! -f "$path" ] || [ ! -r "$path" ] || while IFS='= ' read -r key _; do
        case $key in ExecStart | Type | User | Group | DynamicUser | RuntimeDirectory | RootDirectory | RootImage | NotifyAccess | Condition* | Assert*)
          echo "sets $key $path" ;; esac
      done < "$path" || true
    done
  done
fi
echo end
)sh";

// "./etc/x": below the root, which the script has made its folder.
std::string words(const std::vector<std::string>& paths) {
  std::string out;
  for (const std::string& path : paths) out += (out.empty() ? "." : " .") + path;
  return shell_quoted(out);
}

struct Looked {                                   // what the script looks at
  std::vector<std::string> files, folders, keys, states, texts, pids, units, users, programs;
};

// What stands there, and where it is a symlink the folder that it leads to: the latter is what counts.
void add_folder(Looked& at, std::string_view path) {
  at.folders.emplace_back(path);
  at.folders.push_back(std::string(path) + "/.");
}

Looked looked_at(const Host& host, const std::string& release) {
  Looked at;
  at.files = {std::string(kDelegationFile), std::string(kHostIdFile)};
  if (!release.empty())
    for (const std::string& name : all_programs()) at.files.push_back(release_file(release, name));
  at.texts = {std::string(kHostIdFile)};
  for (const std::string_view folder : {kSettingsFolder, kProgramsFolder, kStateFolder}) add_folder(at, folder);
  for (const std::string_view path : {kReleasesFolder, kCurrentLink, kPreviousLink, kKeptFolder}) at.folders.emplace_back(path);
  at.folders.push_back(std::string(kReleasesFolder) + "/*");
  if (!release.empty()) at.folders.push_back(proven_file(release));
  for (const std::string& name : all_programs()) at.folders.push_back(flat_file(name));
  for (const Service& service : {kDaemonService, kAgentService}) {
    for (const std::string& path : {std::string(service.settings), certificate_file(service)}) at.files.push_back(path);
    for (const std::string& path : {std::string(service.settings), certificate_file(service)}) at.texts.push_back(path);
    add_folder(at, service.state);
    for (const std::string& key : private_keys(service)) at.keys.push_back(key);
    at.pids.push_back(pid_file(host, service.program));
    if (!host.is_local()) at.users.emplace_back(service.program);
    if (host.has_role(service.role)) at.programs.emplace_back(service.program), at.states.emplace_back(service.state);
  }
  if (host.is_local()) return at;
  for (const std::string_view order : kPrivilegedOrders) at.folders.push_back(socket_file(order));
  for (const std::string& unit : all_units()) {
    at.files.push_back(unit_file(unit)), at.texts.push_back(unit_file(unit));
    if (unit.find('@') != std::string::npos) continue;
    at.units.push_back(unit), at.folders.push_back(wants_link(unit));
  }
  return at;
}

}  // namespace

std::string wants_link(std::string_view unit) {
  return unit_file((unit.ends_with(".socket") ? "sockets.target.wants/" : "multi-user.target.wants/") + std::string(unit));
}

std::vector<std::string> all_units() {
  std::vector<std::string> units{service_unit(kDaemonService), service_unit(kAgentService)};
  for (const std::string_view order : kPrivilegedOrders) units.push_back(socket_unit(order)), units.push_back(order_unit(order));
  return units;
}

std::vector<std::string> all_programs() {
  return {std::string(kDaemonService.program), std::string(kAgentService.program), std::string(kSharedLibrary)};
}

std::vector<std::string> all_settings() {
  std::vector<std::string> paths{std::string(kDelegationFile), std::string(kDaemonService.settings), std::string(kAgentService.settings)};
  for (const std::string& unit : all_units()) paths.push_back(unit_file(unit));
  return paths;
}

bool may_be_left(const Host& host, const std::string& release, const std::string& path) {
  constexpr std::string_view kEnd = ".new";
  if (!path.ends_with(kEnd)) return false;
  const std::string of = path.substr(0, path.size() - kEnd.size()), releases = std::string(kReleasesFolder) + "/";
  const Looked at = looked_at(host, release);
  const bool is_release = of.starts_with(releases) && of.size() > releases.size() && of.find('/', releases.size()) == std::string::npos;
  const auto has = [&](const std::vector<std::string>& paths) { return std::find(paths.begin(), paths.end(), of) != paths.end(); };
  return is_release || has(at.files) || has(at.folders);
}

std::string facts_script(const Host& host, const FactsWish& wish) {
  const Looked at = looked_at(host, wish.release);
  std::vector<std::string> asked;
  if (!wish.release.empty() && wish.by != FactsTeller::script)
    for (const Service& service : {kDaemonService, kAgentService}) asked.push_back(release_file(wish.release, service.program));
  const std::vector<std::string> places{std::string(kProgramsFolder), std::string(kSettingsFolder), std::string(kStateFolder)};
  const bool has_port = !host.is_local() && host.has_role(HostRole::storage);
  std::string script = "main() {\n";
  const auto set = [&](std::string_view name, const std::string& quoted) { (((script += name) += '=') += quoted) += '\n'; };
  set("ROOT", shell_quoted(host.root));
  script += "ROOT=${ROOT%/}\n";
  set("STORAGE", shell_quoted(host.storage.path));
  set("PLACES", shell_quoted(joined(places, " ")));
  for (const auto& [name, paths] : {std::pair("FILES", &at.files), {"FOLDERS", &at.folders}, {"KEYS", &at.keys}, {"STATES", &at.states}, {"TEXTS", &at.texts},
                                    {"PIDS", &at.pids}})
    set(name, words(*paths));
  for (const auto& [name, names] : {std::pair("UNITS", &at.units), {"USERS", &at.users}, {"PROGRAMS", &at.programs}, {"ASKED", &asked}})
    set(name, shell_quoted(joined(*names, " ")));
  set("PORT", has_port ? std::to_string(host.storage.port) : "");
  for (const auto& [name, names] : {std::pair("WAKE", &wish.wake), {"KNOWN", &wish.known}}) set(name, shell_quoted(joined(*names, " ")));
  set("HELLO", shell_quoted(wish.hello));
  script += kAskProgram;
  if (wish.by != FactsTeller::program) script += kScript;
  return script + "}\nmain\n";
}

}  // namespace sparekeep::central
