#!/usr/bin/env bash
# Builds the release archive: one stripped binary, manual pages, shell completions and licences.
#
#   dist/build.sh [--program FILE] [--to FOLDER]
#
# Without --program it runs `cargo build --release --locked` first. With it, it packs that binary, which is quick; the tests do so.
# The archive is FOLDER/hyperspace-VERSION-TARGET.tar.gz (default: dist/out), beside its SHA-256. The same binary gives the same
# archive, byte for byte: names are sorted, owners are 0, and all times are SOURCE_DATE_EPOCH, by default that of the last commit.
set -euo pipefail

program='' to=''
while [ $# -gt 0 ]; do
    case "$1" in
        --program) program=$(realpath "$2"); shift 2 ;;
        --to) mkdir -p "$2"; to=$(realpath "$2"); shift 2 ;;
        *) sed -n '2,8p' "$0" >&2; exit 2 ;;
    esac
done
cd "$(dirname "$0")/.."
if [ -z "$to" ]; then mkdir -p dist/out; to=$PWD/dist/out; fi

if [ -z "$program" ]; then
    # The compiler of guests as fast as it gets: here the time of the build does not matter.
    cargo build --release --locked --config 'profile.release.package.cranelift-codegen.opt-level=3'
    program=$PWD/${CARGO_TARGET_DIR:-target}/release/hyperspace
fi

version=$("$program" --version | cut -d ' ' -f 2)
target=$(uname -m)-$(uname -s | tr '[:upper:]' '[:lower:]')
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
name=hyperspace-$version-$target

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
umask 022
root=$stage/$name
mkdir -p "$root/man/man1" "$root/completions" "$root/licenses/python-runtime" "$root/licenses/shell-runtime"

install -m 755 "$program" "$root/hyperspace"
strip "$root/hyperspace"
"$program" man "$root/man/man1"
"$program" completions bash >"$root/completions/hyperspace.bash"
"$program" completions fish >"$root/completions/hyperspace.fish"
"$program" completions zsh >"$root/completions/_hyperspace"
install -m 644 README.md CHANGELOG.md LICENSE LICENSE-APACHE LICENSE-MIT "$root/"
cp -R python-runtime/artifacts/licenses/. "$root/licenses/python-runtime/"
cp -R shell-runtime/artifacts/licenses/. "$root/licenses/shell-runtime/"
# Crates that are linked into the binary: the list with their licences, and the texts that they ship.
cargo tree --locked --package hyperspace-cli --edges normal --prefix none --format '{p} {l}' |
    sed 's/ (\*)$//' | grep -v "^hyperspace" | sed -E 's/ \((proc-macro|\/[^)]*)\)//g' | sort -u >"$root/licenses/crates.txt"
sources=$(echo "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/)
while read -r crate version _; do
    for text in ${sources:+"${sources%% *}$crate-${version#v}"/}{LICENSE,LICENCE,COPYING,NOTICE}*; do
        [ -f "$text" ] && install -D -m 644 "$text" "$root/licenses/crates/$crate-${version#v}/$(basename "$text")"
    done || true
done <"$root/licenses/crates.txt"
find "$root/licenses" -type f -exec chmod 644 {} +

tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" --format=ustar -C "$stage" -cf - "$name" |
    gzip -n -9 >"$to/$name.tar.gz"
(cd "$to" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
echo "$to/$name.tar.gz"
