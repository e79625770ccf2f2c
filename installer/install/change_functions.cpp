#include "installer/install/change_functions.h"

namespace sparekeep::central {

// Below the declared root or nowhere: a root that cannot be entered ends the script, and so does one that turns out to be "/". Two
// scripts on one host wait for each other, less long than a central waits for a silent host: descriptor 9 holds the lock, and nothing
// that stays inherits it. Inside a folder that a service's user owns, nothing is written, given away or read by name with root's rights:
// whoever has broken into the service could have put a link there. But for its pid file: of that the first line counts, and only where it is
// the number of a process that runs a program of ours.
constexpr std::string_view kEnterRoot = R"sh(set -eu
umask 022
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
DECLARED=$ROOT
if [ -n "$DECLARED" ]; then
  mkdir -p "$DECLARED/"
  ROOT=$(cd "$DECLARED/" && pwd -P)
fi
ROOT=${ROOT%/}
[ -n "$ROOT" ] || [ -z "$DECLARED" ] || { echo "the root '$DECLARED' is this machine's own '/'; name a folder below it" >&2; exit 1; }
LIB=$ROOT/usr/lib/sparekeep
[ -d "$ROOT/etc" ] || mkdir -p "$ROOT/etc"
exec 9< "$ROOT/etc"
command -v flock > /dev/null || { echo "flock is not there, which keeps two installs apart; install util-linux on the host" >&2; exit 1; }
flock -w 80 9 || { echo "another install changes this host; try again when it is through" >&2; exit 1; }
placed=
)sh";

