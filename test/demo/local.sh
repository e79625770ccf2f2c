#!/usr/bin/env bash
# The main job on this machine alone: six storage hosts in three zones, two hosts whose files are backed up at 2 + 2, two storage
# daemons killed, a restore to a third host, and a comparison of every file. Everything lies below one folder that is removed at
# the end (KEEP=1 keeps it).
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
bin=$root/build/release/bin
demo=$(mktemp -d "${TMPDIR:-/tmp}/sparekeep-demo-XXXXXX")
export SPAREKEEP_STATE=$demo/central SPAREKEEP_INVENTORY=$demo/local.toml

step() { printf '\n\033[1m$ %s\033[0m\n' "$*"; "$@"; }
say() { printf '\n== %s\n' "$*"; }

stop_hosts() {
  local file pid
  for file in "$demo"/*/run/sparekeep*.pid; do
    [ -f "$file" ] || continue
    pid=$(cat "$file")
    case "$(readlink "/proc/$pid/exe" 2>/dev/null || true)" in *sparekeep*) kill -9 "$pid" ;; esac
  done
}
cleanup() {
  local code=$?
  stop_hosts
  if [ "${KEEP:-}" = 1 ]; then say "kept in $demo"; else chmod -R u+rwX "$demo" 2>/dev/null || true; rm -rf "$demo"; fi
  exit $code
}
trap cleanup EXIT

# The sources: real files of this machine, and a few that are hard to keep.
make_sources() {
  mkdir -p "$demo/files/host1" "$demo/files/host2"
  cp -a /usr/share/perl5 "$demo/files/host1/perl5"
  cp -a /usr/include/c++ "$demo/files/host2/include"
  local odd=$demo/files/host1/odd
  mkdir -p "$odd"
  printf 'one content, two names' >"$odd/first"
  ln "$odd/first" "$odd/second"
  ln -s /nowhere "$odd/dangling"
  mkfifo "$odd/fifo"
  truncate -s 64M "$odd/sparse"
  printf 'in the middle' | dd of="$odd/sparse" bs=1 seek=33554432 conv=notrunc status=none
  touch -d '1960-01-02 03:04:05.678901234' "$odd/first"
  chmod 4750 "$odd/first"
  setfattr -n user.note -v 'an extended attribute' "$odd/first" 2>/dev/null || echo "(no extended attributes on this file system)"
  setfacl -m u:daemon:r "$odd/first" 2>/dev/null || echo "(no ACLs on this file system)"
  printf 'x' >"$odd/$(printf 'new\nline and \377 byte')"
}

listing() {  # kind, mode, owner, time of everything; size, link target and names of all but folders
  (cd "$1" && find . \( -type d -printf '%y %m %U %G %T@ %p\0' \) -o -printf '%y %m %U %G %T@ %s %l %n %p\0' | sort -z)
}
attributes() {  # extended attributes and ACLs
  (cd "$1" && find . ! -type l -print0 | sort -z | xargs -0 getfattr -hd -m - --absolute-names 2>/dev/null)
  (cd "$1" && find . ! -type l -print0 | sort -z | xargs -0 getfacl -p 2>/dev/null)
}
same() {
  diff -r --no-dereference --exclude=fifo "$1" "$2"
  cmp <(listing "$1") <(listing "$2")
  cmp <(attributes "$1") <(attributes "$2")
}

sed "s#/tmp/sparekeep-demo#$demo#g" "$root/inventory/examples/local.toml" >"$demo/local.toml"
sed "s#/tmp/sparekeep-demo#$demo#g" "$root/playbooks/examples/demo.toml" >"$demo/demo.toml"
make_sources

say "a central, and storage daemons and backup applications on nine hosts"
step "$bin/sparekeep" init --recovery-key "$demo/recovery.key"
step "$bin/sparekeep" install

say "what the daemons reported: the master file"
step "$bin/sparekeep" systems
step "$bin/sparekeep" master

say "two hosts backed up at 2 + 2"
step "$bin/sparekeep" apply "$demo/demo.toml"
step "$bin/sparekeep" snapshots
step "$bin/sparekeep" show documents/host1@latest

say "two storage daemons are killed"
for host in store2 store5; do
  pid=$(cat "$demo/$host/run/sparekeepd.pid")
  echo "kill -9 $pid  # sparekeepd of $host"
  kill -9 "$pid"
done

say "both hosts' files restored to a third"
step "$bin/sparekeep" restore documents/host1@latest --to spare1 --target "$demo/restored/host1" --yes
step "$bin/sparekeep" restore headers/host2@latest --to spare1 --target "$demo/restored/host2" --yes

say "every file compared"
for host in host1 host2; do
  same "$demo/files/$host" "$demo/restored/$host$demo/files/$host"
  echo "$host: $(find "$demo/files/$host" | wc -l) entries are equal: bytes, modes, owners, times, attributes, ACLs, links"
done
say "done in $SECONDS s"
