//! Makes every NaN whose bits can be seen the same on all machines, in a WebAssembly module instead of in its compiler.
//!
//! WebAssembly leaves the sign and the payload of a computed NaN open, and processors differ in them. Cranelift can make each
//! result of an operation canonical, which costs two to four times the operation. But bits of a NaN have no influence on
//! what arithmetic, comparisons and conversions to integers give, so it is enough to make a value canonical before its bits
//! get anywhere else. This pass does so:
//!
//! - A result of arithmetic is *wild*: a NaN in it may have any bits. Loads, constants and integers are not.
//! - Arithmetic, comparisons and conversions take wild values. Stores, reinterpretations, operations on vectors as integers
//!   and everything that is not known to be harmless do not: a wild value that reaches one of them is made canonical right
//!   after the instruction that brought it to the stack.
//! - Scalars are wild when they are passed to a function or returned by it. Vectors are not. Globals never are.
//! - A vector that is wild as numbers of one width and an integer or a number of the other width in one variable is made
//!   canonical before it is assigned, so no integer is ever taken for a NaN.
//!
//! Instructions are only added ([`canonical`]), and what they give no longer depends on the bits that a processor gives to NaN.
//! [`verify`] finds out whether that holds for a module. [`scramble`] is the test of it at run time: its module gives each wild NaN bits that no
//! processor gives.

mod effect;
mod error;
mod flow;
mod function;
mod module;
mod replacement;

use wasmparser::{Parser, Payload};

pub use error::CanonicalNanError;
pub use module::{Canonical, canonical, scramble, verify};

/// The name of the custom section of a module that has been made canonical.
pub const SECTION: &str = "canonical-nan";

/// Returns whether a module says that it makes its NaN canonical itself.
#[must_use]
pub fn is_canonical(wasm: &[u8]) -> bool {
    let ours = |payload: Payload<'_>| matches!(payload, Payload::CustomSection(section) if section.name() == SECTION);
    Parser::new(0).parse_all(wasm).any(|payload| payload.is_ok_and(ours))
}

/// The width of the numbers of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Width {
    F32,
    F64,
}

/// The knowledge of the bits of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bits {
    /// The same on all machines.
    Fixed,
    /// The same on all machines, and not those of floating-point numbers.
    Integer,
    /// A result of a comparison of vectors: all or no bits of each number.
    Mask(Width),
    /// A NaN of this width may have any bits.
    Wild(Width),
    /// A vector in a variable that was wild on one way to this place and something else on another.
    Mixed,
}

impl Bits {
    /// Returns what is known of a value that is one or the other.
    pub(crate) fn join(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Fixed, wild @ Self::Wild(_)) | (wild @ Self::Wild(_), Self::Fixed) => wild,
            (Self::Wild(_) | Self::Mixed, _) | (_, Self::Wild(_) | Self::Mixed) => Self::Mixed,
            _ => Self::Integer,
        }
    }
}
