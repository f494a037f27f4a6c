//! Python source as a syntax tree.
//!
//! Everything here is a function of the text alone: the same text gives the same tree, on every machine with the same build.
//!
//! ```
//! use hyperspace_source::{CodeMeasures, NormalForm, Shingles, SyntaxTree};
//!
//! let one = "def f(x):\n    total = x + 1  # one more\n    return total\n";
//! let other = "def f(x):\n  y = x+1\n  return y\n";
//! assert_eq!(NormalForm::of(one, true), NormalForm::of(other, true));
//! assert_eq!(Shingles::of(one).likeness(&Shingles::of(other)).0, Shingles::of(one).len() as u64);
//! let measures = CodeMeasures::of(&SyntaxTree::parse(one).expect("Python"));
//! assert_eq!((measures.functions, measures.complexity), (1, 2));
//! ```

mod copies;
mod dead;
mod flow;
mod layout;
mod leaves;
mod likeness;
mod measures;
mod names;
mod node;
mod normal;
mod reflection;
mod scope;
mod tree;

pub use dead::DeadCode;
pub use likeness::{Shingles, Sketch};
pub use measures::{CodeMeasures, complexity};
pub use normal::{ExactReason, NormalForm};
pub use reflection::{mentions_reflection, reads_source};
pub use tree::{ParseError, SyntaxTree};
