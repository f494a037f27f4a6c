#!/usr/bin/env bash
# Collects the licences of everything whose code is inside the artifacts.
source "$(dirname "$0")/lib.sh"
out=$ARTIFACTS/licenses
mkdir -p "$out"
cp "$SOURCES/python/LICENSE" "$out/CPython.txt"
cp "$SOURCES/python/debian/copyright" "$out/CPython-parts.txt"
cp "$SOURCES/zlib/debian/copyright" "$out/zlib.txt"
cp "$ROOT/usr/share/doc/wasi-libc/copyright" "$out/wasi-libc.txt"
cp "$ROOT/usr/share/doc/libclang-rt-19-dev-wasm32/copyright" "$out/compiler-rt.txt"
