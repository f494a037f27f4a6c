//! Signs of complacency: an agent has stopped exploring, or tells itself or others to stop.
//!
//! The detectors are pure functions of the history of one population. Reports show their findings for any run, our own or
//! imported, and a run can answer them. Each finding comes with its evidence. Nothing is a sign once the target is reached.
//!
//! | kind | sign |
//! |---|---|
//! | `stop-text` | a new line of a comment, a docstring or notes tells to stop or to leave the program as it is |
//! | `self-block` | new code switches writing or exploring off: a flag, a writer that does nothing, a meta agent that returns before it does anything |
//! | `given-up` | four candidates or more in a row change nothing, which is more than chance, or nine where fewer than ten came before; not long ago |
//! | `falling-edit-rate` | the last ones change less than half as often as those before, by more than chance |
//! | `falling-novelty` | programs repeat older ones but for a word or two more often than before, or the last ten or more are much nearer to older ones than those before, by more than chance, and none is better |
//! | `reading-loop` | seven of ten candidates, or more than before by more than chance, look three times or more at the same without writing in between |
//! | `early-end` | three candidates in a row end after two looks or less, without a change |
//! | `frozen-meta` | no meta agent was edited in the last twenty candidates or more, by more than chance, while programs were |
//! | `bloat` | programs grow far more from candidate to candidate than before, and have become twice as long |
//! | `blind-copy` | candidates take over programs of peers, add nothing to them, and do not say what they do |
//!
//! The last two signs, and those that compare the present with the past, are found by a sequential test; older runs are watched
//! by tests of windows.

mod calls;
mod copies;
mod course;
mod guards;
mod looks;
mod rates;
mod sequential;
mod stop;
mod texts;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use calls::{HistoryCall, ToolLooks};
pub use stop::tells_to_stop;
pub use texts::{ProsePassage, prose_passages};

/// Maximum number of pieces of evidence of one kind.
const EVIDENCE_MAX: usize = 5;
/// Bytes of each text in which signs are looked for.
const TEXT_BYTES_MAX: usize = 256 << 10;
/// Score from which on nothing is left to explore, for scores from 0 to 1.
const TARGET: f64 = 0.999;

/// A kind of complacency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ComplacencyKind {
    /// A text tells to stop.
    StopText,
    /// Code switches writing or exploring off.
    SelfBlock,
    /// Candidates in a row change nothing.
    GivenUp,
    /// Candidates change less and less often.
    FallingEditRate,
    /// Programs are nearer and nearer to older ones.
    FallingNovelty,
    /// The same is looked at again and again.
    ReadingLoop,
    /// Candidates end early.
    EarlyEnd,
    /// Meta agents are not edited.
    FrozenMeta,
    /// Programs grow and grow.
    Bloat,
    /// Programs of peers are taken over without a word of understanding.
    BlindCopy,
}

impl ComplacencyKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::StopText,
        Self::SelfBlock,
        Self::GivenUp,
        Self::FallingEditRate,
        Self::FallingNovelty,
        Self::ReadingLoop,
        Self::EarlyEnd,
        Self::FrozenMeta,
        Self::Bloat,
        Self::BlindCopy,
    ];

    /// Returns the name used in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::StopText => "stop-text",
            Self::SelfBlock => "self-block",
            Self::GivenUp => "given-up",
            Self::FallingEditRate => "falling-edit-rate",
            Self::FallingNovelty => "falling-novelty",
            Self::ReadingLoop => "reading-loop",
            Self::EarlyEnd => "early-end",
            Self::FrozenMeta => "frozen-meta",
            Self::Bloat => "bloat",
            Self::BlindCopy => "blind-copy",
        }
    }
}

/// The tests behind the signs of the course of a population.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignTests {
    /// Windows of a fixed length, as in runs that were recorded when there was no other test.
    Fixed,
    /// The sequential test.
    #[default]
    Sequential,
}

impl SignTests {
    /// All tests.
    pub const ALL: [Self; 2] = [Self::Fixed, Self::Sequential];

    /// Returns the name used in settings and records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Sequential => "sequential",
        }
    }
}

