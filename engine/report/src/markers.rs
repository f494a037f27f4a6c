//! Complacency: signs that an agent has stopped exploring, each with its evidence. The signs are defined in
//! [`hyperspace_evolve::complacency`].

use std::sync::Arc;

use hyperspace_evolve::complacency::{
    ComplacencyKind, HistoryCall, HistoryStep, ToolLooks, complacency as signs,
};
use serde::Serialize;

use crate::adoption::visible_to;
use crate::run::{ReportAgent, ReportCandidate, ReportRun, ToolUse};

/// A sign of complacency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Complacency {
    /// The agent.
    pub agent: String,
    /// The kind.
    pub kind: ComplacencyKind,
    /// The number of candidates that show it.
    pub count: usize,
    /// The evidence: candidate, place and words of at most five.
    pub evidence: Vec<String>,
}

/// Returns the signs of an agent, ordered by kind.
pub(crate) fn complacency(run: &ReportRun, agent: &ReportAgent) -> Vec<Complacency> {
    let history = history(&agent.candidates, visible_to(run, agent));
    let found = signs(&history, run.minimise).into_iter();
    found
        .map(|sign| Complacency {
            agent: agent.name.clone(),
            kind: sign.kind,
            count: sign.steps.len(),
            evidence: sign.evidence,
        })
        .collect()
}

/// Returns the steps of an agent. `peers` has the programs of peers that each candidate could see. A slimming attempt is not a step:
/// its children count as those of the member it was made from.
fn history(candidates: &[ReportCandidate], peers: Vec<Vec<Arc<str>>>) -> Vec<HistoryStep> {
    let mut places: Vec<Option<usize>> = Vec::with_capacity(candidates.len());
    let mut steps = Vec::with_capacity(candidates.len());
    for (one, peers) in candidates.iter().zip(peers) {
        let parent = one.parent.and_then(|parent| places.get(parent).copied().flatten());
        if one.slimming {
            places.push(parent);
        } else {
            places.push(Some(steps.len()));
            let mut step = step(one);
            (step.parent, step.peers) = (parent, peers);
            steps.push(step);
        }
    }
    steps
}

fn step(one: &ReportCandidate) -> HistoryStep {
    let mut step = HistoryStep::new(&one.id);
    step.program.clone_from(&one.code);
    step.meta.clone_from(&one.meta);
    step.score = one.held_out.or(one.train);
    step.looks = one.tools.as_ref().map(|tools| ToolLooks::of(&tools.iter().map(call).collect::<Vec<_>>()));
    step
}

fn call(tool: &ToolUse) -> HistoryCall {
    HistoryCall::of_tool(&tool.tool, &tool.arguments, tool.failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_steps_of_a_history() {
        let code = |at: usize| format!("x = {at}{}", if at == 7 { "\n# BLOCKED: DO NOT EDIT" } else { "" });
        let view = || ToolUse {
            tool: "editor".to_owned(),
            command: Some("view".to_owned()),
            target: "/repo/task_agent.py".to_owned(),
            ..ToolUse::default()
        };
        let candidate = |at: usize| ReportCandidate {
            id: format!("gen_{at}"),
            parent: at.checked_sub(1),
            code: Some(code(at).into()),
            meta: Some(code(at).into()),
            held_out: Some(0.5),
            tools: (at < 4).then(|| vec![view(), view(), view()]),
            ..ReportCandidate::default()
        };
        let agent = ReportAgent { candidates: (0..12).map(candidate).collect(), ..ReportAgent::default() };
        let found = complacency(&ReportRun::default(), &agent);
        let kinds: Vec<_> = found.iter().map(|one| (one.kind, one.count)).collect();
        assert_eq!(kinds, [(ComplacencyKind::StopText, 1), (ComplacencyKind::ReadingLoop, 4)]);
        assert!(found[0].evidence[0].starts_with("gen_7, program line 2: BLOCKED"), "{:?}", found[0]);
    }

    #[test]
    fn programs_of_peers_that_are_taken_over_without_a_word_are_a_sign() {
        let program = |name: &str, at: usize| -> Arc<str> {
            let line = |line: usize| format!("{name}_{line} = combine({name}, {line}, {at})\n");
            (0..40).map(line).collect::<String>().into()
        };
        let candidate = |name: &str, at: usize, code: Arc<str>| ReportCandidate {
            id: format!("{name}_{at}"),
            generation: at as u64,
            parent: at.checked_sub(1),
            code: Some(code),
            held_out: Some(at as f64 / 100.0),
            ..ReportCandidate::default()
        };
        let agent = |name: &str, code: &dyn Fn(usize) -> Arc<str>| ReportAgent {
            name: name.to_owned(),
            candidates: (0..30).map(|at| candidate(name, at, code(at))).collect(),
            ..ReportAgent::default()
        };
        let own = |at: usize| program("own", at);
        // From the twentieth candidate on, what the peer had in the generation before.
        let copied = |at: usize| if at < 20 { program("other", at) } else { program("own", at - 1) };
        let run =
            ReportRun { agents: vec![agent("own", &own), agent("other", &copied)], ..ReportRun::default() };
        let kinds = |agent: usize| -> Vec<ComplacencyKind> {
            complacency(&run, &run.agents[agent]).iter().map(|sign| sign.kind).collect()
        };
        assert!(kinds(1).contains(&ComplacencyKind::BlindCopy), "{:?}", kinds(1));
        assert!(!kinds(0).contains(&ComplacencyKind::BlindCopy), "{:?}", kinds(0));
    }
}
