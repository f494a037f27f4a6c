//! Values that clap lists: enumerations, and suggestions for values that may also be others.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};
use hyperspace_core::MarkKind;
use hyperspace_eval::{Split, Task};
use hyperspace_evolve::{
    Admission, AnswerStyle, Arm, BanditSpec, DuplicateRule, Fate, Selection, Sharing, StrategySpec,
    bundled_agents,
};
use hyperspace_service::LimitSettings;

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

pub(super) fn duplicates() -> impl TypedValueParser<Value = DuplicateRule> {
    closed(vec![
        PossibleValue::new("exact").help("Those with equal files"),
        PossibleValue::new("syntax")
            .help("Those whose files differ in names of local variables, comments and layout alone"),
    ])
}

/// Parses a limit on code: `NAME=N`.
pub(super) fn code_limit(text: &str) -> Result<(String, u64), String> {
    let named = text.split_once('=').filter(|(name, _)| LimitSettings::NAMES.contains(name));
    let (name, number) =
        named.ok_or_else(|| format!("expected NAME=N with NAME {}", LimitSettings::NAMES.join(", ")))?;
    let number = number.replace('_', "").parse().map_err(|_| format!("{number:?} is no number"))?;
    Ok((name.to_owned(), number))
}

pub(super) fn admission() -> impl TypedValueParser<Value = Admission> {
    closed(vec![
        PossibleValue::new("gate")
            .help("Better than its parent on training data, and not worse on held-out data"),
        PossibleValue::new("scored")
            .help("Any score that the strategy has a use for; the champion is still gated"),
    ])
}

pub(super) fn sharing() -> impl TypedValueParser<Value = Sharing> {
    closed(vec![
        PossibleValue::new("raw").help("As they are"),
        PossibleValue::new("sanitised")
            .help("After policies on their content, with measured facts in a header"),
    ])
}

pub(super) fn style() -> impl TypedValueParser<Value = AnswerStyle> {
    closed(vec![
        PossibleValue::new("auto").help("Whole files of a short program, edits of a long one"),
        PossibleValue::new("edits").help("Search/replace blocks"),
        PossibleValue::new("rewrite").help("Whole files"),
        PossibleValue::new("tools").help("Calls of an editor and a shell"),
    ])
}

/// Parses a number of bytes, such as `65536`, `64MB` or `64MiB`.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 7] = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("kB", 1_000),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
    ];
    amount(text, &UNITS, "a number of bytes such as 65536, 64MB or 64MiB")
}

/// Parses an amount of fuel, such as `2000000000`, `2e9` or `2s`.
pub(super) fn fuel(text: &str) -> Result<u64, String> {
    amount(
        text,
        &[("ms", 1_000_000), ("s", 1_000_000_000)],
        "a number such as 2000000000, 2e9, or seconds of the guest's clock such as 2s",
    )
}

fn amount(text: &str, units: &[(&str, u64)], expected: &str) -> Result<u64, String> {
    let wrong = || format!("expected {expected}");
    let unit = units.iter().find_map(|(name, factor)| Some((text.strip_suffix(name)?, *factor)));
    let (number, factor) = unit.unwrap_or((text, 1));
    let (mantissa, power) = match number.split_once('e') {
        Some((mantissa, power)) => (mantissa, power.parse::<u32>().map_err(|_| wrong())?),
        None => (number, 0),
    };
    let mantissa: u64 = mantissa.parse().map_err(|_| wrong())?;
    let scale = 10_u64.checked_pow(power).and_then(|power| power.checked_mul(factor)).ok_or_else(wrong)?;
    mantissa.checked_mul(scale).ok_or_else(wrong)
}

pub(super) fn split() -> impl TypedValueParser<Value = Split> {
    closed(["train", "held-out", "test", "all"].map(PossibleValue::new).to_vec())
}

pub(super) fn fate() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(Fate::ALL.map(Fate::name))
}

pub(super) fn mark_kind() -> impl TypedValueParser<Value = MarkKind> {
    let kinds = MarkKind::ALL.map(|kind| (kind_name(kind), kind));
    PossibleValuesParser::new(kinds.map(|(name, _)| name)).map(move |text: String| {
        kinds.iter().find(|(name, _)| *name == text).map_or(kinds[0].1, |(_, kind)| *kind)
    })
}

/// Returns the serialised name of a kind of mark.
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

    /// Suggests the strategies.
    pub(super) fn strategies() -> Self {
        Self(StrategySpec::NAMES.to_vec())
    }

    /// Suggests the bandits.
    pub(super) fn bandits() -> Self {
        Self(BanditSpec::NAMES.to_vec())
    }

    /// Suggests items of evaluations that meta agents may see.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_may_have_units() {
        assert_eq!((bytes("64MB"), bytes("64MiB"), bytes("7")), (Ok(64_000_000), Ok(64 << 20), Ok(7)));
        assert_eq!(
            (fuel("2s"), fuel("2e9"), fuel("5ms")),
            (Ok(2_000_000_000), Ok(2_000_000_000), Ok(5_000_000))
        );
        for junk in ["", "MB", "-1", "1.5", "2h", "1e99", "99999999999GB", "e9"] {
            assert!(bytes(junk).is_err() && fuel(junk).is_err(), "{junk}");
        }
    }
}
