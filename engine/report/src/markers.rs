//! Complacency: signs that an agent has stopped to explore, each with its evidence.

use serde::Serialize;

use crate::run::{ReportAgent, ReportRun};

/// Texts in an agent's own code that tell a reader, or itself, to stop. Each is met as a whole phrase, whatever its case.
const STOP_PHRASES: [&str; 14] = [
    "do not modify",
    "do not change this",
    "do not edit",
    "don't modify",
    "don't edit",
    "no further changes",
    "no further improvement",
    "already optimal",
    "cannot be improved",
    "stop exploring",
    "stop here",
    "leave unchanged",
    "writes are blocked",
    "blocked: do not",
];
/// Candidates in a row that change nothing, from which on an agent has given up.
const UNCHANGED: usize = 5;
/// Candidates at the end of which the rate of changes is compared with the rest.
const WINDOW: usize = 10;
/// Evidence of one kind.
const EVIDENCE_MAX: usize = 5;
/// Score from which on nothing is left to explore, of scores from 0 to 1.
const TARGET: f64 = 0.999;

/// A kind of complacency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MarkerKind {
    /// A text in the code tells to stop.
    StopText,
    /// Five or more candidates in a row change nothing, below the target.
    GivenUp,
    /// The last ten candidates change their program less than half as often as those before, below the target.
    FallingEditRate,
    /// No meta agent was ever edited, while programs were.
    FrozenMeta,
}

/// A sign of complacency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Complacency {
    /// The agent.
    pub agent: String,
    /// The kind.
    pub kind: MarkerKind,
    /// Candidates that show it.
    pub count: usize,
    /// The evidence: candidate, place and words, at most five.
    pub evidence: Vec<String>,
}

/// Returns the signs of an agent, in order of kind.
pub(crate) fn complacency(run: &ReportRun, agent: &ReportAgent) -> Vec<Complacency> {
    let mut found = Vec::new();
    let mut add = |kind: MarkerKind, count: usize, evidence: Vec<String>| {
        found.push(Complacency { agent: agent.name.clone(), kind, count, evidence });
    };
    let (count, evidence) = stop_texts(agent);
    if count > 0 {
        add(MarkerKind::StopText, count, evidence);
    }
    let best =
        agent.candidates.iter().filter_map(|one| one.held_out.or(one.train)).fold(None, |best, score| {
            match best {
                Some(best) if !run.better(score, best) => Some(best),
                _ => Some(score),
            }
        });
    if !run.minimise && best.is_some_and(|best| (TARGET..=1.0).contains(&best)) {
        return found;
    }
    // Only where both programs are known can a change be told.
    let changes: Vec<(&str, bool)> = agent
        .candidates
        .iter()
        .filter_map(|one| {
            let parent = &agent.candidates[one.parent?];
            Some((one.id.as_str(), one.code.as_ref()? != parent.code.as_ref()? || one.meta != parent.meta))
        })
        .collect();
    let (run_of, at) = longest_unchanged(&changes);
    if run_of >= UNCHANGED {
        add(
            MarkerKind::GivenUp,
            run_of,
            vec![format!("{} to {} change nothing", changes[at].0, changes[at + run_of - 1].0)],
        );
    }
    if changes.len() >= 2 * WINDOW {
        let rate = |part: &[(&str, bool)]| {
            part.iter().filter(|(_, changed)| *changed).count() as f64 / part.len() as f64
        };
        let (before, last) = changes.split_at(changes.len() - WINDOW);
        if rate(last) < rate(before) / 2.0 {
            let words = format!(
                "{:.0} % of the last {WINDOW} change something, {:.0} % of those before",
                rate(last) * 100.0,
                rate(before) * 100.0
            );
            add(MarkerKind::FallingEditRate, WINDOW, vec![words]);
        }
    }
    let metas = agent.candidates.iter().filter_map(|one| one.meta.as_ref());
    let mut metas: Vec<_> = metas.collect();
    let known = metas.len();
    metas.sort();
    metas.dedup();
    if known >= WINDOW && metas.len() == 1 && changes.iter().any(|(_, changed)| *changed) {
        add(MarkerKind::FrozenMeta, known, vec![format!("all {known} candidates have the same meta agent")]);
    }
    found
}

