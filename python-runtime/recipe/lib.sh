# Shared by the recipe's scripts: where things are, and how they fail. Sourced, never run.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
# One date for everything that would otherwise carry the time of the build (2025-06-11, the release of CPython 3.13.5).
export SOURCE_DATE_EPOCH=1749600000

RECIPE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
RUNTIME=$(dirname "$RECIPE")
WORK=$RUNTIME/work
ARTIFACTS=$RUNTIME/artifacts
ROOT=$WORK/root            # unpacked toolchain; nothing is installed
SOURCES=$WORK/src          # unpacked sources
NATIVE=$WORK/native        # the build machine's python, needed to build the guest's
CROSS=$WORK/cross          # the guest's python
JOBS=${JOBS:-$(nproc)}

die() { echo "recipe: $*" >&2; exit 1; }
step() { echo "recipe: $*" >&2; }

[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || die "needs a Debian-like amd64 machine (dpkg, apt-get, dpkg-source)"
