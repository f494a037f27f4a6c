#!/usr/bin/env bash
# Compresses the snapshot and the library of numpy and scipy into artifacts/science/, with manifest, digests and licences.
source "$(dirname "$0")/lib.sh"
source "$RECIPE/inputs.versions"
command -v zstd >/dev/null || die "the program zstd is needed"

out=$SCIENCE_ARTIFACTS
mkdir -p "$out/licenses"
# Each has much in common with the one before it: the interpreter with the plain one, the library with the modules that are imported.
PLAIN=$SCIENCE_WORK/plain.wasm
zstd -q -d -f "$ARTIFACTS/python.wasm.zst" -o "$PLAIN"
packed() { zstd -q -f --ultra -22 --long=27 --single-thread --patch-from="$2" "$1" -o "$3" 2>/dev/null || die "$1 does not compress"; }
packed "$SCIENCE_WORK/guest/usr/lib/science.zip" "$SCIENCE_WORK/python.wasm" "$out/science.zip.zst" &
packed "$SCIENCE_WORK/python.wasm" "$PLAIN" "$out/python.wasm.zst"
wait $!
"$NATIVE/python" -I -B "$SCIENCE/manifest.py" "$out" "$SCIENCE_WORK/python.wasm" "$SCIENCE_WORK/guest" \
    "$RECIPE/inputs.sha256" "$SCIENCE/inputs.sha256" "$PYTHON_VERSION" "$LLVM_VERSION" "$WASI_LIBC_VERSION" "$ZLIB_VERSION" \
    "$NUMPY_VERSION" "$SCIPY_VERSION" "$LAPACK_VERSION" "$BZIP2_VERSION" "$CYTHON_VERSION" "$WORK/target/release/snapshot"

# Those of the interpreter and its parts are in ../licenses; here is what is linked in besides.
cp "$NUMPY/LICENSE.txt" "$out/licenses/numpy.txt"
cp "$NUMPY/numpy/random/LICENSE.md" "$out/licenses/numpy-random.txt"
cp "$NUMPY/numpy/fft/pocketfft/LICENSE.md" "$out/licenses/numpy-pocketfft.txt"
cp "$NUMPY/numpy/linalg/lapack_lite/LICENSE.txt" "$out/licenses/numpy-lapack_lite.txt"
cp "$NUMPY/numpy/_core/src/highway/LICENSE" "$out/licenses/numpy-highway.txt"
cp "$LAPACK/LICENSE" "$out/licenses/lapack.txt"
cp "$BZIP2/LICENSE" "$out/licenses/bzip2.txt"
# scipy's own, with those of what it brings along.
cp "$SCIPY/LICENSE.txt" "$out/licenses/scipy.txt"
cp "$SCIPY/LICENSES_bundled.txt" "$out/licenses/scipy-parts.txt"
cp "$TOOLS"/pybind11-*.dist-info/licenses/LICENSE "$out/licenses/pybind11.txt"
cp "$SCIENCE_WORK/root/usr/share/doc/libc++-19-dev-wasm32/copyright" "$out/licenses/libcxx.txt"
step "artifacts are in $out"
