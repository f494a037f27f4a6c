#!/usr/bin/env bash
# Compiles numpy for the guest with its own build system: archives of its extension modules in work/science/numpy.
source "$(dirname "$0")/lib.sh"

BIN=$SCIENCE_WORK/bin
mkdir -p "$BIN"
ln -sf "$SCIENCE/compiler.py" "$BIN/guest-cc"
ln -sf "$SCIENCE/compiler.py" "$BIN/guest-c++"
export GUEST_ROOT=$ROOT GUEST_LIBCXX=$SCIENCE_WORK/root/usr GUEST_HEADERS=$SOURCES/python/Include:$CROSS
# Vector instructions: the loops of arrays gain by them, and they compute the same bits everywhere.
export GUEST_FLAGS="-g0 -I$SCIENCE/kernels -ffile-prefix-map=$WORK=/build -msimd128 ${GUEST_NUMPY_FLAGS:-}"

# Meson asks this interpreter for the guest's configuration; Cython runs in it, too.
cat >"$BIN/guest-python" <<SH
#!/bin/sh
export _PYTHON_PROJECT_BASE=$CROSS _PYTHON_HOST_PLATFORM=wasi-wasm32 _PYTHON_SYSCONFIGDATA_NAME=_sysconfigdata__wasi_wasm32-wasi
export PYTHONPATH=$CROSS/$(cat "$CROSS/pybuilddir.txt")
exec $NATIVE/python "\$@"
SH
cat >"$BIN/cython" <<SH
#!/bin/sh
PYTHONHASHSEED=0 PYTHONPATH=$TOOLS exec $NATIVE/python -m cython "\$@"
SH
chmod +x "$BIN/guest-python" "$BIN/cython"
cat >"$SCIENCE_WORK/cross.ini" <<INI
[binaries]
c = '$BIN/guest-cc'
cpp = '$BIN/guest-c++'
ar = '$ROOT/usr/lib/llvm-19/bin/llvm-ar'
ranlib = '$ROOT/usr/lib/llvm-19/bin/llvm-ranlib'
strip = 'true'
python = '$BIN/guest-python'
[host_machine]
system = 'wasi'
cpu_family = 'wasm32'
cpu = 'wasm32'
endian = 'little'
[properties]
needs_exe_wrapper = true
longdouble_format = 'IEEE_QUAD_LE'
skip_sanity_check = true
INI

cd "$SCIENCE_WORK" # probing the linker leaves an a.out behind
export PATH=$BIN:$TOOLS/bin:$PATH PYTHONHASHSEED=0
if [ "${1:-}" != --again ]; then
    step "numpy: configure"
    rm -rf "$NUMPY_BUILD"
    "$NATIVE/python" -B "$NUMPY/vendored-meson/meson/meson.py" setup "$NUMPY_BUILD" "$NUMPY" --cross-file cross.ini \
        --buildtype=release -Db_lundef=false -Db_asneeded=false -Db_staticpic=true -Db_pie=false -Ddefault_library=static \
        -Dallow-noblas=true -Dblas=none -Dlapack=none -Ddisable-threading=true >numpy-configure.log 2>&1 ||
        die "numpy's configure failed, see $SCIENCE_WORK/numpy-configure.log"
fi
step "numpy: make"
ninja -k 0 -j"$JOBS" -C "$NUMPY_BUILD" >numpy-make.log 2>&1 || die "numpy's make failed, see $SCIENCE_WORK/numpy-make.log"
