//! Nothing: the rules are tests, in `tests/layering.rs` and the folder `tests/house` beside it.