/// Returns the candidates whose own lines tell to stop, the first that has a line for each.
fn stop_texts(agent: &ReportAgent) -> (usize, Vec<String>) {
    let (mut count, mut evidence) = (0, Vec::new());
    for one in &agent.candidates {
        let parent = one.parent.map(|parent| &agent.candidates[parent]);
        for (file, text, before) in [
            ("program", &one.code, parent.and_then(|parent| parent.code.as_ref())),
            ("meta agent", &one.meta, parent.and_then(|parent| parent.meta.as_ref())),
        ] {
            let Some(text) = text else { continue };
            if before == Some(text) {
                continue;
            }
            let mut lines = (1..).zip(text.lines()).filter(|(_, line)| tells_to_stop(line));
            let new = lines.find(|(_, line)| before.is_none_or(|before| !before.contains(line.trim())));
            if let Some((number, line)) = new {
                count += 1;
                if evidence.len() < EVIDENCE_MAX {
                    let words: String = line.trim().chars().take(120).collect();
                    evidence.push(format!("{}, {file} line {number}: {words}", one.id));
                }
            }
        }
    }
    (count, evidence)
}

fn tells_to_stop(line: &str) -> bool {
    let line = line.to_lowercase();
    STOP_PHRASES.iter().any(|phrase| line.contains(phrase))
}

/// Returns the longest row of candidates without a change: its length and its place.
fn longest_unchanged(changes: &[(&str, bool)]) -> (usize, usize) {
    let (mut best, mut at, mut len) = (0, 0, 0);
    for (index, (_, changed)) in changes.iter().enumerate() {
        len = if *changed { 0 } else { len + 1 };
        if len > best {
            (best, at) = (len, index + 1 - len);
        }
    }
    (best, at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::ReportCandidate;

    /// An agent of these programs; its meta agent changes with every program unless it is frozen.
    fn agent(codes: &[String], frozen: bool) -> ReportAgent {
        let candidate = |(at, code): (usize, &String)| ReportCandidate {
            id: format!("gen_{at}"),
            parent: at.checked_sub(1),
            code: Some(code.as_str().into()),
            meta: Some(if frozen { "m".into() } else { format!("m {code}").into() }),
            held_out: Some(0.5),
            ..ReportCandidate::default()
        };
        ReportAgent {
            candidates: codes.iter().enumerate().map(candidate).collect(),
            ..ReportAgent::default()
        }
    }

    fn kinds(codes: &[String], frozen: bool) -> Vec<MarkerKind> {
        complacency(&ReportRun::default(), &agent(codes, frozen)).into_iter().map(|one| one.kind).collect()
    }

    #[test]
    fn each_sign_is_found_and_lively_agents_have_none() {
        let lively: Vec<String> = (0..30).map(|at| format!("x = {at}")).collect();
        assert_eq!(kinds(&lively, false), []);
        assert_eq!(kinds(&lively, true), [MarkerKind::FrozenMeta]);
        let tired: Vec<String> = (0..30).map(|at: usize| format!("x = {}", at.min(22))).collect();
        assert_eq!(kinds(&tired, false), [MarkerKind::GivenUp, MarkerKind::FallingEditRate]);
        let mut blocked = lively;
        blocked[7].push_str("\n# BLOCKED: DO NOT EDIT, already optimal");
        blocked[8] = blocked[7].clone();
        let found = complacency(&ReportRun::default(), &agent(&blocked, false));
        assert_eq!((found.len(), found[0].kind, found[0].count), (1, MarkerKind::StopText, 1 + 1));
        assert!(found[0].evidence[0].starts_with("gen_7, program line 2: # BLOCKED"), "{:?}", found[0]);
    }
}
