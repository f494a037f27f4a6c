//! The types of strategy parameters: how each is read, recorded, shown and bounded.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::Value;

use super::fraction::Fraction;
use super::spec_tree::Atom;
use super::{SpecError, StrategySpec};

/// The value of a parameter.
pub(super) trait StrategyParameter: Sized + Clone + PartialEq {
    /// Reads the parts of a value.
    fn read(key: &str, atoms: &[Atom]) -> Result<Self, SpecError>;
    /// Returns the recorded form.
    fn value(&self) -> Value;
    /// Returns the form in which it is shown and read.
    fn text(&self) -> String;
    /// Returns a description of possible values, such as `a whole number`.
    fn form() -> String;

    /// Returns whether the value, or the number of its parts, is within bounds.
    fn is_within(&self, _low: u64, _high: u64) -> bool {
        true
    }

    /// Returns true if the bounds apply to the number of parts.
    fn counts_parts() -> bool {
        false
    }
}

/// Returns the part of a value that must have exactly one.
fn single<'a>(key: &str, atoms: &'a [Atom], form: &str) -> Result<&'a str, SpecError> {
    match atoms {
        [Atom::Text(text)] => Ok(text),
        _ => Err(SpecError::value(key, "several parts, or a strategy", form)),
    }
}

impl StrategyParameter for u64 {
    fn read(key: &str, atoms: &[Atom]) -> Result<Self, SpecError> {
        let text = single(key, atoms, &Self::form())?;
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| plain);
        number.ok_or_else(|| SpecError::value(key, text, &Self::form()))
    }

    fn value(&self) -> Value {
        Value::from(*self)
    }

    fn text(&self) -> String {
        self.to_string()
    }

    fn form() -> String {
        "a whole number".to_owned()
    }

    fn is_within(&self, low: u64, high: u64) -> bool {
        (low..=high).contains(self)
    }
}

impl StrategyParameter for Fraction {
    fn read(key: &str, atoms: &[Atom]) -> Result<Self, SpecError> {
        let text = single(key, atoms, &Self::form())?;
        text.parse().map_err(|()| SpecError::value(key, text, &Self::form()))
    }

    fn value(&self) -> Value {
        Value::from(self.canonical())
    }

    fn text(&self) -> String {
        self.to_string()
    }

    fn form() -> String {
        "a number such as 0.25 or 1/4".to_owned()
    }

    fn is_within(&self, low: u64, high: u64) -> bool {
        Fraction::is_within(*self, low, high)
    }
}

/// A value that is one of several names.
pub(super) trait Named: Copy + PartialEq + 'static {
    /// All values.
    const ALL: &'static [Self];
    /// Returns the name.
    fn name(self) -> &'static str;
}

impl<T: Named> StrategyParameter for T {
    fn read(key: &str, atoms: &[Atom]) -> Result<Self, SpecError> {
        let text = single(key, atoms, &Self::form())?;
        let named = T::ALL.iter().copied().find(|one| one.name() == text);
        named.ok_or_else(|| SpecError::value(key, text, &Self::form()))
    }

    fn value(&self) -> Value {
        Value::from(self.name())
    }

    fn text(&self) -> String {
        self.name().to_owned()
    }

    fn form() -> String {
        T::ALL.iter().map(|one| one.name()).collect::<Vec<_>>().join(" or ")
    }
}

/// A strategy within a strategy.
impl StrategyParameter for Box<StrategySpec> {
    fn read(key: &str, atoms: &[Atom]) -> Result<Self, SpecError> {
        match atoms {
            [atom] => Ok(Self::new(StrategySpec::read(&atom.spec().map_err(SpecError::Text)?)?)),
            _ => Err(SpecError::value(key, "several parts", &Self::form())),
        }
    }

    fn value(&self) -> Value {
        self.to_value()
    }

    fn text(&self) -> String {
        nested(self)
    }

    fn form() -> String {
        "a strategy".to_owned()
    }
}

fn nested(spec: &StrategySpec) -> String {
    let text = spec.to_string();
    if text.contains(':') { format!("({text})") } else { text }
}

impl StrategyParameter for Vec<StrategySpec> {
    fn read(_: &str, atoms: &[Atom]) -> Result<Self, SpecError> {
        let spec = |atom: &Atom| StrategySpec::read(&atom.spec().map_err(SpecError::Text)?);
        atoms.iter().map(spec).collect()
    }

