#!/usr/bin/env bash
# Runs the test suites of numpy and scipy in the guest, one instance for each file, and compares counts and failures with check.expected.
#
#   check.sh [PLACE...]             folders or files of the two source trees: numpy, scipy/optimize, scipy/fft/tests/test_real_transforms.py::test_name
#                                   (numpy and scipy if none is named; the work folder's science/check.log has tracebacks)
#   check.sh --record [PLACE...]    takes what they give over into check.expected
#
# The tests run in a link that has the modules which only tests need (TESTS=1); numpy and scipy themselves are the same archives.
source "$(dirname "$0")/lib.sh"

PACKAGES=(pytest==8.4.2 hypothesis==6.142.2 pluggy==1.6.0 iniconfig==2.3.1 packaging==26.4 pygments==2.21.0 attrs==26.1.0 sortedcontainers==2.4.0)
WHEELS=$SCIENCE_WORK/check-pool
LOG=$SCIENCE_WORK/check.log
FUEL=4000000000000

fetch() {
    mkdir -p "$WHEELS"
    (cd "$WHEELS" && sha256sum --quiet --strict -c "$SCIENCE/check.sha256") >/dev/null 2>&1 ||
        (cd "$WHEELS" && python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
            --python-version 3.13 --platform any "${PACKAGES[@]}")
    (cd "$WHEELS" && sha256sum --quiet --strict -c "$SCIENCE/check.sha256") >&2 || die "a package of the check differs from science/check.sha256"
}

# The tests of a source tree and the packages that they belong to, without the packages' own modules: those are in the guest.
tests_of() {
    (cd "$1" && find "$2" -type f \( -path '*/tests/*' -o -name conftest.py -o -name __init__.py \) -print0 | tar -c --null -T -) | tar -x -C "$root/tests"
}

check() { PYTHONHASHSEED=0 "$NATIVE/python" -I -B "$SCIENCE/check.py" "$@"; }
run() { "$WORK/target/release/smoke" "$SCIENCE_WORK/python-tests.wasm" "$root" --fuel "$FUEL" "$@" >>"$LOG" 2>&1 || true; }

doing=compare
if [ "${1:-}" = --record ]; then
    doing=record
    shift
fi
[ $# -gt 0 ] || set -- numpy scipy

[ -f "$SCIENCE_WORK/python-tests.wasm" ] || { TESTS=1 "$SCIENCE/link.sh"; TESTS=1 "$SCIENCE/snapshot.sh"; }
fetch
root=$SCIENCE_WORK/check
rm -rf "$root"
cp -r "$SCIENCE_WORK/guest" "$root"
mkdir -p "$root/tests" "$root/site" "$root/jobs" "$root/dev"
: >"$root/dev/null"
tests_of "$NUMPY" numpy
tests_of "$SCIPY" scipy
# Tables of values that scipy's build makes of texts.
for table in boost gsl local; do
    PYTHONPATH=$NUMPY_TOOLS "$NATIVE/python" -P -B "$SCIPY/scipy/special/utils/makenpz.py" \
        "$table" -o "$root/tests/scipy/special/tests/data"
done
for wheel in "$WHEELS"/*.whl; do python3 -I -m zipfile -e "$wheel" "$root/site"; done
cp "$SCIENCE/check.py" "$root/site/check.py"
# Compiled once, and not in every guest.
"$NATIVE/python" -I -B -m compileall -q -o 0 --invalidation-mode unchecked-hash -s "$root" -p / "$root/site" "$root/tests" >/dev/null || true

: >"$LOG"
mapfile -t jobs < <(check jobs "$root/tests" "$root/jobs" "$@")
[ ${#jobs[@]} -gt 0 ] || die "no tests in $*"
# A guest that a test ends takes the rest of its file with it: that runs again without the test.
for round in 1 2 3 4 5 6 7 8; do
    step "science: tests, ${#jobs[@]} files, round $round"
    run "${jobs[@]}"
    mapfile -t jobs < <(check again "$LOG" "${jobs[@]}")
    [ ${#jobs[@]} -gt 0 ] || break
done
if [ $doing = record ]; then
    check record "$LOG" "$SCIENCE/check.expected"
fi
check compare "$LOG" "$SCIENCE/check.expected" || die "the tests behave differently from check.expected"
