#!/usr/bin/env bash
# Downloads numpy's sources, the tools that build them and the C++ library, checks them against inputs.sha256 and unpacks them.
# `fetch.sh --pin` rewrites the pins instead.
source "$(dirname "$0")/lib.sh"
source "$RECIPE/inputs.versions"
source "$RECIPE/apt.sh"

POOL=$SCIENCE_WORK/pool
LIBRARIES=(libc++-19-dev-wasm32 libc++abi-19-dev-wasm32)
mkdir -p "$POOL"

pinned() { (cd "$POOL" && sha256sum --quiet --strict -c "$SCIENCE/inputs.sha256") >/dev/null 2>&1; }

# pip asks a source archive for its metadata, for which numpy would configure a whole build. Nothing here needs the answer.
backend() {
    mkdir -p "$SCIENCE_WORK/backend"
    cat >"$SCIENCE_WORK/backend/mesonpy.py" <<'PYTHON'
import pathlib


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(directory, config_settings=None):
    lines = pathlib.Path("pyproject.toml").read_text().splitlines()
    version = next(line.split('"')[1] for line in lines if line.startswith("version = "))
    place = pathlib.Path(directory, f"numpy-{version}.dist-info")
    place.mkdir()
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: numpy\nVersion: {version}\n")
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
    backend
    pip=(python3 -m pip download --quiet --no-deps --disable-pip-version-check)
    PYTHONPATH=$SCIENCE_WORK/backend "${pip[@]}" --no-build-isolation --no-binary numpy "numpy==$NUMPY_VERSION" >&2
    "${pip[@]}" --only-binary :all: --platform manylinux2014_x86_64 --python-version 3.13 \
        "Cython==$CYTHON_VERSION" "ninja==$NINJA_VERSION" >&2
    [ "${1:-}" != --pin ] || sha256sum -- * >"$SCIENCE/inputs.sha256"
fi
(cd "$POOL" && sha256sum --quiet --strict -c "$SCIENCE/inputs.sha256") >&2 || die "an input is missing or differs from science/inputs.sha256"

rm -rf "$SCIENCE_WORK/root" "$SCIENCE_WORK/src" "$TOOLS"
mkdir -p "$SCIENCE_WORK/root" "$NUMPY" "$TOOLS"
for deb in "$POOL"/*.deb; do dpkg -x "$deb" "$SCIENCE_WORK/root"; done
tar -xf "$POOL/numpy-$NUMPY_VERSION.tar.gz" --strip-components=1 -C "$NUMPY"
for change in "$SCIENCE"/patches/*.patch; do patch -s -d "$NUMPY" -p1 <"$change"; done
for wheel in "$POOL"/*.whl; do python3 -I -m zipfile -e "$wheel" "$TOOLS"; done
mkdir -p "$TOOLS/bin"
mv "$TOOLS"/ninja-*.data/scripts/ninja "$TOOLS/bin/"
chmod +x "$TOOLS/bin/ninja"
step "inputs of the science runtime are complete"