constexpr std::string_view kChangeFunctions = R"sh(of_nobody() { # number
  [ "$1" != 0 ] && ! getent passwd "$1" > /dev/null
}
user() { # name [state]: with the number that its files have, where that is free. Else they are root's before it is made: a run that is cut off
  # in between leaves no user whose files are another's, which could as well be somebody's mistake.
  if getent passwd "$1" > /dev/null; then
    getent group "$1" > /dev/null || { groupadd --system "$1"; usermod --gid "$1" "$1"; }
    return 0
  fi
  number=
  if [ -n "${2:-}" ] && [ -d "$ROOT$2" ]; then
    number=$(stat -L -c %u "$ROOT$2")
    of_nobody "$number" || { number=; inherit root "$ROOT$2"; chown root:root "$ROOT$2/"; }
  fi
  if command -v useradd > /dev/null; then
    set -- "$1" --user-group
    ! getent group "$1" > /dev/null || set -- "$1" --gid "$1"
    useradd --system ${number:+--uid "$number"} --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin --comment sparekeep "$2" ${3:-} "$1"
  elif command -v systemd-sysusers > /dev/null; then
    echo "u $1 ${number:--} sparekeep /nonexistent" | systemd-sysusers -
  else
    echo "the user '$1' is missing, and neither useradd nor systemd-sysusers is there to make it" >&2; exit 1
  fi
}
of_central() { # root key: whoever had the lock before may have made this host another central's since it told its facts
  for settings in daemon agent; do
    [ -f "$ROOT/etc/sparekeep/$settings.toml" ] || continue
    theirs=$(sed -n 's/^root_key = "\([0-9a-f]*\)".*/\1/p' "$ROOT/etc/sparekeep/$settings.toml" | head -n 1)
    [ -z "$theirs" ] || [ "$theirs" = "$1" ] ||
      { echo "it belongs to another central, with the root key $(printf %.12s "$theirs")..., which has just changed it; leave it to one of them alone" >&2; exit 1; }
  done
}
stopped=
ran_before() { # program: how it runs, if it does
  if [ -e "/etc/systemd/system/$1.service" ]; then
    case $(systemctl is-active "$1.service" 2> /dev/null || true) in active | activating | reloading) echo unit; return 0 ;; esac
  fi
  file=$(pid_file "$1")
  [ ! -s "$file" ] || ! is_ours "$1" "$(pid_in "$file")" || echo process
}
run_as_before() { # program capability log how
  case ${4:-} in
    unit) systemctl start "$1.service" ;;
    process) start "$1" "$2" "$3" ;;
  esac
}
unmended() { # why: no service that was stopped to mend a user stays down
  echo "$1" >&2
  (eval "$stopped") >&2 || true
  exit 1
}
set_back() { # user option...
  mended=$1
  shift
  [ $# = 0 ] || usermod "$@" "$mended" || { echo "usermod failed for the user '$mended'; set it back by hand"; return 1; }
  [ "$(id -Gn "$mended")" = "$mended" ] ||
    { echo "the user '$mended' is still of the groups '$(id -Gn "$mended")', which are not of this host's own files; take it out where they are kept"; return 1; }
}
mend_user() { # user stops capability log option...: usermod changes the home of no user that has processes
  grep -q "^$1:" /etc/passwd ||
    unmended "the user '$1' is not as install makes it and not in /etc/passwd, so that usermod cannot set it back; change or remove it where it is kept, and run it again"
  user "$1"
  command -v usermod > /dev/null || unmended "the user '$1' is not as install makes it, and usermod is not there to set it back; do it by hand"
  mended=$1
  if [ "$2" = yes ]; then
    stopped="$stopped(run_as_before '$1' '$3' '$4' $(ran_before "$1"))
"
    stop_unit "$mended"
    end_strays "$mended"
  fi
  shift 4
  fault=$(set_back "$mended" "$@" 2>&1) || unmended "$fault"
}
inherit() { # user folder: what lies there was another's, or the user's who had this name before; never a further name of a file elsewhere
  PATH=/usr/sbin:/usr/bin:/sbin:/bin find "$2/" -xdev -mindepth 1 \( -name lost+found -prune -o \( -type d -o -links 1 \) ! \( -user "$1" -group "$1" \) \
    -execdir chown -h "$1:$1" {} + \)
}
inherit_shards() { # user folder: with its marker alone, and what a daemon makes there: other files in it are somebody's
  [ -f "$2/.sparekeep-storage" ] || return 0
  (cd "$2/" && PATH=/usr/sbin:/usr/bin:/sbin:/bin find . -xdev -mindepth 1 -regextype posix-extended \
    \( ! -path './*/*' ! -regex '\./([0-9a-f]{32}|grace|\.sparekeep-storage)' -prune -o \
    \( -type d -o -links 1 \) ! \( -user "$1" -group "$1" \) -execdir chown -h "$1:$1" {} + \))
}
key() { # mode user path
  chown -h "$2:$2" "$ROOT$3"
  as_user "$2" chmod "$1" "$ROOT$3"
}
folder() { # mode user path; a user of a real host
  if [ "$2" = root ]; then install -d -m "$1" -o root -g root "$ROOT$3"
  elif [ -n "$2" ]; then
    user "$2"
    if [ "$3" = "$STORAGE" ]; then inherit_shards "$2" "$ROOT$3"
    elif [ -d "$ROOT$3" ]; then inherit "$2" "$ROOT$3"
    fi
    install -d -m "$1" -o "$2" -g "$2" "$ROOT$3"
  elif [ ! -d "$ROOT$3" ] || [ "$(stat -c %a "$ROOT$3")" != "$1" ]; then install -d -m "$1" "$ROOT$3"
  fi
}
owned() { # mode user path: of what is placed but has no name yet
  case $2 in
    '') ;;
    root) { [ -O "$ROOT$3.new" ] && [ -G "$ROOT$3.new" ]; } || chown root:root "$ROOT$3.new" ;;
    *) chown "$2:$2" "$ROOT$3.new" ;;
  esac
  chmod "$1" "$ROOT$3.new"
  placed="$placed $3"
}
fresh() { # path
  [ -d "$ROOT${1%/*}" ] || mkdir -p "$ROOT${1%/*}"
  [ ! -e "$ROOT$1.new" ] && [ ! -L "$ROOT$1.new" ] || rm -rf "$ROOT$1.new"
}
place() { # mode user path, content on standard input
  fresh "$3"
  (umask 077; cat > "$ROOT$3.new")
  owned "$@"
}
text_place() { # mode user path content, as printf takes it
  fresh "$3"
  umask 077
  printf "$4" > "$ROOT$3.new"
  umask 022
  owned "$1" "$2" "$3"
}
# What comes from the central is waited for half a minute at a time: a link that is lost for good says nothing, and the next run waits for this one.
take() { # bytes
  left=$1
  while [ "$left" -gt 1048576 ]; do
    timeout 30 head -c 1048576 || return 1
    left=$((left - 1048576))
  done
  timeout 30 head -c "$left"
}
unpack() { # bytes mode user path: the next bytes of the bundle
  fresh "$4"
  (umask 077; take "$1" | gzip -dc > "$ROOT$4.new") ||
    { echo "$ROOT$4 could not be unpacked, or the bundle ended early; make sure of gzip, room and inodes there and run it again" >&2; exit 1; }
  owned "$2" "$3" "$4"
}
receive() { # mode user path: its length in a line, then its bytes, written by that user
  bytes=$(timeout 30 sh -c 'read -r bytes && echo "$bytes"') || { echo "the central went away; run it again" >&2; exit 1; }
  take "$bytes" | as_user "$2" sh -c 'umask 077; rm -rf "$1.new" && cat > "$1.new" && [ "$(stat -c %s "$1.new")" = "$2" ] && chmod "$3" "$1.new"' \
    sh "$ROOT$3" "$bytes" "$1" || { echo "the central went away, or $ROOT$3 could not be written; run it again" >&2; exit 1; }
  placed="$placed $3"
}
settle() {
  [ -n "$placed" ] || return 0
  files=; folders=
  for path in $placed; do files="$files .$path.new"; folders="$folders .${path%/*}"; done
  (cd "$ROOT/"; sync $files)
  for path in $placed; do
    [ ! -d "$ROOT$path" ] || rm -rf "$ROOT$path"
    mv -fT "$ROOT$path.new" "$ROOT$path"
  done
  (cd "$ROOT/"; sync $folders)
  placed=
}
as_user() { # user command...; no user: as we are
  if [ -z "$1" ]; then shift; "$@"
  else user=$1; shift; setpriv --reuid="$user" --regid="$user" --init-groups --inh-caps=-all -- "$@"
  fi
}
host_id() {
  id=
  [ ! -f "$ROOT/etc/sparekeep/host-id" ] || read -r id < "$ROOT/etc/sparekeep/host-id" || true
  case $id in *[!0-9a-f]*) ;; ????????????????????????????????) return 0 ;; esac
  od -An -N16 -tx1 /dev/urandom | tr -d ' ' | (place 644 "$1" /etc/sparekeep/host-id)
  placed="$placed /etc/sparekeep/host-id"
  settle
}
reread() { # program settings: it has read them when its pid file is no older
  file=$(pid_file "$1")
  pid=
  [ ! -s "$file" ] || pid=$(pid_in "$file")
  [ -n "$pid" ] && is_ours "$1" "$pid" && kill -USR2 "$pid" || return 1
  tries=0
  while [ "$ROOT$2" -nt "$file" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 250 ] || return 1
    sleep 0.02
  done
}
pid_file() { if [ "$REAL" = yes ]; then echo "/run/$1/$1.pid"; else echo "$ROOT/run/$1.pid"; fi; }
pid_in() { head -c 32 "$1" | tr -d '\000'; } # of a file that a service writes, as large as it likes
is_ours() { # program pid: as a file says it that the service writes
  case $2 in '' | *[!0-9]*) return 1 ;; esac
  case $(readlink "/proc/$2/exe" || true) in
    "$LIB/$1" | "$LIB/"*"/$1" | "$LIB/$1 (deleted)" | "$LIB/"*"/$1 (deleted)") return 0 ;;
  esac
  return 1
}
end() { # program pid
  pid=$2
  kill -TERM "$pid" || true
  kill -CONT "$pid" || true      # one that is stopped ends only when it goes on
  tries=0
  while is_ours "$1" "$pid"; do
    tries=$((tries + 1))
    [ "$tries" -ne 200 ] || kill -KILL "$pid" || true
    [ "$tries" -lt 300 ] || { echo "$1 (pid $pid) did not end" >&2; exit 1; }
    sleep 0.1
  done
}
stop() { # program
  file=$(pid_file "$1")
  [ -s "$file" ] || return 0
  pid=$(pid_in "$file")
  ! is_ours "$1" "$pid" || end "$1" "$pid"
  rm -f "$file"
}
serves() { # pid: a service, and no backup or question that somebody began by hand
  { tr '\000' '\n' < "/proc/$1/cmdline"; } 2> /dev/null | grep -qx serve
}
end_strays() { # program [all]: those that serve and that no unit and no pid file knows, below the same root; they hold its port, its index and its orders
  for entry in /proc/[0-9]*; do
    { read -r name < "$entry/comm"; } 2> /dev/null || continue
    [ "$name" = "$1" ] && is_ours "$1" "${entry#/proc/}" && [ "$entry/root/" -ef / ] && { [ "${2:-}" = all ] || serves "${entry#/proc/}"; } || continue
    grep -q '/sparekeep[^/]*[.]service' "$entry/cgroup" 2> /dev/null || end "$1" "${entry#/proc/}"
  done
}
stop_unit() { # program
  [ ! -e "/etc/systemd/system/$1.service" ] || systemctl stop "$1.service" || true
  stop "$1"
}
program_of() { if [ -L "$LIB/current" ]; then echo "$LIB/current/$1"; else echo "$LIB/$1"; fi; }
background() { # program capability log: one that is another's, as earlier releases and logrotate leave it, its user moves aside in its own folder
  if [ "$REAL" = yes ]; then
    folder 755 "$1" "/run/$1"
    caps=-all
    [ -z "$2" ] || caps="-all,+$2"
    RUNTIME_DIRECTORY=/run/$1 setsid setpriv --reuid="$1" --regid="$1" --init-groups --bounding-set="$caps" --inh-caps="$caps" --ambient-caps="$caps" --no-new-privs -- \
      sh -c '[ -w "$2" ] || [ ! -e "$2" ] || mv -f "$2" "$2.old"; exec "$1" serve >> "$2" 2>&1' sh "$(program_of "$1")" "$3" < /dev/null 9<&- &
  else
    setsid "$(program_of "$1")" --root "${ROOT:-/}" serve < /dev/null >> "$ROOT$3" 2>&1 9<&- &
  fi
  pid=$!
}
owner_of() { [ "$REAL" != yes ] || echo "$1"; } # program: whom its log belongs to
log_end() { as_user "$(owner_of "$1")" tail -n "$3" "$ROOT$2" 2> /dev/null || true; } # program log lines
start() { # program capability log
  file=$(pid_file "$1")
  end_strays "$1"
  rm -f "$file"
  background "$@"
  tries=0
  while [ ! -s "$file" ] || [ "$(pid_in "$file")" != "$pid" ]; do
    [ -n "$(readlink "/proc/$pid/exe" || true)" ] || { log_end "$1" "$3" 3 >&2; echo "$1 ended right after its start; see $ROOT$3" >&2; exit 1; }
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || { kill -KILL "$pid" || true; echo "$1 (pid $pid) does not serve after 60 s; see $ROOT$3" >&2; exit 1; }
    sleep 0.1
  done
}
start_again() { # program capability log settings: as it ran before, where it did
  stop "$1"
  [ ! -f "$ROOT$4" ] || start "$1" "$2" "$3"
}
enable() { # unit link
  [ -d "${2%/*}" ] || mkdir -p "${2%/*}"
  rm -rf "$2.new"
  ln -s "/etc/systemd/system/$1" "$2.new"
  mv -fT "$2.new" "$2"
}
log_of_unit() { # unit: what it said last, and what systemd says of its end
  journalctl --sync 2> /dev/null || true      # what it said in its last moment is still on its way
  journalctl -q --no-pager -o cat -n 2 _SYSTEMD_UNIT="$1" 2> /dev/null || true
  journalctl -q --no-pager -o cat -n 9 -u "$1" 2> /dev/null | {
    last=
    while IFS= read -r line; do case $line in *"process exited"* | *"timed out"* | *"Failed at step"*) last=$line ;; esac; done
    [ -z "$last" ] || printf '%s\n' "$last"
  }
}
restart_units() { # unit...
  systemctl reset-failed "$@" 2> /dev/null || true
  # Where a condition of a unit does not hold it is left out, and that is no failure.
  fault=$(systemctl restart "$@" 2>&1) && ! systemctl is-active "$@" 2> /dev/null | grep -q '^inactive$' || {
    for unit in "$@"; do
      ! systemctl is-active -q "$unit" || continue
      log_of_unit "$unit" >&2
      beside=$(systemctl show -p DropInPaths "$unit" 2> /dev/null || true)
      beside=${beside#DropInPaths=}
      case $(systemctl show -p LoadState "$unit" 2> /dev/null || true) in
        *=masked) echo "$unit is masked: run systemctl unmask $unit on the host, and remove /etc/systemd/system.control/$unit where that is what masks it" >&2 ;;
      esac
      echo "$unit does not serve${beside:+ (it has $beside beside its own file)}; see journalctl -u $unit on the host" >&2
      fault=
    done
    [ -z "$fault" ] || printf '%s\n' "$fault" >&2
    exit 1
  }
}
restart_those_there() { # unit...
  systemctl daemon-reload
  for unit in "$@"; do
    shift
    [ ! -f "/etc/systemd/system/$unit" ] || set -- "$@" "$unit"
  done
  [ $# = 0 ] || restart_units "$@"
}
)sh";

