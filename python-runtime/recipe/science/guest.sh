# The guest's compiler, Python, Cython and f2py as meson calls them, in work/science/bin. Sourced after lib.sh.

BIN=$SCIENCE_WORK/bin
mkdir -p "$BIN"
ln -sf "$SCIENCE/compiler.py" "$BIN/guest-cc"
ln -sf "$SCIENCE/compiler.py" "$BIN/guest-c++"
# A file that is as it was stays untouched: meson would configure anew.
written() { cat >"$1.new" && chmod +x "$1.new" && { cmp -s "$1.new" "$1" && rm "$1.new" || mv "$1.new" "$1"; }; }
export GUEST_ROOT=$ROOT GUEST_LIBCXX=$SCIENCE_WORK/root/usr GUEST_HEADERS=$SOURCES/python/Include:$CROSS
# Vector instructions: the loops of arrays gain by them, and they compute the same bits everywhere.
export GUEST_FLAGS="-g0 -I$SCIENCE/kernels -ffile-prefix-map=$WORK=/build -msimd128 -DPCG_FORCE_EMULATED_128BIT_MATH ${GUEST_NUMPY_FLAGS:-}"

# Meson asks this interpreter for the guest's configuration; Cython runs in it, too.
written "$BIN/guest-python" <<SH
#!/bin/sh
export _PYTHON_PROJECT_BASE=$CROSS _PYTHON_HOST_PLATFORM=wasi-wasm32 _PYTHON_SYSCONFIGDATA_NAME=_sysconfigdata__wasi_wasm32-wasi
export PYTHONPATH=$CROSS/$(cat "$CROSS/pybuilddir.txt")
exec $NATIVE/python "\$@"
SH
written "$BIN/cython" <<SH
#!/bin/sh
PYTHONHASHSEED=0 PYTHONPATH=\${GUEST_TOOLS:-$TOOLS} exec $NATIVE/python -P -m cython "\$@"
SH
written "$BIN/f2py" <<SH
#!/bin/sh
PYTHONHASHSEED=0 PYTHONPATH=\$GUEST_TOOLS exec $NATIVE/python -P -m numpy.f2py "\$@"
SH
written "$SCIENCE_WORK/cross.ini" <<INI
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
export PATH=$BIN:$TOOLS/bin:$PATH PYTHONHASHSEED=0
