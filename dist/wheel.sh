#!/usr/bin/env bash
# Builds the Python wheel with the command in it, installs it into an empty virtual environment, and runs the package's own tests there.
#
#   dist/wheel.sh [--program FILE] [--to FOLDER]
#
# Needs Rust, a C compiler and Python 3.11 or newer with venv; maturin is installed into an environment of its own. The wheel is
# FOLDER/hyperspace_engine-VERSION-cp311-abi3-PLATFORM.whl (default: dist/out). Cargo builds the engine for it, minutes the first time, and
# the command, unless --program gives one that is built. Nothing is tuned to the processor that builds.
set -euo pipefail

program='' to=''
while [ $# -gt 0 ]; do
    case "$1" in
        --program) program=$(realpath "$2"); shift 2 ;;
        --to) mkdir -p "$2"; to=$(realpath "$2"); shift 2 ;;
        *) sed -n '2,8p' "$0" >&2; exit 2 ;;
    esac
done
cd "$(dirname "$0")/.."
if [ -z "$to" ]; then mkdir -p dist/out; to=$PWD/dist/out; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/build"
"$work/build/bin/pip" install --quiet --disable-pip-version-check 'maturin>=1.9,<2' 'wheel>=0.40,<1'
if [ -z "$program" ]; then
    cargo build --release --locked --package hyperspace-cli
    program=$PWD/${CARGO_TARGET_DIR:-target}/release/hyperspace
fi
rm -f "$to"/hyperspace_engine-*.whl
(cd bindings/python && "$work/build/bin/maturin" build --release --locked --out "$work/made")

# The command, as a script of the wheel: pip puts it beside `python`.
"$work/build/bin/wheel" unpack --dest "$work/unpacked" "$work"/made/hyperspace_engine-*.whl
inside=$(echo "$work"/unpacked/hyperspace_engine-*)
scripts=$inside/$(basename "$inside").data/scripts
mkdir -p "$scripts"
install -m 755 "$program" "$scripts/hyperspace"
strip "$scripts/hyperspace"
"$work/build/bin/wheel" pack --dest-dir "$to" "$inside" >/dev/null

python3 -m venv "$work/empty"
"$work/empty/bin/pip" install --quiet --disable-pip-version-check --no-index "$to"/hyperspace_engine-*.whl
# From a folder without the sources, so that only what was installed is found.
cp -r bindings/python/tests bindings/python/README.md "$work/"
mkdir -p "$work/docs"
cp -r bindings/python/docs/adapters "$work/docs/"
cd "$work"
for folder in tests tests/adapters; do
    HYPERSPACE_PAGES="$work/docs/adapters" "$work/empty/bin/python" -B -m unittest discover -s "$folder"
done
versions=$("$work/empty/bin/hyperspace" --version; "$work/empty/bin/python" -c 'import hyperspace; print("hyperspace", hyperspace.__version__)')
if [ "$(echo "$versions" | sort -u | wc -l)" != 1 ]; then
    echo "the command and the package differ: $versions" >&2
    exit 1
fi
"$work/empty/bin/hyperspace" exec -c 'print(6 * 7)' | grep -qx 42
ls -l "$to"/hyperspace_engine-*.whl
