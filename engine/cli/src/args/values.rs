//! Values that clap lists: enumerations, and suggestions for values that may also be others.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};
use hyperspace_core::MarkKind;
use hyperspace_eval::{Split, Task};
use hyperspace_evolve::{Arm, Selection, bundled_agents};

/// Returns a parser of a closed set of names.
fn closed<T, E>(values: Vec<PossibleValue>) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err = E> + Clone + Send + Sync + 'static,
    E: std::error::Error + Send + Sync + 'static,
{
    PossibleValuesParser::new(values).try_map(|text| text.parse::<T>())
}

pub(super) fn arm() -> impl TypedValueParser<Value = Arm> {
    closed(vec![
        PossibleValue::new("full").help("Everything evolves"),
        PossibleValue::new("freeze-meta").help("The meta agent is always that of the seed"),
        PossibleValue::new("random").help("Parents are drawn without regard to scores"),
        PossibleValue::new("annealing").help("Tournaments against forks of the seed, less and less often"),
    ])
}

pub(super) fn selection() -> impl TypedValueParser<Value = Selection> {
    closed(vec![
        PossibleValue::new("score-child-prop").help("By score, and less the more children a member has"),
        PossibleValue::new("random").help("Every member alike"),
        PossibleValue::new("best").help("Always the best member"),
        PossibleValue::new("latest").help("Always the latest member: one line of descent"),
    ])
}

pub(super) fn split() -> impl TypedValueParser<Value = Split> {
    closed(["train", "held-out", "test", "all"].map(PossibleValue::new).to_vec())
}

pub(super) fn mark_kind() -> impl TypedValueParser<Value = MarkKind> {
    let kinds = MarkKind::ALL.map(|kind| (kind_name(kind), kind));
    PossibleValuesParser::new(kinds.map(|(name, _)| name)).map(move |text: String| {
        kinds.iter().find(|(name, _)| *name == text).map_or(kinds[0].1, |(_, kind)| *kind)
    })
}

/// Returns the name of a kind of mark, as it is serialised.
pub(crate) fn kind_name(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Intent => "intent",
        MarkKind::Action => "action",
        MarkKind::Observation => "observation",
        MarkKind::Warning => "warning",
        MarkKind::Need => "need",
    }
}

/// Useful values of `--visible`.
const VISIBLE: [&str; 8] = [
    "train=",
    "train=predictions",
    "train=predictions,scores",
    "train=predictions,scores,labels",
    "held-out=",
    "held-out=predictions",
    "held-out=predictions,scores",
    "held-out=predictions,scores,labels",
];

/// Parses any text, and suggests values to shells.
#[derive(Clone)]
pub(super) struct Suggested(Vec<&'static str>);

impl Suggested {
    /// Suggests the bundled tasks.
    pub(super) fn tasks() -> Self {
        Self(Task::bundled_names())
    }

    /// Suggests the bundled agents.
    pub(super) fn agents() -> Self {
        Self(bundled_agents().into_iter().collect())
    }

    /// Suggests what meta agents may see.
    pub(super) fn visible() -> Self {
        Self(VISIBLE.to_vec())
    }
}

impl TypedValueParser for Suggested {
    type Value = String;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().copied().map(PossibleValue::new)))
    }
}
