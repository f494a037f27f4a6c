#!/usr/bin/env bash
# Compiles numpy for the guest with its own build system: archives of its extension modules in work/science/numpy.
source "$(dirname "$0")/lib.sh"

source "$SCIENCE/guest.sh"

# numpy's part of LAPACK has names of its own, beside scipy's.
export GUEST_FLAGS="$GUEST_FLAGS -DBLAS_SYMBOL_SUFFIX=_lite"

cd "$SCIENCE_WORK" # probing the linker leaves an a.out behind
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
