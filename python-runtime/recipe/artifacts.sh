#!/usr/bin/env bash
# Compresses the snapshot and the library into artifacts/ and writes what they are into artifacts/manifest.json and digests.rs.
source "$(dirname "$0")/lib.sh"
source "$RECIPE/inputs.versions"
command -v zstd >/dev/null || die "the program zstd is needed"

mkdir -p "$ARTIFACTS"
zstd -q -f -19 "$WORK/python.wasm" -o "$ARTIFACTS/python.wasm.zst"
zstd -q -f -19 "$WORK/guest/usr/lib/python313.zip" -o "$ARTIFACTS/python313.zip.zst"
"$NATIVE/python" -I -B "$RECIPE/manifest.py" "$ARTIFACTS" "$WORK/python.wasm" "$WORK/guest" "$RECIPE/inputs.sha256" \
    "$PYTHON_VERSION" "$LLVM_VERSION" "$WASI_LIBC_VERSION" "$ZLIB_VERSION" "$WORK/target/release/snapshot"
step "artifacts are in $ARTIFACTS"
