#!/usr/bin/env bash
# Downloads the pinned inputs with apt (private lists, private state) and unpacks them below work/.
# An input whose bytes differ from inputs.sha256 stops the recipe. `fetch.sh --pin` rewrites the pins instead.
source "$(dirname "$0")/lib.sh"

POOL=$WORK/pool
TOOLS=(clang-19 lld-19 llvm-19 llvm-19-linker-tools libclang-rt-19-dev-wasm32 libclang-rt-19-dev libclang-common-19-dev libclang-cpp19 libllvm19)

source "$RECIPE/apt.sh"

mkdir -p "$POOL"
pinned() { (cd "$POOL" && sha256sum --quiet --strict -c "$RECIPE/inputs.sha256") >/dev/null 2>&1; }

if [ "${1:-}" = --pin ] || ! pinned; then
    private apt-get update >&2
    cd "$POOL"
    source "$RECIPE/inputs.versions"
    for package in "${TOOLS[@]}"; do
        private apt-get download "$package=$LLVM_VERSION" >&2 || gone "$package $LLVM_VERSION"
    done
    private apt-get download "wasi-libc=$WASI_LIBC_VERSION" >&2 || gone "wasi-libc $WASI_LIBC_VERSION"
    private apt-get source --download-only "python3.13=$PYTHON_VERSION" >&2 || gone "python3.13 $PYTHON_VERSION"
    private apt-get source --download-only "zlib=$ZLIB_VERSION" >&2 || gone "zlib $ZLIB_VERSION"
    [ "${1:-}" != --pin ] || sha256sum -- * >"$RECIPE/inputs.sha256"
fi
(cd "$POOL" && sha256sum --quiet --strict -c "$RECIPE/inputs.sha256") >&2 || die "an input is missing or differs from inputs.sha256"

rm -rf "$ROOT" "$SOURCES"
mkdir -p "$ROOT" "$SOURCES"
for deb in "$POOL"/*.deb; do dpkg -x "$deb" "$ROOT"; done
# The package places the compiler's run-time library for "wasi"; the compiler looks for it under the full name of the target.
rt=$ROOT/usr/lib/llvm-19/lib/clang/19/lib
mkdir -p "$rt/wasm32-unknown-wasip1"
ln -s ../wasi/libclang_rt.builtins-wasm32.a "$rt/wasm32-unknown-wasip1/libclang_rt.builtins.a"
dpkg-source --no-check -x "$POOL"/python3.13_*.dsc "$SOURCES/python" >&2
for change in "$RECIPE"/patches/*.patch; do patch -s -d "$SOURCES/python" -p1 <"$change"; done
dpkg-source --no-check -x "$POOL"/zlib_*.dsc "$SOURCES/zlib" >&2
step "inputs are complete"
