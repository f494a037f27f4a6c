#!/usr/bin/env bash
# Takes the snapshot of the linked module: work/science/python.wasm.
source "$(dirname "$0")/lib.sh"

step "science: snapshot"
cargo build --release --locked --quiet --manifest-path "$RECIPE/snapshot/Cargo.toml" --target-dir "$WORK/target"
"$WORK/target/release/snapshot" "$SCIENCE_WORK/link${TESTS:+-tests}/python.wasm" "$SCIENCE_WORK/guest" "$SCIENCE_WORK/python${TESTS:+-tests}.wasm"
