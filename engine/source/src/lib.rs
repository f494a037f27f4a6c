//! Python source as a syntax tree.
//!
//! Everything here is a function of the text alone: the same text gives the same tree, on every machine with the same build.

mod tree;

pub use tree::{ParseError, SyntaxTree};
