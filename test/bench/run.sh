#!/usr/bin/env bash
# ./dev bench: see run.py
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
exec /usr/bin/python3 -B "$root/test/bench/run.py" "$root/build/release/bin" "$@"
