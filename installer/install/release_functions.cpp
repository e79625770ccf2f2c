#include "installer/install/release_functions.h"

namespace sparekeep::central {

// `kept` is made before `current` is switched, so that whoever finds `current` at a release that is not proven finds there what ran before
// it: the configuration, and in kept/release the folder (an empty line: programs straight below LIB, as builds before releases have them). It is
// durable before it has its name, so that a power cut leaves no way back that leads to empty files.
constexpr std::string_view kReleaseFunctions = R"sh(relink() { # name target
  rm -rf "$LIB/$1.new"
  ln -s "$2" "$LIB/$1.new"
  [ ! -d "$LIB/$1" ] || [ -L "$LIB/$1" ] || rm -rf "$LIB/$1"
  mv -fT "$LIB/$1.new" "$LIB/$1"
  sync "$LIB/"
}
keep_settings() { # release that is configured by them
  rm -rf "$LIB/kept.new"
  mkdir "$LIB/kept.new"
  for path in $SETTINGS; do
    [ -f "$ROOT$path" ] || continue
    mkdir -p "$LIB/kept.new${path%/*}"
    cp -p "$ROOT$path" "$LIB/kept.new$path"
  done
  printf '%s\n' "$1" > "$LIB/kept.new/release"
  readlink "$LIB/previous" > "$LIB/kept.new/previous" || true
  find "$LIB/kept.new" -exec sync {} +
  rm -rf "$LIB/kept"
  mv -fT "$LIB/kept.new" "$LIB/kept"
}
use_release() { # makes RELEASE the one that is started
  now=$(readlink "$LIB/current" || true)
  [ "$now" != "releases/$RELEASE" ] || return 0
  rm -f "$LIB/releases/$RELEASE/proven"
  if [ -n "$now" ] && [ -e "$LIB/current/proven" ]; then
    keep_settings "$now"
    relink previous "$now"
  elif [ -z "$now" ] && { [ -e "$LIB/sparekeepd" ] || [ -e "$LIB/sparekeep-agent" ]; }; then
    keep_settings ''
  fi
  relink current "releases/$RELEASE"
}
has_way_back() { # one without a line is what a power cut left of an earlier installer's
  [ -s "$LIB/kept/release" ] || return 1
  back=$(cat "$LIB/kept/release")
  if [ -n "$back" ]; then [ "$back" != "releases/$RELEASE" ] && [ -d "$LIB/$back" ]
  else [ -e "$LIB/sparekeepd" ] || [ -e "$LIB/sparekeep-agent" ]
  fi
}
joined() { # the lines of standard input as one
  all=
  while IFS= read -r line || [ -n "$line" ]; do [ -z "$line" ] || all="$all${all:+; }$line"; done
  printf '%s' "$all"
}
log_of() { # program log
  if [ "$SYSTEMD" = yes ]; then log_of_unit "$1.service"
  else log_end "$1" "$2" 2
  fi
}
put_settings_back() {
  for path in $SETTINGS; do
    if [ -f "$LIB/kept$path" ]; then
      cp -p "$LIB/kept$path" "$ROOT$path.new"
      placed="$placed $path"
    elif [ -e "$ROOT$path" ] || [ -L "$ROOT$path" ]; then
      [ "$SYSTEMD" != yes ] || systemctl stop "${path##*/}" 2> /dev/null || true
      rm -f "$ROOT$path" "$ROOT${path%/*}"/*.target.wants/"${path##*/}"
    fi
  done
  settle
}
previous_again() { # as it was before the switch, unless it is what did not work
  before=
  [ ! -f "$LIB/kept/previous" ] || read -r before < "$LIB/kept/previous" || true
  [ -z "$before" ] || [ "$before" = "releases/$RELEASE" ] || [ ! -d "$LIB/$before" ] || relink previous "$before"
}
remove_older_releases() {
  now=$(readlink "$LIB/current" || true)
  before=$(readlink "$LIB/previous" || true)
  [ "$before" != "$now" ] || rm -f "$LIB/previous"
  for each in "$LIB/releases"/*; do
    case releases/${each##*/} in "$now" | "$before") ;; *) rm -rf "$each" ;; esac
  done
}
tidy() {
  [ ! -f "$LIB/kept/release" ] || has_way_back || previous_again
  remove_older_releases
  rm -rf "$LIB/kept" "$LIB/kept.new" "$LIB/current.new" "$LIB/previous.new"
  rm -f "$LIB/sparekeepd" "$LIB/sparekeep-agent" "$LIB/libisal.so.2"
}
go_back() { # what RELEASE does not do, why
  why=$(printf '%s\n' "$2" | tail -n 5 | joined)
  back=$(cat "$LIB/kept/release")
  name="release ${back#releases/}"
  [ -n "$back" ] || name="what ran before"
  (trap '' PIPE; echo returning) 2> /dev/null || true         # the central may be gone
  put_settings_back
  if [ -n "$back" ]; then relink current "$back"; else rm -f "$LIB/current"; fi
  set +e
  fault=$(set -e; again 2>&1)
  code=$?
  set -e
  [ "$code" = 0 ] || { echo "release $RELEASE $1: $why; and $name does not run again: $(printf '%s\n' "$fault" | tail -n 5 | joined)" >&2; exit 1; }
  previous_again
  rm -rf "$LIB/kept"
  remove_older_releases
  echo "release $RELEASE $1: $why; $name runs again" >&2
  exit 1
}
run_services() {
  has_way_back || { services; return 0; }
  set +e
  fault=$(set -e; services 2>&1)
  code=$?
  set -e
  [ "$code" = 0 ] || go_back "did not start" "$fault"
}
prove() { # asks the central whether RELEASE works here
  echo ask
  verdict=$(timeout 120 sh -c 'IFS= read -r line && printf %s "$line"') ||
    { echo "the central went away before it said whether release $RELEASE works; run it again" >&2; exit 1; }
  if [ "$verdict" = good ]; then
    tidy
    : > "$LIB/releases/$RELEASE/proven"
  elif has_way_back; then
    go_back "does not work" "$(printf '%s\n' "${verdict#bad }"; last_words)"
  fi
}
)sh";

}  // namespace sparekeep::central
