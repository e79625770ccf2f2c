#!/usr/bin/env bash
# The demo as an ordinary user, who has no right but to a folder of his own. A test of root's changes to one; exit 77 elsewhere: the demo
# itself has shown it already.
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
[ "$(id -u)" = 0 ] || { echo "skipped: this is an ordinary user already"; exit 77; }
folder=$(mktemp -d /tmp/sparekeep-user-XXXXXX)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/home" "$folder/tmp" "$folder/copy/build/release" "$folder/copy/test"
cp -a "$root/build/release/bin" "$folder/copy/build/release/bin"
cp -a "$root/test/demo" "$folder/copy/test/demo"
cp -a "$root/inventory" "$root/playbooks" "$folder/copy"
user=$(id -u nobody) group=$(id -g nobody)
chown -R "$user:$group" "$folder"
cd "$folder"
setpriv --reuid "$user" --regid "$group" --clear-groups --inh-caps=-all \
  env -i HOME="$folder/home" TMPDIR="$folder/tmp" PATH=/usr/bin:/bin LANG=C.UTF-8 "$folder/copy/test/demo/local.sh" --local
