#!/usr/bin/env bash
# Runs the poisoned batch through every engine and prints the table. See README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if ! command -v python3 >/dev/null; then
    echo "poison: python3 (3.10 or later) is not on the path; install it" >&2
    exit 2
fi
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    echo "poison: $(python3 --version) is too old; 3.10 or later is needed" >&2
    exit 2
fi
exec python3 -B "$here/run.py" "$@"
