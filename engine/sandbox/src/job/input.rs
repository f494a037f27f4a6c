//! The input of one run: arguments, standard input, and the door with the operations that the guest may call.

use std::collections::BTreeSet;
use std::fmt;

use crate::door::Door;

/// The input of a program, set through the methods of [`Program`](crate::Program).
#[derive(Default)]
pub struct ProgramInput {
    pub(crate) args: Vec<String>,
    pub(crate) stdin: Vec<u8>,
    pub(crate) grant: BTreeSet<String>,
    pub(crate) door: Option<Box<dyn Door>>,
}

impl fmt::Debug for ProgramInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgramInput").field("grant", &self.grant).finish_non_exhaustive()
    }
}

/// Marks a program without input.
#[derive(Debug, Clone, Default)]
pub struct NoInput(());
