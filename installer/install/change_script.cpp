#include "installer/install/change_script.h"

#include "installer/host/shell_text.h"

namespace sparekeep::central {

namespace {

// Below the declared root or nowhere: a root that cannot be entered ends the script, and so does one that turns out to be "/".
constexpr std::string_view kEnterRoot = R"sh(set -eu
umask 022
export LC_ALL=C
DECLARED=$ROOT
mkdir -p "$DECLARED/"
ROOT=$(cd "$DECLARED/" && pwd -P)
ROOT=${ROOT%/}
[ -n "$ROOT" ] || [ -z "$DECLARED" ] || { echo "the root '$DECLARED' is this machine's own '/'; name a folder below it" >&2; exit 1; }
)sh";

constexpr std::string_view kFunctions = R"sh(folder() { # mode path
  [ -d "$ROOT$2" ] || mkdir -p "$ROOT$2"
  [ "$(stat -c %a "$ROOT$2")" = "$1" ] || chmod "$1" "$ROOT$2"
}
place() { # mode path, content on standard input
  [ -d "$(dirname "$ROOT$2")" ] || mkdir -p "$(dirname "$ROOT$2")"
  rm -f "$ROOT$2.new"
  cat > "$ROOT$2.new"
  chmod "$1" "$ROOT$2.new"
  sync "$ROOT$2.new"
  mv -f "$ROOT$2.new" "$ROOT$2"
}
is_ours() { # program pid
  case $(readlink "/proc/$2/exe" || true) in
    "$ROOT/usr/lib/sparekeep/$1" | "$ROOT/usr/lib/sparekeep/$1 (deleted)") return 0 ;;
  esac
  return 1
}
stop() { # program
  file=$ROOT/run/$1.pid
  [ -s "$file" ] || return 0
  pid=$(cat "$file")
  is_ours "$1" "$pid" || { rm -f "$file"; return 0; }
  kill -TERM "$pid" || true
  tries=0
  while is_ours "$1" "$pid"; do
    tries=$((tries + 1))
    [ "$tries" -ne 200 ] || kill -KILL "$pid" || true
    [ "$tries" -lt 300 ] || { echo "$1 (pid $pid) did not end" >&2; exit 1; }
    sleep 0.1
  done
  rm -f "$file"
}
start() { # program log
  file=$ROOT/run/$1.pid
  rm -f "$file"
  setsid "$ROOT/usr/lib/sparekeep/$1" --root "${ROOT:-/}" serve < /dev/null >> "$ROOT$2" 2>&1 &
  pid=$!
  tries=0
  while [ ! -s "$file" ] || [ "$(cat "$file")" != "$pid" ]; do
    [ -n "$(readlink "/proc/$pid/exe" || true)" ] || { tail -n 3 "$ROOT$2" >&2; echo "$1 ended right after its start; see $ROOT$2" >&2; exit 1; }
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || { echo "$1 (pid $pid) does not serve after 60 s; see $ROOT$2" >&2; exit 1; }
    sleep 0.1
  done
}
)sh";

constexpr std::string_view kPurge = R"sh(rm -rf "$ROOT/etc/sparekeep" "$ROOT/var/lib/sparekeep/daemon" "$ROOT/var/lib/sparekeep/agent"
if [ -f "$ROOT$STORAGE/.sparekeep-storage" ]; then
  for vault in "$ROOT$STORAGE"/*; do
    case ${vault##*/} in
      *[!0-9a-f]*) ;;
      ????????????????????????????????) rm -rf "$vault" ;;
    esac
  done
  rm -f "$ROOT$STORAGE/.sparekeep-storage"
  rmdir "$ROOT$STORAGE" 2>/dev/null || true
fi
rmdir "$ROOT/var/lib/sparekeep" 2>/dev/null || true
)sh";

std::string octal(unsigned mode) {
  std::string out;
  for (const int shift : {9, 6, 3, 0}) out += static_cast<char>('0' + ((mode >> shift) & 7));
  return out;
}

}  // namespace

ChangeScript::ChangeScript(const Host& host) : host_(host) {
  text_ = "ROOT=" + shell_quoted(host.root) + "\nSTORAGE=" + shell_quoted(host.storage.path) + "\n" + std::string(kEnterRoot) + std::string(kFunctions);
}

ChangeScript& ChangeScript::folders(const std::vector<Service>& services) {
  for (const std::string_view path : {"/etc/sparekeep", "/usr/lib/sparekeep", "/var/lib/sparekeep"}) text_ += "folder 755 " + shell_quoted(path) + "\n";
  for (const Service& service : services) text_ += "folder 700 " + shell_quoted(service.state) + "\n";
  text_ += "[ -d \"$ROOT/run\" ] || mkdir -p \"$ROOT/run\"\n";
  return *this;
}

ChangeScript& ChangeScript::place(const PlacedFile& file) {
  const std::string target = "place " + octal(file.mode) + " " + shell_quoted(file.path);
  text_ += file.source.empty() ? shell_printf(file.content) + " | " + target + "\n" : target + " < " + shell_quoted(file.source.native()) + "\n";
  return *this;
}

ChangeScript& ChangeScript::identity(const Service& service, bool prepare_storage) {
  if (prepare_storage) text_ += "mkdir -p \"$(dirname \"$ROOT$STORAGE\")\"\n";
  text_ += "answer=$(\"$ROOT\"" + shell_quoted(program_file(service.program)) + " --root \"${ROOT:-/}\" identity" +
           (prepare_storage ? " --prepare-storage \"$STORAGE\"" : "") + " < /dev/null)\nprintf 'identity %s %s\\n' " + shell_quoted(service.program) +
           " \"$answer\"\n";
  return *this;
}

ChangeScript& ChangeScript::stop(const Service& service) {
  text_ += "stop " + shell_quoted(service.program) + "\n";
  return *this;
}

ChangeScript& ChangeScript::start(const Service& service) {
  text_ += "start " + shell_quoted(service.program) + " " + shell_quoted(service.log) + "\n";
  return *this;
}

ChangeScript& ChangeScript::remove(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) text_ += "rm -f \"$ROOT\"" + shell_quoted(path) + "\n";
  text_ += "rmdir \"$ROOT/usr/lib/sparekeep\" \"$ROOT/etc/sparekeep\" 2>/dev/null || true\n";
  return *this;
}

ChangeScript& ChangeScript::purge() {
  text_ += kPurge;
  return *this;
}

}  // namespace sparekeep::central