/// A candidate of a history.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct HistoryStep {
    /// A name for the evidence.
    pub id: String,
    /// The index of the candidate that it was made from.
    pub parent: Option<usize>,
    /// Its program; `None` if it is not known.
    pub program: Option<Arc<str>>,
    /// Its meta agent; `None` if it is not known.
    pub meta: Option<Arc<str>>,
    /// Its notes.
    pub notes: Option<Arc<str>>,
    /// Its score on held-out data, or otherwise on training data.
    pub score: Option<f64>,
    /// A summary of its meta agent's tool calls; `None` if none were recorded.
    pub looks: Option<ToolLooks>,
    /// The best programs of other populations at the time it was made.
    pub peers: Vec<Arc<str>>,
}

/// A sign of complacency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ComplacencyFinding {
    /// The kind.
    pub kind: ComplacencyKind,
    /// The indices of the candidates that show it, in order.
    pub steps: Vec<usize>,
    /// The evidence: candidate, place and words, at most five.
    pub evidence: Vec<String>,
}

impl ComplacencyFinding {
    fn new(kind: ComplacencyKind, steps: Vec<usize>, mut evidence: Vec<String>) -> Self {
        evidence.truncate(EVIDENCE_MAX);
        Self { kind, steps, evidence }
    }
}

/// Returns the signs in a history, in order of kind. `minimise` is true if smaller scores are better. A target is known only for
/// maximised scores from 0 to 1.
#[must_use]
pub fn complacency(history: &[HistoryStep], minimise: bool) -> Vec<ComplacencyFinding> {
    complacency_from(history, minimise, 0, SignTests::Sequential)
}

/// Returns the same by these tests, but reads texts and code only of candidates from the index `from` on: earlier ones have been
/// examined before.
#[must_use]
pub fn complacency_from(
    history: &[HistoryStep],
    minimise: bool,
    from: usize,
    tests: SignTests,
) -> Vec<ComplacencyFinding> {
    let mut found = Vec::new();
    found.extend(texts::stop_texts(history, from));
    found.extend(guards::self_blocks(history, from));
    let better = |one: f64, other: f64| if minimise { one < other } else { one > other };
    let best = history
        .iter()
        .filter_map(|step| step.score)
        .reduce(|best, next| if better(next, best) { next } else { best });
    if !minimise && best.is_some_and(|best| (TARGET..=1.0).contains(&best)) {
        return found;
    }
    match tests {
        SignTests::Fixed => {
            found.extend(course::given_up(history));
            found.extend(course::falling_edit_rate(history));
            found.extend(course::falling_novelty(history, &better));
            found.extend(looks::reading_loops(history));
            found.extend(looks::early_ends(history));
            found.extend(course::frozen_meta(history));
        }
        SignTests::Sequential => {
            found.extend(sequential::given_up(history));
            found.extend(sequential::falling_edit_rate(history));
            found.extend(sequential::falling_novelty(history, &better));
            found.extend(sequential::reading_loops(history));
            found.extend(looks::early_ends(history));
            found.extend(sequential::frozen_meta(history));
            found.extend(sequential::bloat(history));
            found.extend(copies::blind_copies(history));
        }
    }
    found
}

impl HistoryStep {
    /// Creates a candidate about which nothing else is known.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// Returns whether it differs from its parent; `None` if that is not known.
    fn changed(&self, history: &[Self]) -> Option<bool> {
        let parent = history.get(self.parent?)?;
        let program = self.program.as_ref()? != parent.program.as_ref()?;
        Some(program || self.meta != parent.meta || self.notes != parent.notes)
    }

    /// Returns the beginnings of its texts, each with its name and the parent's version.
    fn texts<'a>(&'a self, history: &'a [Self]) -> [(&'static str, Option<&'a str>, Option<&'a str>); 3] {
        let parent = self.parent.and_then(|parent| history.get(parent));
        let head = |text: &'a str| &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
        let of = |text: fn(&Self) -> &Option<Arc<str>>| {
            (text(self).as_deref().map(head), parent.and_then(|parent| text(parent).as_deref()).map(head))
        };
        let (program, meta, notes) =
            (of(|step| &step.program), of(|step| &step.meta), of(|step| &step.notes));
        [("program", program.0, program.1), ("meta agent", meta.0, meta.1), ("notes", notes.0, notes.1)]
    }
}

#[cfg(test)]
mod tests;
