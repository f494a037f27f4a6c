#!/usr/bin/env bash
# Makes the virtual environment of the reference that `benches/benches/marks.rs` measures against.
# Usage: benches/marks/setup.sh [FOLDER]; without one it is the place where the benchmark looks.
set -euo pipefail

VERSION=0.2.0b0
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:-${CARGO_TARGET_DIR:-$root/target}/marks-reference}
if ! command -v python3 >/dev/null; then echo "there is no python3 on the path; install Python 3.11 or later" >&2; exit 1; fi
python3 -m venv "$folder"
"$folder/bin/python" -m pip install --quiet "markspace==$VERSION"
"$folder/bin/python" -c 'from importlib.metadata import version; print("markspace", version("markspace"))'
