#!/usr/bin/env bash
# The science runtime, from pinned inputs to artifacts/science/. The recipe's own steps up to link.sh come first; see ../../SCIENCE.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for part in fetch native cross link; do "$here/../$part.sh"; done
for part in fetch lapack bzip2 numpy scipy link snapshot artifacts; do "$here/$part.sh"; done
