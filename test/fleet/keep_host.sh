#!/bin/sh
# Runs one host: boots it, and boots it again as often as it reboots (systemd-nspawn then ends with 133). Whoever wants the host
# off ends this script first. keep_host.sh KEEPER-GROUPS HOST-GROUPS COMMAND...: groups are folders, separated by blanks.
set -eu
keeper_groups=$1 host_groups=$2
shift 2

join() {
  for group in "$@"; do echo 0 >"$group/cgroup.procs"; done
}

join $keeper_groups
while :; do
  for group in $host_groups; do
    [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} \;
    mkdir -p "$group"
  done
  code=0
  (join $host_groups && exec "$@") || code=$?
  [ "$code" = 133 ] || exit "$code"
done
