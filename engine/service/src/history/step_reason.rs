//! The reason for a step in the words of its meta agent: what the model said besides the code, or what the meta agent logged or
//! printed.

use hyperspace_core::{BlobId, RecordId, text_end};
use hyperspace_evolve::{CandidateId, Event, JournalEvent};
use hyperspace_llm::{Exchange, ExchangeOutcome, Message};
use hyperspace_store::Store;
use serde::Serialize;

use crate::error::ServiceError;

/// Maximum number of characters of the words that are kept.
const WORDS_CHARS_MAX: usize = 700;
/// Marks between which a model writes code instead of words: those of a replacement in a file, and those around a file.
const CODE: [(&str, &str); 2] = [("<<<<<<<", ">>>>>>>"), ("```", "```")];

/// A meta agent's words about its step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StepReason {
    /// The source: `model`, or `log` or `output` of the meta agent.
    pub source: &'static str,
    /// The words, without code, at most 700 characters.
    pub words: String,
    /// The last call of the conversation; null if no model spoke.
    pub call: Option<RecordId>,
}

/// Returns the reason for a candidate; `None` if nothing was said. `segment` is the journal of its generation.
pub(super) fn of(
    store: &Store,
    segment: &[JournalEvent],
    id: CandidateId,
) -> Result<Option<StepReason>, ServiceError> {
    let mut printed = None;
    for entry in segment.iter().rev() {
        match &entry.event {
            Event::ModelCalls(calls) if calls.candidate == id => {
                let meta = calls.streams.iter().rfind(|stream| stream.stream.contains("/meta/"));
                let Some(stream) = meta else { continue };
                if let Some(words) = spoken(store, &stream.head)? {
                    return Ok(Some(StepReason { source: "model", words, call: Some(stream.head) }));
                }
            }
            Event::MetaFinished(meta) if meta.candidate == id && meta.outcome.is_completed() => {
                let outputs = [("log", meta.log.as_ref()), ("output", Some(&meta.stdout))];
                for (source, blob) in outputs {
                    let Some(words) = blob.map(|blob| text(store, blob)).transpose()?.flatten() else {
                        continue;
                    };
                    printed = printed.or(Some(StepReason { source, words, call: None }));
                }
            }
            _ => {}
        }
    }
    Ok(printed)
}

/// Returns the end of a stored text; `None` if it is empty.
fn text(store: &Store, blob: &BlobId) -> Result<Option<String>, ServiceError> {
    if *blob == BlobId::of(b"") {
        return Ok(None);
    }
    let content = store.get_blob(blob)?;
    let text = String::from_utf8_lossy(&content);
    let lines: Vec<&str> = text_end(text.trim(), WORDS_CHARS_MAX).lines().map(str::trim).collect();
    Ok(Some(lines.join(" · ")).filter(|text| !text.is_empty()))
}

/// Returns the longest words of a model in the conversation that ends with a call: the last ones often only say that it is done.
fn spoken(store: &Store, head: &RecordId) -> Result<Option<String>, ServiceError> {
    // The last request contains the whole conversation before it.
    let Ok(last) = Exchange::from_body(&store.get_record(head)?.body) else { return Ok(None) };
    let mut messages = last.request.messages;
    if let ExchangeOutcome::Answer(answer) = last.outcome {
        messages.push(answer.message);
    }
    let said = messages.iter().filter_map(|message| match message {
        Message::Assistant { content, .. } => content.as_deref().map(words),
        _ => None,
    });
    Ok(said.filter(|words| !words.is_empty()).max_by_key(|words| words.chars().count()))
}

/// Returns the words of an answer, from its beginning: without code, as one paragraph.
fn words(answer: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut within: Option<&str> = None;
    for line in answer.lines().map(str::trim) {
        match within {
            Some(end) if line.starts_with(end) => within = None,
            Some(_) => {}
            None => match CODE.iter().find(|(begin, _)| line.starts_with(begin)) {
                Some((_, end)) => {
                    within = Some(end);
                    // The path of the file, which is on its own line.
                    kept.pop_if(|last| {
                        !last.contains(' ') && last.contains(['.', '/']) && !last.ends_with('.')
                    });
                }
                None if !line.is_empty() => kept.push(line),
                None => {}
            },
        }
    }
    let kept = kept.join(" ");
    match kept.char_indices().nth(WORDS_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &kept[..at]),
        None => kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_is_no_code() {
        let answer = "I widen the search.\n\nlib/a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\nThen I\nrank.\n```python\nprint(1)\n```\n";
        assert_eq!(words(answer), "I widen the search. Then I rank.");
        assert_eq!(words("```\nonly code"), "");
        assert_eq!(words(&"a ".repeat(1_000)).chars().count(), WORDS_CHARS_MAX + 1);
    }
}
