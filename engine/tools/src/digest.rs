//! The digest of everything that decides what tools do.

use hyperspace_core::digest::{derive, hex};
use hyperspace_sandbox::{SHELL_START_FUEL, Sandbox};

use crate::limits::{
    COMMAND_BYTES_MAX, COMMAND_FUEL, CONTEXT_LINES, LIST_CHARS_MAX, LIST_LEVELS, LOG_BYTES_MAX,
    LOG_CHARS_MAX, OUTPUT_BYTES_MAX, OUTPUT_CHARS_MAX, PYTHON_FUEL, PYTHON_INPUT_BYTES_MAX,
    SHELL_MEMORY_BYTES, UNDO_BYTES_MAX, UNDO_EDITS_MAX, VIEW_CHARS_MAX,
};

/// The version of how tools charge and answer; counted up when that changes.
const RULES: u64 = 2;

/// Returns the digest of a runtime with tools: of the runtime's own digest, the shell, and the limits and prices of the tools.
#[must_use]
pub fn digest_with_tools(runtime: &str) -> String {
    let numbers = [
        RULES,
        SHELL_START_FUEL,
        COMMAND_FUEL,
        COMMAND_BYTES_MAX as u64,
        SHELL_MEMORY_BYTES,
        OUTPUT_BYTES_MAX,
        OUTPUT_CHARS_MAX as u64,
        PYTHON_FUEL,
        PYTHON_INPUT_BYTES_MAX as u64,
        VIEW_CHARS_MAX as u64,
        LIST_CHARS_MAX as u64,
        LIST_LEVELS as u64,
        CONTEXT_LINES as u64,
        UNDO_EDITS_MAX as u64,
        UNDO_BYTES_MAX as u64,
        LOG_CHARS_MAX as u64,
        LOG_BYTES_MAX as u64,
    ];
    let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let parts = [runtime.as_bytes(), Sandbox::shell_digest().as_bytes(), &numbers];
    hex(&derive("hyperspace v1 runtime with tools", &parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_runtime_and_of_the_tools() {
        let (one, other) = (digest_with_tools("a"), digest_with_tools("b"));
        assert_eq!(one, digest_with_tools("a"));
        assert!(one != other && one.len() == 64);
    }
}