constexpr std::string_view kPurge = R"sh(rm -rf "$ROOT/etc/sparekeep" "$ROOT/var/lib/sparekeep/daemon" "$ROOT/var/lib/sparekeep/agent" "$ROOT/var/lib/sparekeep/orders"
if [ -f "$ROOT$STORAGE/.sparekeep-storage" ]; then
  for vault in "$ROOT$STORAGE"/* "$ROOT$STORAGE"/grace/*; do
    case ${vault##*/} in
      *[!0-9a-f]*) ;;
      ????????????????????????????????) rm -rf "$vault" ;;
    esac
  done
  rm -f "$ROOT$STORAGE/.sparekeep-storage"
  rmdir "$ROOT$STORAGE/grace" 2>/dev/null || true
  rmdir "$ROOT$STORAGE" 2>/dev/null || true
fi
rmdir "$ROOT/var/lib/sparekeep" 2>/dev/null || true
if [ "$REAL" = yes ]; then
  # A mount point stays, and belongs to nobody's number.
  [ ! -d "$ROOT$STORAGE" ] || [ "$(stat -L -c %U "$ROOT$STORAGE")" != sparekeepd ] || chown root:root "$ROOT$STORAGE"
  for name in sparekeepd sparekeep-agent; do
    rm -rf "/run/$name"
    ! getent passwd "$name" > /dev/null || userdel "$name" 2>/dev/null || true
  done
fi
)sh";

}  // namespace sparekeep::central