    fn value(&self) -> Value {
        self.iter().map(StrategySpec::to_value).collect()
    }

    fn text(&self) -> String {
        self.iter().map(nested).collect::<Vec<_>>().join("+")
    }

    fn form() -> String {
        "strategies joined with +".to_owned()
    }

    fn is_within(&self, low: u64, high: u64) -> bool {
        (low..=high).contains(&(self.len() as u64))
    }

    fn counts_parts() -> bool {
        true
    }
}

/// A property of a program by which strategies sort.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// Size of the program's file in bytes.
    Bytes,
    /// Number of its lines that are neither empty nor comments.
    Lines,
    /// Number of its names, numbers, string literals and operators, counted without a parser.
    Tokens,
    /// Number of nodes in its syntax tree, without keywords and operators. A program that is not Python has none.
    Nodes,
    /// Its cyclomatic complexity. A program that is not Python has none.
    Complexity,
    /// The score on training data.
    Score,
    /// The mean, over training cases, of a metric that an evaluator in Python returns.
    Metric(String),
}

/// The beginning of a metric's name.
const METRIC: &str = "metric.";

impl Display for Dimension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes => f.write_str("bytes"),
            Self::Lines => f.write_str("lines"),
            Self::Tokens => f.write_str("tokens"),
            Self::Nodes => f.write_str("nodes"),
            Self::Complexity => f.write_str("complexity"),
            Self::Score => f.write_str("score"),
            Self::Metric(name) => write!(f, "{METRIC}{name}"),
        }
    }
}

impl FromStr for Dimension {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let plain = [Self::Bytes, Self::Lines, Self::Tokens, Self::Nodes, Self::Complexity, Self::Score];
        let metric = || text.strip_prefix(METRIC).filter(|name| !name.is_empty());
        let metric = || metric().map(|name| Self::Metric(name.to_owned()));
        plain.into_iter().find(|one| one.to_string() == text).or_else(metric).ok_or(())
    }
}

impl StrategyParameter for Vec<Dimension> {
    fn read(key: &str, atoms: &[Atom]) -> Result<Self, SpecError> {
        let mut all = Self::new();
        for atom in atoms {
            let text = single(key, std::slice::from_ref(atom), &Self::form())?;
            let dimension = text.parse().map_err(|()| SpecError::value(key, text, &Self::form()))?;
            if all.contains(&dimension) {
                return Err(SpecError::value(key, &format!("{text} twice"), &Self::form()));
            }
            all.push(dimension);
        }
        Ok(all)
    }

    fn value(&self) -> Value {
        self.iter().map(|one| Value::from(one.to_string())).collect()
    }

    fn text(&self) -> String {
        self.iter().map(Dimension::to_string).collect::<Vec<_>>().join("+")
    }

    fn form() -> String {
        "bytes, lines, tokens, nodes, complexity, score or metric.NAME, joined with +".to_owned()
    }

    fn is_within(&self, low: u64, high: u64) -> bool {
        (low..=high).contains(&(self.len() as u64))
    }

    fn counts_parts() -> bool {
        true
    }
}

/// A way in which members move between islands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migration {
    /// To the next island.
    Ring,
    /// To another island, drawn separately for each sending island.
    Random,
    /// Nowhere.
    None,
}

impl Named for Migration {
    const ALL: &'static [Self] = &[Self::Ring, Self::Random, Self::None];

    fn name(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::Random => "random",
            Self::None => "none",
        }
    }
}

/// A way to divide a dimension into bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bins {
    /// Bins of equal width.
    Fixed,
    /// Bins with equally many members.
    Quantile,
    /// No bins, but niches in all dimensions at once.
    Cvt,
}

impl Named for Bins {
    const ALL: &'static [Self] = &[Self::Fixed, Self::Quantile, Self::Cvt];

    fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Quantile => "quantile",
            Self::Cvt => "cvt",
        }
    }
}

/// The values by which members dominate each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frontier {
    /// The scores of the training cases.
    Cases,
    /// The objectives.
    Objectives,
    /// Both.
    Hybrid,
}

impl Named for Frontier {
    const ALL: &'static [Self] = &[Self::Cases, Self::Objectives, Self::Hybrid];

    fn name(self) -> &'static str {
        match self {
            Self::Cases => "cases",
            Self::Objectives => "objectives",
            Self::Hybrid => "hybrid",
        }
    }
}
