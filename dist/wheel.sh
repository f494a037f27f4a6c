#!/usr/bin/env bash
# Builds the Python wheel, installs it into an empty virtual environment, and runs the package's own tests there.
#
#   dist/wheel.sh [--to FOLDER]
#
# Needs Rust, a C compiler and Python 3.11 or newer with venv; maturin is installed into an environment of its own. The wheel is
# FOLDER/hyperspace_engine-VERSION-cp311-abi3-PLATFORM.whl (default: dist/out). Cargo builds the engine for it, minutes the first time.
set -euo pipefail

to=''
while [ $# -gt 0 ]; do
    case "$1" in
        --to) mkdir -p "$2"; to=$(realpath "$2"); shift 2 ;;
        *) sed -n '2,8p' "$0" >&2; exit 2 ;;
    esac
done
cd "$(dirname "$0")/.."
if [ -z "$to" ]; then mkdir -p dist/out; to=$PWD/dist/out; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/build"
"$work/build/bin/pip" install --quiet 'maturin>=1.9,<2'
rm -f "$to"/hyperspace_engine-*.whl
(cd bindings/python && "$work/build/bin/maturin" build --release --locked --out "$to")

python3 -m venv "$work/empty"
"$work/empty/bin/pip" install --quiet --no-index "$to"/hyperspace_engine-*.whl
# From a folder without the sources, so that only what was installed is found.
cp -r bindings/python/tests bindings/python/README.md "$work/"
cd "$work"
for folder in tests tests/adapters; do "$work/empty/bin/python" -B -m unittest discover -s "$folder"; done
ls -l "$to"/hyperspace_engine-*.whl
