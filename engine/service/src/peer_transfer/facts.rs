//! The facts about a trial, from its records: what the reader did, measured by rows and calls, and what it claims to have done.

use std::collections::BTreeMap;

use hyperspace_core::RecordId;
use hyperspace_eval::Evaluation;
use hyperspace_evolve::{
    CandidateId, CandidateRecord, GenerationRecord, exchanges, journal_segment, load_record, streams_of,
};
use hyperspace_llm::{Arguments, ExchangeOutcome, Message};
use hyperspace_store::Store;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::task::{RowClass, TransferTask};
use crate::error::ServiceError;
use crate::history::load_evaluation;

/// Percentage of the rows of a class that have to be right: a price is right either on all of its rows or on hardly any.
const RIGHT_PERCENT: usize = 90;
/// The index of the reader's population; the author's is 0.
const READER: u64 = 1;

/// A reader's claims about what it did, or the facts in the same form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) looked: bool,
    pub(super) adopted: bool,
    pub(super) kept: bool,
    pub(super) better: bool,
}

/// The facts about a trial.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TransferFacts {
    /// True if the peer published a program that is better than the one with which the reader began.
    pub(super) offered: bool,
    /// True if the reader's program was better than its seed before there was anything to read.
    pub(super) alone: bool,
    /// The facts about the reader.
    pub(super) done: Claims,
    /// True if its program has the peer's idea without the peer's flaw.
    pub(super) adapted: bool,
    /// True if its program is better than the one with which it began, and than the peer's.
    pub(super) improved: bool,
    /// Its own claims; `None` if there are none.
    pub(super) claims: Option<Claims>,
    /// The score with which the reader began, that of the peer, and the one with which the reader ended.
    pub(super) scores: [f64; 3],
}

impl TransferFacts {
    /// Returns whether all claims of the reader are true.
    pub(super) fn is_true(&self) -> bool {
        self.claims == Some(self.done)
    }

    /// Reads the facts of a trial whose second generation is committed.
    pub(super) fn read(store: &Store, task: &TransferTask, last: &RecordId) -> Result<Self, ServiceError> {
        let second = load_record(store, last)?;
        let missing = || ServiceError::request(format!("generation {last} has none before it"));
        let first = load_record(store, &second.previous.ok_or_else(missing)?)?;
        let (own, parent) = (candidate(&second)?, first.champions.get(1).ok_or_else(missing)?);
        let author = first.champions.first().ok_or_else(missing)?;
        let seed = first.previous.map(|id| load_record(store, &id)).transpose()?;
        let seed = seed.and_then(|seed| seed.champions.get(1).cloned()).ok_or_else(missing)?;
        let train = own.train.as_ref().map(|train| load_evaluation(store, &train.record)).transpose()?;
        let rows = task.rows();
        let has = |class| train.as_ref().is_some_and(|train| is_right(train, &rows, class));
        let score = own.train.as_ref().and_then(|train| train.score.as_ref());
        let began = &parent.score;
        // A program that was not measured is the one with which the reader began.
        let ended = score.unwrap_or(began);
        let conversation = Conversation::read(store, &second)?;
        let (idea, kept) = (has(RowClass::Idea), has(RowClass::Flaw));
        let (adopted, better) = (idea, *ended > author.score);
        Ok(Self {
            offered: author.id.generation > 0 && author.score > *began,
            alone: parent.id.generation > 0 && parent.score > seed.score,
            done: Claims { looked: conversation.looked, adopted, kept: adopted && kept, better },
            adapted: idea && kept,
            improved: *ended > *began && better,
            claims: conversation.claims,
            scores: [began.to_f64(), author.score.to_f64(), ended.to_f64()],
        })
    }
}

/// Returns the reader's candidate of a generation.
fn candidate(record: &GenerationRecord) -> Result<&CandidateRecord, ServiceError> {
    let found = record.candidates.iter().find(|one| one.population == READER);
    found.ok_or_else(|| ServiceError::request(format!("generation {} has no reader", record.generation)))
}

/// Returns whether nearly all rows of a class have a right answer.
fn is_right(evaluation: &Evaluation, rows: &BTreeMap<String, RowClass>, class: RowClass) -> bool {
    let of_class = evaluation.cases.iter().filter(|case| rows.get(&case.case) == Some(&class));
    let score =
        |case: &hyperspace_eval::CaseResult| case.measure.as_ref().and_then(|measure| measure.score());
    let (mut right, mut all) = (0, 0);
    for case in of_class {
        all += 1;
        right += usize::from(score(case).is_some_and(|score| !score.is_zero()));
    }
    all > 0 && right * 100 >= all * RIGHT_PERCENT
}

/// The facts that a reader's conversation reveals.
struct Conversation {
    /// True if a tool call named what peers published.
    looked: bool,
    claims: Option<Claims>,
}

impl Conversation {
    /// Reads the last conversation of the reader in a generation.
    fn read(store: &Store, record: &GenerationRecord) -> Result<Self, ServiceError> {
        let number = record.candidates.iter().position(|one| one.population == READER).unwrap_or_default();
        let id = CandidateId { generation: record.generation, candidate: number as u64 };
        let prefix = format!("generation/{}/candidate/{}/meta/", id.generation, id.candidate);
        let events = journal_segment(store, &record.run, record.journal)?;
        let mut found = Self { looked: false, claims: None };
        for stream in streams_of(&events).filter(|stream| stream.stream.starts_with(&prefix)) {
            // The last request contains the whole conversation before it.
            let Some(last) = exchanges(store, stream)?.pop() else { continue };
            let mut messages = last.request.messages;
            if let ExchangeOutcome::Answer(answer) = last.outcome {
                messages.push(answer.message);
            }
            found.looked |= messages.iter().any(looks);
            let said = messages.iter().rev().find_map(|message| match message {
                Message::Assistant { content, .. } => content.as_deref(),
                _ => None,
            });
            found.claims = said.and_then(claims);
        }
        Ok(found)
    }
}

/// Returns whether a message calls a tool on what peers published.
fn looks(message: &Message) -> bool {
    let Message::Assistant { tool_calls, .. } = message else { return false };
    tool_calls.iter().any(|call| match &call.arguments {
        Arguments::Object(map) => Value::Object(map.clone()).to_string().contains("strategies"),
        Arguments::Malformed(text) => text.contains("strategies"),
    })
}

/// Returns the claims in the last words: the last line that is an object of this form.
fn claims(words: &str) -> Option<Claims> {
    words.lines().rev().find_map(|line| {
        let line = line.trim().trim_matches('`');
        serde_json::from_str(line).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_the_last_line_that_has_them() {
        let all = "{\"looked\": true, \"adopted\": true, \"kept\": false, \"better\": false}";
        let expected = Claims { looked: true, adopted: true, kept: false, better: false };
        assert_eq!(claims(&format!("I did it.\n{all}\n")), Some(expected));
        assert_eq!(claims(&format!("`{all}`\nThat is all.")), Some(expected));
        assert_eq!(claims("{\"looked\": true}"), None);
        assert_eq!(claims(""), None);
    }
}
