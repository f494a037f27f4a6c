#!/usr/bin/env bash
# Links our entry points with libpython, and packs the library: work/link/python.wasm, work/guest/.
source "$(dirname "$0")/lib.sh"
source "$RECIPE/toolchain.sh"

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
{
    echo "static const unsigned char bootstrap_source[] = {"
    od -An -v -tx1 "$RECIPE/entry/bootstrap.py" | sed 's/ \(..\)/0x\1,/g'
    echo "0};"
} >"$OUT/bootstrap.h"
cp "$RECIPE/entry/entry.c" "$OUT/"
cd "$OUT"
$CC $GUEST_CFLAGS -g0 $GUEST_OPT $GUEST_LTO -fvisibility=hidden -I"$SOURCES/python/Include" -I"$CROSS" -I. -c entry.c -o entry.o
# The stack lies below the data, so that overflowing it traps instead of overwriting.
$CC $GUEST_LTO $GUEST_OPT -mexec-model=reactor -o python.wasm entry.o "$CROSS/libpython3.13.a" \
    "$CROSS"/Modules/_hacl/libHacl_Hash_SHA2.a "$CROSS"/Modules/_decimal/libmpdec/libmpdec.a \
    "$CROSS"/Modules/expat/libexpat.a "$WORK/zlib/libz.a" -lm \
    -lwasi-emulated-signal -lwasi-emulated-getpid -lwasi-emulated-process-clocks \
    -z stack-size=8388608 -Wl,--stack-first -Wl,--initial-memory=20971520 -Wl,--strip-all -Wl,--lto-O3 \
    -Wl,--wrap=__wasi_fd_filestat_get -Wl,--wrap=__wasi_path_filestat_get
if grep -aq "$WORK" python.wasm; then die "a path of the build machine is in the module"; fi
