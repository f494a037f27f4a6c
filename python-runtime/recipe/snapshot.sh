#!/usr/bin/env bash
# Takes the snapshot of the linked module: work/python.wasm.
source "$(dirname "$0")/lib.sh"

step "snapshot"
cargo build --release --locked --quiet --manifest-path "$RECIPE/snapshot/Cargo.toml" --target-dir "$WORK/target"
"$WORK/target/release/snapshot" "$WORK/link/python.wasm" "$WORK/guest" "$WORK/python.wasm"
