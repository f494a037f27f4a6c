#!/usr/bin/env bash
# Links the extension modules of numpy and scipy into the interpreter: work/science/link/python.wasm; packs their Python files: work/science/guest/.
# With TESTS=1 the link is work/science/link-tests/, with the modules that only numpy's tests need.
source "$(dirname "$0")/lib.sh"
source "$RECIPE/linking.sh"

OUT=$SCIENCE_WORK/link${TESTS:+-tests}
GUEST=$SCIENCE_WORK/guest
rm -rf "$OUT" "$GUEST"
mkdir -p "$OUT"
cp -r "$WORK/guest" "$GUEST"

step "science: library"
# Without columns of the sources, which are not in the guest: a fifth of the byte code, compressed.
PYTHONHASHSEED=0 "$NATIVE/python" -I -B -X no_debug_ranges "$SCIENCE/pack.py" "$NUMPY" "$NUMPY_BUILD" "$SCIPY_BUILD" "$WORK" "$GUEST/usr/lib/science.zip"

step "science: link"
mapfile -t archives < <("$NATIVE/python" -I -B "$SCIENCE/modules.py" link "$OUT/modules.c" ${TESTS:+--tests} "$NUMPY_BUILD" "$SCIPY_BUILD")
"$NATIVE/python" -I -B "$SCIENCE/weaken.py" "${archives[@]}"
embed "$OUT" "$RECIPE/entry/bootstrap.py" "$SCIENCE/bootstrap.py"
compile_unit "$OUT" "$RECIPE/entry/entry.c" -DHYPERSPACE_EXTENSIONS
compile_unit "$OUT" "$OUT/modules.c"
compile_unit "$OUT" "$SCIENCE/exceptions.c" -fno-lto
cp "$SCIENCE/kernels/"*.h "$OUT/"
"$NATIVE/python" -I -B "$SCIENCE/kernels/elementary.py" "$OUT/elementary_tables.h"
# Where a product is added with one rounding, the sources say so: everything else is rounded as written.
for unit in products elementary float_status long_double; do
    compile_unit "$OUT" "$SCIENCE/kernels/$unit.c" -msimd128 -mrelaxed-simd -ffp-contract=off -fno-lto
done
"$NATIVE/python" -I -B "$SCIENCE/signatures.py" "$OUT"/{products,elementary,float_status,long_double,exceptions}.o "$LAPACK_BUILD/liblapack.a" \
    "$BZIP2_BUILD/libbz2.a" "${archives[@]}"
LINK_LIBRARIES="-L$ROOT/usr/lib/wasm32-wasi -L$SCIENCE_WORK/root/usr/lib/wasm32-wasi -lc++ -lc++abi -lc-printscan-long-double"
link_module "$OUT" 41943040 entry.o modules.o exceptions.o products.o elementary.o float_status.o long_double.o \
    "$LAPACK_BUILD/liblapack.a" "$BZIP2_BUILD/libbz2.a" "${archives[@]}"
ls -l "$OUT/python.wasm" >&2
