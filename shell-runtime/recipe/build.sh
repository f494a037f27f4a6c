#!/usr/bin/env bash
# The whole recipe: compiles the guest for wasm32-wasip1, replaces its bulk-memory instructions by loops, and writes artifacts/. See
# ../README.md for what it needs.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
RECIPE=$(cd "$(dirname "$0")" && pwd)
RUNTIME=$(dirname "$RECIPE")
WORK=$RUNTIME/work
ARTIFACTS=$RUNTIME/artifacts
TARGET=wasm32-wasip1

die() { echo "recipe: $*" >&2; exit 1; }
step() { echo "recipe: $*" >&2; }

command -v zstd >/dev/null || die "the program zstd is needed"
command -v python3 >/dev/null || die "the program python3 is needed"
source "$RECIPE/inputs.versions"
rustc=${RUSTC:-rustc}
[ "$($rustc --version | cut -d' ' -f2)" = "$RUST_VERSION" ] || die "rustc $RUST_VERSION is needed; this one is $($rustc --version)"
std=$($rustc --print sysroot)/lib/rustlib/$TARGET/lib
[ -d "$std" ] || die "the standard library for $TARGET is missing: rustup target add $TARGET, or see README.md"
# The standard library, and the C library that comes with it, are inside the artifact.
mkdir -p "$WORK"
(cd "$std" && sha256sum --quiet --strict -c "$RECIPE/inputs.sha256") >&2 || die "the standard library for $TARGET differs from inputs.sha256"

step "guest"
# No path of the building machine may reach the module. The stack lies below the data, so overflowing it traps.
export CARGO_ENCODED_RUSTFLAGS
CARGO_ENCODED_RUSTFLAGS=$(printf '%s\x1f' \
    "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo" "--remap-path-prefix=$RUNTIME=/shell-runtime" \
    "--remap-path-prefix=$($rustc --print sysroot)=/rust" \
    -Clink-arg=-zstack-size=8388608 -Clink-arg=--stack-first -Ctarget-feature=-bulk-memory)
CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS%$'\x1f'}
cargo build --release --locked --target "$TARGET" --manifest-path "$RUNTIME/guest/Cargo.toml" --target-dir "$WORK/target"
unset CARGO_ENCODED_RUSTFLAGS

step "lower"
cargo build --release --locked --quiet --manifest-path "$RECIPE/lower/Cargo.toml" --target-dir "$WORK/tools"
lower=$WORK/tools/release/hyperspace-shell-lower
"$lower" "$WORK/target/$TARGET/release/hyperspace_shell_guest.wasm" "$WORK/shell.wasm"
if grep -aq -e "$RUNTIME" -e "${CARGO_HOME:-$HOME/.cargo}" "$WORK/shell.wasm"; then die "a path of the build machine is in the module"; fi

step "artifacts"
mkdir -p "$ARTIFACTS"
zstd -q -f -19 "$WORK/shell.wasm" -o "$ARTIFACTS/shell.wasm.zst"
python3 -I -B "$RECIPE/manifest.py" "$ARTIFACTS" "$WORK/shell.wasm" "$($lower --digest "$WORK/shell.wasm")" \
    "$($lower --memory-digest "$WORK/shell.wasm")" "$RUNTIME/guest/Cargo.lock" "$RECIPE/inputs.sha256" "$RUST_VERSION"
cargo tree --locked --manifest-path "$RUNTIME/guest/Cargo.toml" --target "$TARGET" -e normal --prefix none --format '{p}' |
    sed 's/ (.*//; s/ v/ /' | sort -u >"$WORK/tree.txt"
python3 -I -B "$RECIPE/licences.py" "$ARTIFACTS/licenses/crates.txt" "$WORK/tree.txt" "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*
step "artifacts are in $ARTIFACTS"
