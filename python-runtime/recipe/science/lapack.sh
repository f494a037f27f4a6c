#!/usr/bin/env bash
# Compiles LAPACK and the reference BLAS for the guest: work/science/lapack/liblapack.a. There is no Fortran compiler for WebAssembly here,
# so f2c translates (lapack/convert.py), and what it cannot read is in C (lapack/*.c).
source "$(dirname "$0")/lib.sh"

step "lapack: translate"
rm -rf "$LAPACK_BUILD"
mkdir -p "$LAPACK_BUILD/units"
cp "$SCIENCE"/lapack/*.[ch] "$LAPACK_BUILD/units/"
cd "$LAPACK_BUILD/units"
"$NATIVE/python" -I -B "$SCIENCE/lapack/convert.py" "$SCIENCE_WORK/root/usr/bin/f2c" "$LAPACK" . >"$LAPACK_BUILD/left-out"
cat "$LAPACK_BUILD/left-out" >&2

step "lapack: compile"
flags="-g0 -O3 -msimd128 -fno-math-errno -ffile-prefix-map=$WORK=/build -Wno-everything -std=gnu99"
printf '%s\n' *.c | xargs -P "$JOBS" -n 40 $CC $flags -c || die "LAPACK does not compile"
llvm-ar rcsD "$LAPACK_BUILD/liblapack.a" ./*.o
