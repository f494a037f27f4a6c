//! Functions of the host that a guest may call.

use std::fmt;

use hyperspace_sandbox::ProgramInput;
use hyperspace_sandbox::{Door, Program};

/// Functions of the host, by name, behind one door. In the guest, `hyperspace.call(NAME, …)` calls one.
///
/// One value serves one run, because a door may keep state.
#[derive(Default)]
pub struct HostFunctions {
    names: Vec<String>,
    door: Option<Box<dyn Door>>,
}

impl HostFunctions {
    /// Returns no functions.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Returns the functions with these names; `door` answers calls of them, and gets no others.
    #[must_use]
    pub fn new(names: Vec<String>, door: impl Door + 'static) -> Self {
        Self { names, door: Some(Box::new(door)) }
    }

    /// Returns the names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Lets a program call them.
    pub(super) fn lend<E>(self, program: Program<E, ProgramInput>) -> Program<E, ProgramInput> {
        let Some(door) = self.door else { return program };
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        program.boxed_door(&names, door)
    }
}

impl fmt::Debug for HostFunctions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HostFunctions").field(&self.names).finish()
    }
}
