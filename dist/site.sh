#!/usr/bin/env bash
# Builds the documentation as a site of static pages, and checks that every link in it leads to a page or file of the site.
#
#   dist/site.sh [--to FOLDER]
#
# The pages and their order are those of docs/SUMMARY.md; what they link to beside pages is copied. The site is FOLDER (default:
# target/site), and needs no server: open FOLDER/index.html. Needs mdbook (`cargo install mdbook`) and python3.
set -euo pipefail

MDBOOK_VERSION=0.5.4

to=''
while [ $# -gt 0 ]; do
    case "$1" in
        --to) mkdir -p "$2"; to=$(realpath "$2"); shift 2 ;;
        --mdbook-version) echo "$MDBOOK_VERSION"; exit 0 ;;
        *) sed -n '2,7p' "$0" >&2; exit 2 ;;
    esac
done
cd "$(dirname "$0")/.."
to=${to:-$PWD/target/site}
if ! command -v mdbook >/dev/null; then
    echo "mdbook is not installed: cargo install --locked mdbook --version $MDBOOK_VERSION" >&2
    exit 1
fi

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
python3 dist/site.py collect docs/SUMMARY.md "$stage/src"
cp dist/book.toml "$stage/"
rm -rf "$to"
mdbook build --dest-dir "$to" "$stage"
python3 dist/site.py check "$to"
