#!/usr/bin/env bash
# The whole recipe, from pinned inputs to artifacts/. See ../README.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for part in fetch native cross link snapshot artifacts licences; do "$here/$part.sh"; done
