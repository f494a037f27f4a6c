//! Calls in text that cannot be read. The model is told about them by a call with malformed arguments, which nobody runs.

use super::{CallReader, ChatRequest, MARKS, Repair, TextCalls};

/// Marks of calls in further dialects, and beginnings of a call without marks.
const OTHERS: [&str; 13] = [
    "<function=",
    "<function name=",
    "<invoke name=",
    "<｜DSML｜",
    "<tool_call ",
    "<|tool_call>",
    "<|tool_call_start|>",
    "<|START_ACTION|>",
    "<TOOLCALL>",
    "<|action_start|>",
    "functools[",
    "to=functions.",
    "<tool>",
];
/// Beginnings with which only a cut-off text ends.
const OPEN: [&str; 3] = ["```json\n{", "```\n{", "{\""];

/// Returns a malformed call for a text that has the marks of one. `cut` is true if the text ended at its limit.
pub(super) fn find(
    reader: &mut CallReader<'_>,
    request: &ChatRequest,
    text: &str,
    cut: bool,
) -> Option<TextCalls> {
    let marks = MARKS.iter().map(|(begin, _)| *begin).chain(OTHERS);
    let mut places: Vec<usize> =
        marks.filter_map(|mark| text.find(mark)).filter(|at| is_plain(text, *at)).collect();
    if cut {
        let own = |at: &usize| *at == 0 || text[..*at].ends_with('\n');
        let first = |mark: &&str| text.match_indices(*mark).map(|(at, _)| at).find(own);
        places.extend(OPEN.iter().filter_map(first));
    }
    let start = places.into_iter().min()?;
    let inside = &text[start..];
    // A call has fields.
    let has_fields = inside.contains(['{', '=']) || inside.contains("<arg_key>");
    if !(has_fields || cut && inside.len() < 200) {
        return None;
    }
    let named = request.tools.iter().filter_map(|tool| Some((place_of(inside, &tool.name)?, &tool.name)));
    let name = named.min().map(|(_, name)| name.clone());
    // Without the name of a tool, it may be a text about calls, unless it ends within one.
    let name = name.or_else(|| cut.then(|| "unreadable".to_owned()).filter(|_| is_last(inside)))?;
    reader.repairs.insert(if cut { Repair::CallCutOff } else { Repair::CallUnread });
    let rest = Some(text[..start].trim().to_owned()).filter(|rest| !rest.is_empty());
    Some(TextCalls { calls: vec![reader.malformed(&name, inside)], rest })
}

/// Returns whether a mark is neither in a fence nor in backticks or quotes.
fn is_plain(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let line = before.rsplit('\n').next().unwrap_or_default();
    before.matches("```").count().is_multiple_of(2)
        && line.matches('`').count().is_multiple_of(2)
        && !before.ends_with(['"', '\''])
}

/// Returns whether the call that begins here has no end.
fn is_last(inside: &str) -> bool {
    !MARKS.iter().any(|(_, end)| inside.contains(end)) && !inside.trim_end().ends_with("```")
}

/// Returns the place of a name as a whole word.
fn place_of(text: &str, name: &str) -> Option<usize> {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .map(|(at, _)| at)
        .find(|at| !text[..*at].ends_with(inside) && !text[at + name.len()..].starts_with(inside))
}
