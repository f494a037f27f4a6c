#!/usr/bin/env bash
# Links our entry points with libpython, and packs the library: work/link/python.wasm, work/guest/.
source "$(dirname "$0")/lib.sh"
source "$RECIPE/toolchain.sh"
source "$RECIPE/linking.sh"

OUT=$WORK/link
GUEST=$WORK/guest # the guest's directory tree during the snapshot and the smoke test
rm -rf "$OUT" "$GUEST"
mkdir -p "$OUT" "$GUEST"/{usr/lib,sdk,tmp}

step "library"
PYTHONHASHSEED=0 "$NATIVE/python" -I -B "$RECIPE/pack.py" "$SOURCES/python/Lib" \
    "$CROSS/$(cat "$CROSS/pybuilddir.txt")/_sysconfigdata__wasi_wasm32-wasi.py" "$WORK" "$GUEST/usr/lib/python313.zip"
cp -r "$RUNTIME/../guest-sdk/python/." "$GUEST/sdk/"
find "$GUEST/sdk" -name __pycache__ -prune -exec rm -rf {} +

step "link"
embed "$OUT" "$RECIPE/entry/bootstrap.py"
compile_unit "$OUT" "$RECIPE/entry/entry.c"
link_module "$OUT" 20971520 entry.o
