#!/usr/bin/env bash
# Makes the NaN of the linked module canonical and takes its snapshot: work/science/python.wasm.
source "$(dirname "$0")/lib.sh"

cargo build --release --locked --quiet --manifest-path "$RECIPE/snapshot/Cargo.toml" --target-dir "$WORK/target"
LINK=$SCIENCE_WORK/link${TESTS:+-tests}
step "science: canonical NaN"
"$WORK/target/release/canonical" "$LINK/python.wasm" "$LINK/canonical.wasm"
step "science: snapshot"
"$WORK/target/release/snapshot" "$LINK/canonical.wasm" "$SCIENCE_WORK/guest" "$SCIENCE_WORK/python${TESTS:+-tests}.wasm"
