//! House rules that neither the compiler nor clippy checks, one per file, on the syntax trees of all crates.

mod contexts;
mod fuzz_targets;
mod imports;
mod names;
mod pages;
mod prose;
pub(crate) mod repository;
mod syntax;
mod violations;
