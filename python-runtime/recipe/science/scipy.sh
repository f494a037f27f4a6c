#!/usr/bin/env bash
# Compiles scipy for the guest with its own build system: archives of its extension modules in work/science/scipy.
# `scipy.sh --again [TARGET...]` goes on with what is there.
source "$(dirname "$0")/lib.sh"
source "$SCIENCE/guest.sh"

# numpy's headers as an installed numpy has them: f2py's are found beside them.
HEADERS=$SCIENCE_WORK/headers/numpy
export LIBRARY_DIR=$LAPACK_BUILD PYBIND11_DIR=$TOOLS/pybind11/include NUMPY_HEADERS=$HEADERS/_core/include
export NUMPY_VERSION PYBIND11_VERSION LAPACK_NUMBER=${LAPACK_VERSION%-*}
# -O2 for meson's -O3: a third smaller where templates abound, and no slower that could be measured.
export GUEST_FLAGS="$GUEST_FLAGS -O2 -I$SCIENCE/shims"
# f2py and Cython for scipy see an installed numpy: that of the build machine, with the declarations of the guest's.
export GUEST_TOOLS=$NUMPY_TOOLS:$TOOLS

cd "$SCIENCE_WORK"
if [ "${1:-}" != --again ]; then
    step "scipy: configure"
    rm -rf "$SCIPY_BUILD" "$HEADERS"
    mkdir -p "$HEADERS/_core/include" "$HEADERS/f2py"
    cp -r "$NUMPY/numpy/_core/include/numpy" "$HEADERS/_core/include/"
    cp "$NUMPY_BUILD"/numpy/_core/{_numpyconfig.h,__multiarray_api.h,__ufunc_api.h} "$HEADERS/_core/include/numpy/"
    cp -r "$NUMPY/numpy/f2py/src" "$HEADERS/f2py/"
    cat >scipy-cross.ini <<INI
[binaries]
pkg-config = '$SCIENCE/pkg-config'
[properties]
numpy-include-dir = '$HEADERS/_core/include'
INI
    "$NATIVE/python" -B "$TOOLS/meson.py" setup "$SCIPY_BUILD" "$SCIPY" --cross-file cross.ini --cross-file scipy-cross.ini \
        --buildtype=release -Db_lundef=false -Db_asneeded=false -Db_staticpic=true -Db_pie=false -Ddefault_library=static \
        -Dblas=blas -Dlapack=lapack -Duse-pythran=false -D_without-fortran=true >scipy-configure.log 2>&1 ||
        die "scipy's configure failed, see $SCIENCE_WORK/scipy-configure.log"
else
    shift
fi
step "scipy: make"
# What is linked, and no more: some of the modules that are left out do not compile for the guest.
if [ $# -eq 0 ]; then
    mapfile -t linked < <("$NATIVE/python" -I -B "$SCIENCE/modules.py" targets "$SCIPY_BUILD")
    set -- "${linked[@]}"
fi
# Some commands of the build are meson's own.
PYTHONPATH=$TOOLS ninja -k 0 -j"$JOBS" -C "$SCIPY_BUILD" "$@" >scipy-make.log 2>&1 || die "scipy's make failed, see $SCIENCE_WORK/scipy-make.log"
