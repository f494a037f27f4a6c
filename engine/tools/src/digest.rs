//! The digest of everything that determines what tools do.

use hyperspace_core::digest::{derive, hex};
use hyperspace_sandbox::{SHELL_START_FUEL, Sandbox};

use crate::limits::{
    COMMAND_BYTES_MAX, COMMAND_FUEL, CONTEXT_LINES, LIST_CHARS_MAX, LIST_LEVELS, LOG_BYTES_MAX,
    LOG_CHARS_MAX, OUTPUT_BYTES_MAX, OUTPUT_CHARS_MAX, PYTHON_FUEL, PYTHON_INPUT_BYTES_MAX,
    SHELL_MEMORY_BYTES, UNDO_BYTES_MAX, UNDO_EDITS_MAX, VIEW_CHARS_MAX,
};
use crate::rules::ToolRules;

/// Returns the digest of a runtime with tools, which covers the runtime's own digest, the shell, and the rules, limits and prices
/// of the tools.
#[must_use]
pub fn digest_with_tools(runtime: &str, rules: ToolRules) -> String {
    let numbers = [
        rules.number(),
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
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_digest_is_that_of_the_runtime_and_of_the_tools() {
        let digests = ["a", "b"].map(|runtime| ToolRules::ALL.map(|rules| digest_with_tools(runtime, rules)));
        let different: BTreeSet<String> = digests.into_iter().flatten().collect();
        assert!(different.len() == 4 && different.iter().all(|digest| digest.len() == 64), "{different:?}");
    }
}
