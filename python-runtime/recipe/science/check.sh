#!/usr/bin/env bash
# Runs numpy's own tests in the guest, one instance for each file, and compares the counts with check.expected.
# `check.sh --record` writes the file instead; `check.sh FILE...` runs the named files of numpy's tree and shows what fails.
#
# The tests run in a link that has the modules which only tests need (TESTS=1); numpy itself is the same archives.
source "$(dirname "$0")/lib.sh"

PACKAGES=(pytest==8.4.2 hypothesis==6.142.2 pluggy==1.6.0 iniconfig==2.3.1 packaging==26.4 pygments==2.21.0 attrs==26.1.0 sortedcontainers==2.4.0)
WHEELS=$SCIENCE_WORK/check-pool
# What needs a compiler, processes or threads, or asks about the vector units of the machine.
OMITTED='/(test_cython|test_limited_api|test_array_api_info|test_multithreading|test_multiprocessing|test_simd|test_simd_module|test_nditer_multithreading|test_public_api|test_configtool|test_mem_policy|test_mem_overlap_long|test_extending|test_numpy_config|test_scripts|test_warnings|test_import|test_import_lazy|test_lazyloading|test_reloading|test_ctypeslib)\.py$'

fetch() {
    mkdir -p "$WHEELS"
    (cd "$WHEELS" && sha256sum --quiet --strict -c "$SCIENCE/check.sha256") >/dev/null 2>&1 ||
        (cd "$WHEELS" && python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
            --python-version 3.13 --platform any "${PACKAGES[@]}")
    (cd "$WHEELS" && sha256sum --quiet --strict -c "$SCIENCE/check.sha256") >&2 || die "a package of the check differs from science/check.sha256"
}

[ -f "$SCIENCE_WORK/python-tests.wasm" ] || { TESTS=1 "$SCIENCE/link.sh"; TESTS=1 "$SCIENCE/snapshot.sh"; }
fetch
root=$SCIENCE_WORK/check
rm -rf "$root"
cp -r "$SCIENCE_WORK/guest" "$root"
mkdir -p "$root/tests" "$root/site" "$root/jobs" "$root/dev"
: >"$root/dev/null"
cp -r "$NUMPY/numpy" "$root/tests/numpy"
for wheel in "$WHEELS"/*.whl; do python3 -I -m zipfile -e "$wheel" "$root/site"; done
cp "$SCIENCE/check.py" "$root/site/check_numpy.py"

if [ $# -gt 0 ] && [ "$1" != --record ]; then
    files=("$@")
else
    mapfile -t files < <(cd "$NUMPY" && find numpy -path '*/tests/test_*.py' -not -path 'numpy/f2py/*' -not -path 'numpy/distutils/*' \
        -not -path 'numpy/typing/*' -not -path 'numpy/_pyinstaller/*' | grep -Ev "$OMITTED" | sort)
fi
jobs=()
for file in "${files[@]}"; do
    job=$root/jobs/$(tr / . <<<"$file").json
    printf '{"argv": ["%s"], "path": ["/site", "/tests"], "main": {"call": {"module": "check_numpy", "function": "run", "args": ["%s"]}}}' \
        "$file" "$file" >"$job"
    jobs+=("$job")
done
"$WORK/target/release/smoke" "$SCIENCE_WORK/python-tests.wasm" "$root" --fuel 2000000000000 "${jobs[@]}" >"$SCIENCE_WORK/check.log" 2>&1 || true
"$NATIVE/python" -I -B "$SCIENCE/check.py" "$SCIENCE_WORK/check.log" >"$SCIENCE_WORK/check.actual"
if [ $# -gt 0 ] && [ "$1" != --record ]; then cat "$SCIENCE_WORK/check.actual"; exit; fi
if [ "${1:-}" = --record ]; then cp "$SCIENCE_WORK/check.actual" "$SCIENCE/check.expected"; fi
diff -u "$SCIENCE/check.expected" "$SCIENCE_WORK/check.actual" || die "numpy's tests behave differently from check.expected"
