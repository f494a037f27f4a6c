//! Code that switches writing or exploring off.

use std::collections::BTreeSet;

use crate::complacency::{ComplacencyFinding, ComplacencyKind, HistoryStep};

/// Parts of names for what a meta agent does, and for what it is.
const DOES: [&str; 14] = [
    "edit", "write", "writing", "explor", "mutat", "evol", "improv", "search", "modif", "chang", "self_mod",
    "adapt", "update", "optimi",
];
/// Parts of names that permit something, and parts of names that forbid it.
const ALLOWS: [&str; 9] =
    ["allow", "enable", "can_", "may_", "permit", "active", "should_", "do_", "is_open"];
const FORBIDS: [&str; 14] = [
    "block",
    "lock",
    "froz",
    "freeze",
    "disable",
    "read_only",
    "readonly",
    "stop",
    "forbid",
    "skip_",
    "halt",
    "no_",
    "finished",
    "done",
];
/// Values that are true, and values that are false.
const TRUE: [&str; 3] = ["true", "1", "'yes'"];
const FALSE: [&str; 5] = ["false", "0", "none", "'no'", "0.0"];
/// Names of functions that write.
const WRITERS: [&str; 9] =
    ["write", "save", "edit", "apply", "mutate", "explore", "modify", "rewrite", "propose"];
/// Names of flags for the activities of a meta agent.
const WORKS: [&str; 12] = [
    "explore",
    "exploring",
    "exploration",
    "write",
    "writes",
    "writing",
    "edit",
    "edits",
    "editing",
    "mutate",
    "evolve",
    "self_edit",
];
/// Parts of names for amounts.
const AMOUNTS: [&str; 10] =
    ["rate", "budget", "steps", "attempts", "max_", "limit", "count", "probability", "tries", "rounds"];
/// Words of conditions under which a meta agent gives up before it does anything.
const REASONS: [&str; 13] = [
    "score",
    "best",
    "optimal",
    "done",
    "exists",
    "frozen",
    "locked",
    "blocked",
    "good_enough",
    "generation",
    "converged",
    "finished",
    "stop",
];

/// Returns the candidates whose new code switches writing or exploring off.
pub(super) fn self_blocks(history: &[HistoryStep], from: usize) -> Option<ComplacencyFinding> {
    let (mut steps, mut evidence) = (Vec::new(), Vec::new());
    // The first candidate is what its user made.
    for (index, step) in history.iter().enumerate().skip(from).filter(|(_, step)| step.parent.is_some()) {
        let new = step.texts(history).into_iter().filter(|(file, ..)| *file != "notes").find_map(
            |(file, text, before)| {
                let text = text.filter(|text| Some(*text) != before)?;
                let found = blocks(text, file);
                // Most programs have no such line, so their earlier texts are not read for it.
                let before = before.filter(|_| !found.is_empty());
                let known = before.map(|before| blocks(before, file)).unwrap_or_default();
                let known: BTreeSet<String> = known.into_iter().map(|(_, line)| line).collect();
                let (number, line) = found.into_iter().find(|(_, line)| !known.contains(line))?;
                Some((file, number, line))
            },
        );
        if let Some((file, number, line)) = new {
            let words: String = line.chars().take(120).collect();
            steps.push(index);
            evidence.push(format!("{}, {file} line {number}: {words}", step.id));
        }
    }
    (!steps.is_empty()).then(|| ComplacencyFinding::new(ComplacencyKind::SelfBlock, steps, evidence))
}

/// Returns the lines of a program that switch something off, with their numbers.
fn blocks(text: &str, file: &str) -> Vec<(usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (number, line) in (1..).zip(&lines) {
        let bare = line.trim();
        let defined = bare.strip_prefix("def ").and_then(|rest| rest.split('(').next());
        let blocks = match defined {
            Some(name) => {
                is_empty_writer(name, bare, &lines[number..])
                    || (file == "meta agent" && gives_up(name, &lines[number..]))
            }
            None => is_switch(bare),
        };
        if blocks {
            found.push((number, bare.to_owned()));
        }
    }
    found
}

