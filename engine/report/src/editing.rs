//! Editing patterns of meta agents, as their tool calls show them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::run::{ReportAgent, ToolUse};

/// Number of equal calls in a row that make a loop.
const LOOP: usize = 3;
/// Number of tool calls from which on a candidate is near the budget of the original.
const NEAR_BUDGET: usize = 38;
/// Paths outside of what an agent is given.
const OUTSIDE: [&str; 8] = ["/etc/", "/proc/", "/sys/", "/root", "/home", "/../", "/..", "__pycache__"];
/// Signs that a shell command writes.
const WRITES: [&str; 3] = [">", "write", "sed"];

/// Patterns in the tool calls of an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EditingPatterns {
    /// Candidates whose calls were recorded.
    pub candidates: usize,
    /// Tool calls.
    pub tool_calls: usize,
    /// Candidates with three or more equal calls in a row.
    pub loops: usize,
    /// Candidates with 38 or more calls.
    pub near_budget: usize,
    /// Candidates that viewed a path twice or more.
    pub repeated_views: usize,
    /// Replacements that failed.
    pub failed_edits: usize,
    /// Edits of the meta agent's own file.
    pub meta_edits: usize,
    /// Calls that mention places outside of what an agent is given.
    pub probes: usize,
    /// Candidates that read published strategies.
    pub strategy_reads: usize,
    /// Candidates whose program equals that of the candidate they were made from.
    pub stuck: usize,
    /// Examples of loops and probes: candidate and call, at most five.
    pub examples: Vec<String>,
}

/// Returns the patterns of an agent.
pub(crate) fn patterns(agent: &ReportAgent) -> EditingPatterns {
    let mut found = EditingPatterns::default();
    for one in &agent.candidates {
        let parent = one.parent.map(|parent| &agent.candidates[parent]);
        let same = parent.is_some_and(|parent| parent.code.is_some() && parent.code == one.code);
        found.stuck += usize::from(same);
        let Some(tools) = &one.tools else { continue };
        found.candidates += 1;
        found.tool_calls += tools.len();
        found.near_budget += usize::from(tools.len() >= NEAR_BUDGET);
        if let Some(call) = longest_loop(tools) {
            found.loops += 1;
            found.example(&one.id, "again and again", call);
        }
        let mut views: BTreeMap<&str, usize> = BTreeMap::new();
        for call in tools {
            if call.command.as_deref() == Some("view") {
                *views.entry(&call.target).or_default() += 1;
            }
            found.call(&one.id, call);
        }
        found.repeated_views += usize::from(views.values().any(|count| *count >= 2));
        found.strategy_reads += usize::from(tools.iter().any(|call| call.arguments.contains("strategies/")));
    }
    found
}

impl EditingPatterns {
    fn call(&mut self, candidate: &str, call: &ToolUse) {
        let replaces = call.command.as_deref() == Some("str_replace");
        self.failed_edits += usize::from(replaces && call.failed);
        let meta = call.target.contains("meta_agent");
        let writes = call.command.is_none() && WRITES.iter().any(|word| call.target.contains(word));
        self.meta_edits += usize::from(meta && (writes || (replaces && !call.failed)));
        if OUTSIDE.iter().any(|place| call.target.contains(place)) {
            self.probes += 1;
            self.example(candidate, "outside", call);
        }
    }

    fn example(&mut self, candidate: &str, what: &str, call: &ToolUse) {
        const EXAMPLES_MAX: usize = 5;
        if self.examples.len() < EXAMPLES_MAX {
            let shown: String = call.arguments.chars().take(120).collect();
            self.examples.push(format!("{candidate}, {what}: {} {shown}", call.tool));
        }
    }
}

/// Returns a call that was made at least three times in a row.
fn longest_loop(tools: &[ToolUse]) -> Option<&ToolUse> {
    let same = |calls: &&[ToolUse]| {
        calls.iter().all(|call| call.tool == calls[0].tool && call.arguments == calls[0].arguments)
    };
    tools.windows(LOOP).find(same).map(|calls| &calls[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::ReportCandidate;

    #[test]
    fn loops_failed_edits_and_probes_are_counted() {
        let call = |tool: &str, command: Option<&str>, target: &str, failed: bool| ToolUse {
            tool: tool.to_owned(),
            arguments: format!("{{\"x\": \"{target}\"}}"),
            command: command.map(str::to_owned),
            target: target.to_owned(),
            failed,
        };
        let view = || call("editor", Some("view"), "/repo/task_agent.py", false);
        let tools = vec![
            view(),
            view(),
            view(),
            call("editor", Some("str_replace"), "/repo/task_agent.py", true),
            call("editor", Some("str_replace"), "/repo/meta_agent.py", false),
            call("bash", None, "cat /repo/meta_agent.py", false),
            call("bash", None, "sed -i s/a/b/ /repo/meta_agent.py", false),
            call("bash", None, "ls /etc/ /repo/strategies/", false),
        ];
        let candidate =
            |tools| ReportCandidate { id: "gen_1".to_owned(), tools, ..ReportCandidate::default() };
        let agent = ReportAgent {
            candidates: vec![candidate(Some(tools)), candidate(None)],
            ..ReportAgent::default()
        };
        let found = patterns(&agent);
        assert_eq!((found.candidates, found.tool_calls, found.loops, found.repeated_views), (1, 8, 1, 1));
        assert_eq!((found.failed_edits, found.meta_edits, found.probes, found.strategy_reads), (1, 2, 1, 1));
        assert_eq!(found.examples.len(), 2);
    }
}
