#!/usr/bin/env bash
# Downloads the sources of numpy, scipy, LAPACK and bzip2, the tools that build them and the C++ library, checks them against inputs.sha256
# and unpacks them.
# `fetch.sh --pin` rewrites the pins instead.
source "$(dirname "$0")/lib.sh"
source "$RECIPE/inputs.versions"
source "$RECIPE/apt.sh"

POOL=$SCIENCE_WORK/pool
LIBRARIES=(libc++-19-dev-wasm32 libc++abi-19-dev-wasm32)
mkdir -p "$POOL"

pinned() { (cd "$POOL" && sha256sum --quiet --strict -c "$SCIENCE/inputs.sha256") >/dev/null 2>&1; }

# pip asks a source archive for its metadata, for which numpy and scipy would configure a whole build. Nothing here needs the answer.
backend() {
    mkdir -p "$SCIENCE_WORK/backend"
    cat >"$SCIENCE_WORK/backend/mesonpy.py" <<'PYTHON'
import pathlib


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(directory, config_settings=None):
    lines = pathlib.Path("pyproject.toml").read_text().splitlines()
    name, version = (next(line.split('"')[1] for line in lines if line.startswith(f"{key} = ")) for key in ("name", "version"))
    place = pathlib.Path(directory, f"{name}-{version}.dist-info")
    place.mkdir()
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return place.name
PYTHON
}

if [ "${1:-}" = --pin ] || ! pinned; then
    rm -rf "$POOL"
    mkdir -p "$POOL"
    private apt-get update >&2
    cd "$POOL"
    for package in "${LIBRARIES[@]}"; do
        private apt-get download "$package=$LLVM_VERSION" >&2 || gone "$package $LLVM_VERSION"
    done
    private apt-get download "f2c=$F2C_VERSION" >&2 || gone "f2c $F2C_VERSION"
    private apt-get source --download-only --tar-only "lapack=$LAPACK_VERSION" >&2 || gone "lapack $LAPACK_VERSION"
    private apt-get source --download-only --tar-only "bzip2=$BZIP2_VERSION" >&2 || gone "bzip2 $BZIP2_VERSION"
    backend
    pip=(python3 -m pip download --quiet --no-deps --disable-pip-version-check)
    # What the packages ask of a Python is for the guest's, not for the one that downloads them.
    PYTHONPATH=$SCIENCE_WORK/backend "${pip[@]}" --no-build-isolation --ignore-requires-python --no-binary numpy,scipy \
        "numpy==$NUMPY_VERSION" "scipy==$SCIPY_VERSION" >&2
    "${pip[@]}" --only-binary :all: --platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64 --python-version 3.13 \
        "numpy==$NUMPY_VERSION" \
        "Cython==$CYTHON_VERSION" "meson==$MESON_VERSION" "ninja==$NINJA_VERSION" "pybind11==$PYBIND11_VERSION" >&2
    [ "${1:-}" != --pin ] || sha256sum -- * >"$SCIENCE/inputs.sha256"
fi
(cd "$POOL" && sha256sum --quiet --strict -c "$SCIENCE/inputs.sha256") >&2 || die "an input is missing or differs from science/inputs.sha256"

rm -rf "$SCIENCE_WORK/root" "$SCIENCE_WORK/src" "$TOOLS" "$NUMPY_TOOLS"
mkdir -p "$SCIENCE_WORK/root" "$NUMPY" "$SCIPY" "$LAPACK" "$BZIP2" "$TOOLS" "$NUMPY_TOOLS"
for deb in "$POOL"/*.deb; do dpkg -x "$deb" "$SCIENCE_WORK/root"; done
tar -xf "$POOL/numpy-$NUMPY_VERSION.tar.gz" --strip-components=1 -C "$NUMPY"
tar -xf "$POOL/scipy-$SCIPY_VERSION.tar.gz" --strip-components=1 -C "$SCIPY"
tar -xf "$POOL"/lapack_*.orig.tar.gz --strip-components=1 -C "$LAPACK"
tar -xf "$POOL"/bzip2_*.orig.tar.gz --strip-components=1 -C "$BZIP2"
for change in "$SCIENCE"/patches/numpy/*.patch; do patch -s -d "$NUMPY" -p1 <"$change"; done
shopt -s nullglob
for change in "$SCIENCE"/patches/scipy/*.patch; do patch -s -d "$SCIPY" -p1 <"$change"; done
# numpy of the build machine has f2py, and for Cython the declarations of the guest's numpy.
python3 -I -m zipfile -e "$POOL/numpy-$NUMPY_VERSION"-*.whl "$NUMPY_TOOLS"
(cd "$NUMPY" && find numpy -name '*.pxd' -exec cp --parents {} "$NUMPY_TOOLS" \;)
for wheel in "$POOL"/[!n]*.whl "$POOL"/ninja-*.whl; do python3 -I -m zipfile -e "$wheel" "$TOOLS"; done
for change in "$SCIENCE"/patches/{pybind11,cython}/*.patch; do patch -s -d "$TOOLS" -p1 <"$change"; done
for change in "$SCIENCE"/patches/f2py/*.patch; do patch -s -d "$NUMPY_TOOLS" -p1 <"$change"; done
mkdir -p "$TOOLS/bin"
mv "$TOOLS"/ninja-*.data/scripts/ninja "$TOOLS/bin/"
chmod +x "$TOOLS/bin/ninja"
printf '%s\n' 'import sys' 'from mesonbuild.mesonmain import main' 'sys.exit(main())' >"$TOOLS/meson.py"
step "inputs of the science runtime are complete"