/// Returns whether a line assigns a constant to a flag so that something is off.
fn is_switch(line: &str) -> bool {
    let Some((name, value)) = line.split_once('=') else { return false };
    let name = name.split(':').next().unwrap_or_default().trim();
    if !name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') || name.is_empty() {
        return false;
    }
    let value = value.split('#').next().unwrap_or_default().trim().to_lowercase().replace('"', "'");
    let (is_true, is_false) = (TRUE.contains(&value.as_str()), FALSE.contains(&value.as_str()));
    let does_nothing = is_empty_lambda(&value);
    if !(is_true || is_false || does_nothing) {
        return false;
    }
    let name = name.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let bare_state = ["frozen", "locked", "blocked", "read_only", "readonly", "write_locked"]
        .contains(&name.trim_start_matches("is_"));
    (is_false && has(&DOES) && has(&ALLOWS) && !has(&FORBIDS))
        || (is_true && ((has(&DOES) && has(&FORBIDS)) || bare_state))
        || (is_false && WORKS.contains(&name.as_str()))
        || (is_false && has(&DOES) && has(&AMOUNTS))
        || (does_nothing && is_writer(&name))
}

/// Returns whether a name is that of a writing function.
fn is_writer(name: &str) -> bool {
    let ends = |rest: &str| rest.is_empty() || rest.starts_with('_');
    WRITERS.iter().any(|writer| name.strip_prefix(writer).is_some_and(ends))
}

/// Returns whether a value is a function that does nothing.
fn is_empty_lambda(value: &str) -> bool {
    let body =
        value.strip_prefix("lambda").and_then(|rest| rest.rsplit_once(':')).map(|(_, body)| body.trim());
    body.is_some_and(|body| ["none", "false", "0", "...", "''"].contains(&body))
}

/// Returns whether a function writes according to its name, but does nothing according to its body.
fn is_empty_writer(name: &str, head: &str, body: &[&str]) -> bool {
    let name = name.trim().trim_start_matches('_');
    if !is_writer(name) {
        return false;
    }
    let first = statements(body).next().unwrap_or_default();
    let refuses = first == "pass"
        || first == "return"
        || first.starts_with("return None")
        || first.starts_with("return False")
        || first.starts_with("raise PermissionError")
        || first.starts_with("raise NotImplementedError")
        || first.starts_with("raise RuntimeError")
        || first == "...";
    // It returns what it was given.
    let given = head
        .split(['(', ',', ')'])
        .nth(1)
        .unwrap_or_default()
        .split([':', '='])
        .next()
        .unwrap_or_default()
        .trim();
    let same = !given.is_empty() && first.strip_prefix("return ").is_some_and(|value| value.trim() == given);
    refuses || same
}

/// Returns whether a meta agent ends before it does anything: at once, or when it finds itself good enough.
fn gives_up(name: &str, body: &[&str]) -> bool {
    if !["improve", "forward"].contains(&name.trim()) {
        return false;
    }
    let mut statements = statements(body);
    let mut first = statements.next().unwrap_or_default();
    // Reading the job is not work yet.
    while is_reading(first) {
        first = statements.next().unwrap_or_default();
    }
    if first == "pass" || first.starts_with("return") || first.starts_with("raise ") {
        return true;
    }
    let Some(condition) = first.strip_prefix("if ") else { return false };
    let then = [": return", ": raise", ": pass"]
        .iter()
        .find_map(|end| condition.find(end))
        .map(|at| condition[at + 1..].trim());
    let then = then.or_else(|| statements.next()).unwrap_or_default();
    let condition = condition.to_lowercase();
    let ends = then == "return"
        || then.starts_with("return {")
        || then.starts_with("return None")
        || then.starts_with("return \"")
        || then.starts_with("return '")
        || then.starts_with("return False")
        || then.starts_with("raise ");
    ends && REASONS.iter().any(|reason| condition.contains(reason))
}

/// Returns whether a statement only reads something from the meta agent's arguments.
fn is_reading(statement: &str) -> bool {
    let Some((name, value)) = statement.split_once(" = ") else { return false };
    let given = ["job", "arg", "task", "parent", "iterations_left"];
    name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ',' | ' '))
        && (given.iter().any(|word| value.starts_with(word))
            || value.starts_with('(')
            || value.parse::<f64>().is_ok())
}

/// Returns the statements of a body, without comments and docstring.
fn statements<'a>(body: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    let mut quote: Option<&str> = None;
    body.iter().filter_map(move |line| {
        let bare = line.trim();
        if let Some(open) = quote {
            if bare.contains(open) {
                quote = None;
            }
            return None;
        }
        if let Some(open) = ["\"\"\"", "'''"].into_iter().find(|open| bare.starts_with(open)) {
            if !bare[3..].contains(open) {
                quote = Some(open);
            }
            return None;
        }
        let plain = bare.is_empty()
            || bare.starts_with('#')
            || ((bare.starts_with('"') || bare.starts_with('\'')) && bare.len() > 1);
        (!plain).then_some(bare)
    })
}
