#!/usr/bin/env bash
# Measures hyperspace against its peers in one run and prints one table of ratios. See README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if ! command -v python3 >/dev/null || ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    echo "compare: python3 3.10 or later is needed on the path" >&2
    exit 2
fi
exec python3 -B "$here/compare/run.py" "$@"
