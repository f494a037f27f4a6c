#!/usr/bin/env bash
# Compiles numpy for the guest with its own build system: archives of its extension modules in work/science/numpy. Its linear algebra
# calls the LAPACK of lapack.sh.
source "$(dirname "$0")/lib.sh"
source "$SCIENCE/guest.sh"

export LIBRARY_DIR=$LAPACK_BUILD LAPACK_NUMBER=${LAPACK_VERSION%-*}

cd "$SCIENCE_WORK" # probing the linker leaves an a.out behind
if [ "${1:-}" != --again ]; then
    step "numpy: configure"
    rm -rf "$NUMPY_BUILD"
    printf '%s\n' '[binaries]' "pkg-config = '$SCIENCE/pkg-config'" >numpy-cross.ini
    "$NATIVE/python" -B "$NUMPY/vendored-meson/meson/meson.py" setup "$NUMPY_BUILD" "$NUMPY" --cross-file cross.ini --cross-file numpy-cross.ini \
        --buildtype=release -Db_lundef=false -Db_asneeded=false -Db_staticpic=true -Db_pie=false -Ddefault_library=static \
        -Dallow-noblas=true -Dblas=none -Dlapack=lapack -Ddisable-threading=true >numpy-configure.log 2>&1 ||
        die "numpy's configure failed, see $SCIENCE_WORK/numpy-configure.log"
fi
step "numpy: make"
ninja -k 0 -j"$JOBS" -C "$NUMPY_BUILD" >numpy-make.log 2>&1 || die "numpy's make failed, see $SCIENCE_WORK/numpy-make.log"
