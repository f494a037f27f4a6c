//! The strategies and their parameters.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::fraction::Fraction;
use super::parameter::{Bins, Dimension, Frontier, Migration, StrategyParameter};
use super::reference::{ParameterDescription, StrategyDescription, form, paragraphs};
use super::spec_tree::{Atom, NAME, SpecTree};
use super::{SpecError, StrategySpec as Spec};

/// Defines the rules of a catalogue: a struct of parameters for each rule, and the enumeration of all rules with its text and its
/// recorded form. The enumeration has a function `read`, which reads a rule and checks it as a whole.
macro_rules! strategies {
    ($(#[doc = $about:literal])+ $spec:ident, $what:literal; $(
        $(#[doc = $doc:literal])+
        $type:ident = $name:literal, $source:literal {
            $( $(#[doc = $meaning:literal])+ $field:ident: $form:ty = $default:literal in [$low:literal, $high:literal], )*
        }
    )+) => {
        $(
            $(#[doc = $doc])+
            #[doc = concat!("\n\nSource: ", $source, ".")]
            #[derive(Debug, Clone, PartialEq)]
            #[non_exhaustive]
            pub struct $type {
                $( $(#[doc = $meaning])+ pub $field: $form, )*
            }

            impl Default for $type {
                fn default() -> Self {
                    Self { $( $field: standard::<$form>($default), )* }
                }
            }
        )+

        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum $spec {
            $( #[doc = concat!("The ", $what, " `", $name, "`.")] $type($type), )+
        }

        impl $spec {
            /// All names.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// Returns the name.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $( Self::$type(_) => $name, )+ }
            }

            /// Returns all rules with default parameters.
            #[must_use]
            pub fn all() -> Vec<Self> {
                vec![$( Self::$type($type::default()) ),+]
            }

            /// Returns the descriptions of all of them.
            #[must_use]
            pub fn all_described() -> Vec<StrategyDescription> {
                vec![$( StrategyDescription {
                    name: $name,
                    summary: first_sentence(&[$($doc),+]),
                    description: paragraphs(&[$($doc),+]),
                    source: $source,
                    parameters: vec![$( ParameterDescription {
                        name: key(stringify!($field)),
                        meaning: paragraphs(&[$($meaning),+]),
                        form: form::<$form>($low, $high),
                        default: standard::<$form>($default).text(),
                    } ),*],
                    recorded: Self::$type($type::default()).to_value(),
                } ),+]
            }

            /// Returns the form in which it is recorded.
            #[must_use]
            pub fn to_value(&self) -> Value {
                let mut object = Map::new();
                object.insert(NAME.to_owned(), Value::from(self.name()));
                match self {
                    $( Self::$type(own) => {
                        let ($type { $($field),* }, standard) = (own, $type::default());
                        let _ = &standard;
                        $( if $field != &standard.$field || !came_later($name, stringify!($field)) {
                            object.insert(key(stringify!($field)), $field.value());
                        } )*
                    } )+
                }
                Value::Object(object)
            }

            /// Returns the parameters that differ from their defaults, as text.
            pub(super) fn changed(&self) -> Vec<(String, String)> {
                match self {
                    $( Self::$type(own) => {
                        let ($type { $($field),* }, standard) = (own, $type::default());
                        let _ = &standard;
                        let all: Vec<Option<(String, String)>> =
                            vec![$( ($field != &standard.$field).then(|| (key(stringify!($field)), $field.text())) ),*];
                        all.into_iter().flatten().collect()
                    } )+
                }
            }

            /// Reads a rule without checking the rules within it.
            pub(super) fn read_parts(tree: &SpecTree) -> Result<Self, SpecError> {
                Ok(match tree.name.as_str() {
                    $( $name => {
                        check_keys($name, tree, &[$(key(stringify!($field))),*])?;
                        Self::$type($type {
                            $( $field: parameter::<$form>(tree, stringify!($field), $default, [$low, $high])?, )*
                        })
                    } )+
                    name => {
                        let (name, known) = (name.to_owned(), Self::NAMES.to_vec());
                        return Err(SpecError::Name { what: $what, name, known });
                    }
                })
            }
        }

        impl FromStr for $spec {
            type Err = SpecError;

            fn from_str(text: &str) -> Result<Self, SpecError> {
                Self::read(&SpecTree::parse(text).map_err(SpecError::Text)?)
            }
        }

        /// Shows the text with the parameters that differ from their defaults.
        impl fmt::Display for $spec {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())?;
                for (index, (key, text)) in self.changed().into_iter().enumerate() {
                    write!(f, "{}{key}={text}", if index == 0 { ':' } else { ',' })?;
                }
                Ok(())
            }
        }

        /// Recorded as an object with the name and every parameter, except for later parameters that have their default values.
        impl Serialize for $spec {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.to_value().serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $spec {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = Value::deserialize(deserializer)?;
                let read = SpecTree::of_value(&value).map_err(SpecError::Text).and_then(|tree| Self::read(&tree));
                let spec = read.map_err(D::Error::custom)?;
                if spec.to_value() == value {
                    return Ok(spec);
                }
                Err(D::Error::custom(format!("{value} is not the recorded form of {spec}: {}", spec.to_value())))
            }
        }
    };
}

/// Parameters that the first runs of format 3 did not have. They are recorded only if they differ from their defaults, so that
/// the records of those runs remain the only form of their strategies.
const LATER: [(&str, &str); 5] = [
    ("islands", "stagnation"),
    ("islands", "most"),
    ("map-elites", "niches"),
    ("pareto", "over"),
    ("pareto", "objectives"),
];

/// Returns whether a parameter was added later.
pub(super) fn came_later(strategy: &str, field: &str) -> bool {
    LATER.contains(&(strategy, field))
}

pub(super) use strategies;

strategies! {
    /// A strategy with its parameters.
    StrategySpec, "strategy";

    /// Draws in proportion to fitness, and less the more children a member has.
    /// The weight is `1/(1+exp(-10(f-mid))) · exp(-(children/8)³)`, with the fitness `f` between 0 and 1 and `mid` the mean of the three best.
    ScoreChildProp = "score-child-prop", "HyperAgents, Zhang et al. 2026 (arXiv 2603.19461), `score_child_prop`" {}

    /// Draws every member with equal probability.
    Random = "random", "HyperAgents, Zhang et al. 2026 (arXiv 2603.19461), `random`" {}

    /// Takes the best member, of equals the earliest.
    Best = "best", "HyperAgents, Zhang et al. 2026 (arXiv 2603.19461), `best`" {}

    /// Takes the member that was admitted last: one line of descent.
    Latest = "latest", "HyperAgents, Zhang et al. 2026 (arXiv 2603.19461), `latest`" {}

    /// Holds tournaments against a fork of the seed, less and less often.
    /// With probability `p0·decay^t` after `t` tournaments, a generation is a tournament of a child of the drawn parent and a child of the seed.
    /// The child of the seed wins only if it is strictly better on training data, and only the winner goes on. Needs one candidate per generation.
    Annealing = "annealing", "the replication of HyperAgents, arm `annealing`; simulated annealing, Kirkpatrick et al. 1983" {
        /// Probability of the first tournament.
        p0: Fraction = "1/2" in [0, 1],
        /// Factor on the probability after each tournament.
        decay: Fraction = "9/10" in [0, 1],
        /// The rule that draws the other parent.
        inner: Box<Spec> = "score-child-prop" in [0, 0],
    }

    /// Keeps several populations apart, and lets their best members move now and then.
    /// Candidates take turns among the islands, so that each gets the same budget. Each island draws by the inner rule from its own members. After every
    /// `interval` candidates, each island sends copies of its best members on. After every `reset` candidates, the half of the islands whose best member is
    /// worse begins again, each with the best member of an island of the better half. After `stagnation` candidates without a new best member, one more
    /// island is opened with the seed.
    Islands = "islands", "FunSearch, Romera-Paredes et al. 2023 (reset of the worse half); OpenEvolve and ShinkaEvolve (migration, islands at stagnation); Tanese 1989" {
        /// Number of islands.
        count: u64 = "4" in [2, 64],
        /// Way in which members move: to the next island, to one that is drawn, or not at all.
        migration: Migration = "ring" in [0, 0],
        /// Candidates between two migrations.
        interval: u64 = "40" in [1, 1000000],
        /// Part of an island's members that moves, rounded up; at most 64 members.
        rate: Fraction = "1/10" in [0, 1],
        /// Candidates between two resets; 0 means never.
        reset: u64 = "0" in [0, 1000000],
        /// Candidates without a new best member after which one more island is opened; 0 means never.
        stagnation: u64 = "0" in [0, 1000000],
        /// Islands from which on no more are opened.
        most: u64 = "16" in [2, 64],
        /// The rule of each island.
        inner: Box<Spec> = "power-law" in [0, 0],
    }

    /// Keeps the best member of every cell of a grid, and draws among the occupied cells evenly.
    /// The dimensions of the grid are properties of programs. With `fixed` bins, a dimension is cut into equal parts from 0 to `reach` times the seed's value, and
    /// what is beyond belongs to the last part. With `quantile` bins, each has the same number of members; the cuts are made again whenever the
    /// number of members has grown by a quarter. With `cvt`, the space from 0 to `reach` times the seed's values is divided into `niches` of about equal size in all dimensions
    /// at once (a centroidal Voronoi tessellation: the points to which the mean of all that is nearest to them was moved again and again). A candidate that neither opens a cell nor beats its cell's member is not kept.
    MapElites = "map-elites", "MAP-Elites, Mouret and Clune 2015 (arXiv 1504.04909); CVT-MAP-Elites, Vassiliades et al. 2018 (arXiv 1610.05729); AlphaEvolve and OpenEvolve use it per island" {
        /// Properties of programs.
        dimensions: Vec<Dimension> = "bytes+tokens" in [1, 4],
        /// Bins of each dimension.
        bins: u64 = "8" in [2, 64],
        /// Way to cut dimensions.
        scale: Bins = "quantile" in [0, 0],
        /// Multiple of the seed's value at which fixed bins and niches end.
        reach: u64 = "4" in [1, 1000],
        /// Niches of a tessellation.
        niches: u64 = "64" in [2, 256],
    }

    /// Draws members that are the best on some training case, in proportion to the number of cases on which they are.
    /// Instead of cases, or beside them, these are objectives: the score, metrics of the evaluator (better in the direction of the task), and sizes, of which
    /// the smaller is better. Members that another one dominates (nowhere worse, somewhere better) are left out; of equal ones, the earliest stays. The inspiration of a child is, if
    /// any, the member that wins on most of the cases on which its parent does not.
    Pareto = "pareto", "GEPA, Agrawal et al. 2025 (arXiv 2507.19457), algorithm 2; its frontier types are those of `gepa`" {
        /// Numbers that are compared: the scores of cases, the objectives, or both.
        over: Frontier = "cases" in [0, 0],
        /// Objectives.
        objectives: Vec<Dimension> = "score+bytes" in [1, 4],
    }

    /// Draws by rank: the weight of the member of rank `r`, from 1, is `r^-alpha`.
    /// With 0, all are alike; the greater alpha, the greedier.
    PowerLaw = "power-law", "ShinkaEvolve, Lange et al. 2025 (arXiv 2509.19349), parent sampling by power law" {
        /// The exponent.
        alpha: Fraction = "1" in [0, 100],
    }

    /// Draws by performance and novelty: the weight is `1/(1+exp(-lambda(f-median))) · 1/(1+children)`.
    /// The fitness `f` is between 0 and 1, and `median` is that of all members.
    Weighted = "weighted", "ShinkaEvolve, Lange et al. 2025 (arXiv 2509.19349), weighted parent sampling" {
        /// Steepness of the preference for better members.
        lambda: Fraction = "10" in [0, 1000],
    }

    /// Draws evenly among the best members.
    BeamSearch = "beam", "beam search, Lowerre 1976; ShinkaEvolve and SkyDiscover have it as `beam_search`" {
        /// Number of members.
        width: u64 = "8" in [1, 100000],
    }

    /// Groups members that have the same score on every training case, draws a group by its score, and of the group rather a short program.
    /// The groups have the weights `exp(f/T)` with `T = temperature·(1 - (n mod period)/period)` after `n` members; the fitness `f` is between 0 and 1. Within a group, a
    /// program of length `l` has the weight `exp(-(l - shortest)/longest / length-temperature)`.
    Clusters = "clusters", "FunSearch, Romera-Paredes et al. 2023 (Nature 625), methods: program database" {
        /// Temperature of the draw among groups.
        temperature: Fraction = "1/10" in [0, 1000],
        /// Members after which the temperature is what it was at first.
        period: u64 = "30000" in [1, 1000000000],
        /// Temperature of the draw within a group.
        length_temperature: Fraction = "1" in [0, 1000],
    }

    /// Takes the member whose descendants promise most, by Thompson sampling.
    /// A child is a success if it is better than its parent on training data. A clade is a member with its descendants. From each of the clades with the best
    /// mean, a number is drawn from `Beta(1 + successes, 1 + failures)` of all children in it, and the member with the greatest number is the parent.
    Clade = "clade", "Huxley-Gödel Machine, Wang et al. 2025 (arXiv 2510.21614): clade metaproductivity; here a trial is a child, not a benchmark case" {
        /// Clades that take part in a draw.
        arms: u64 = "256" in [1, 4096],
    }

    /// Makes `n` children of one member, then goes on with the best of them, if it is better.
    BestOfN = "best-of-n", "best-of-n sampling, the baseline of ShinkaEvolve, SkyDiscover and GEPA" {
        /// Children of each member.
        n: u64 = "16" in [1, 1000000],
    }

    /// Makes every candidate from the seed: independent samples, no evolution.
    /// The baseline for every other strategy. Meta agents see no other candidate.
    Iid = "iid", "independent sampling, the control of every comparison" {}

    /// Chooses among strategies by what each of them brought lately.
    /// A child is a success if it is better than its parent on training data. The strategy with the greatest upper bound
    /// `successes/trials + explore·sqrt(2 ln N / trials)` over the last `window` children of each draws the next parent; strategies that were not tried come first.
    Mixture = "mixture", "UCB1, Auer et al. 2002, over the last trials (Garivier and Moulines 2011); the idea to adapt the search to its progress is AdaEvolve's" {
        /// The strategies.
        of: Vec<Spec> = "score-child-prop+power-law+random" in [2, 16],
        /// Weight of what is uncertain.
        explore: Fraction = "1/2" in [0, 100],
        /// Children that count, of each strategy.
        window: u64 = "64" in [1, 100000],
    }
}

/// Returns the name of a parameter.
pub(super) fn key(field: &str) -> String {
    field.replace('_', "-")
}

/// Returns the first sentence of a description.
pub(super) fn first_sentence(lines: &[&str]) -> String {
    lines.first().map(|line| line.trim().to_owned()).unwrap_or_default()
}

/// Returns the parts of a default value.
fn parts(text: &str) -> Vec<Atom> {
    text.split('+').map(|part| Atom::Text(part.to_owned())).collect()
}

pub(super) fn standard<T: StrategyParameter>(text: &str) -> T {
    T::read("default", &parts(text))
        .expect("the defaults of the catalogue are values; its test reads all of them")
}

pub(super) fn check_keys(strategy: &'static str, tree: &SpecTree, known: &[String]) -> Result<(), SpecError> {
    for (index, (key, _)) in tree.values.iter().enumerate() {
        if !known.contains(key) {
            return Err(SpecError::Key { strategy, key: key.clone(), known: known.to_vec() });
        }
        if tree.values[..index].iter().any(|(other, _)| other == key) {
            return Err(SpecError::Twice { key: key.clone() });
        }
    }
    Ok(())
}

pub(super) fn parameter<T: StrategyParameter>(
    tree: &SpecTree,
    field: &str,
    default: &str,
    bounds: [u64; 2],
) -> Result<T, SpecError> {
    let key = key(field);
    let Some((_, atoms)) = tree.values.iter().find(|(name, _)| *name == key) else {
        return Ok(standard(default));
    };
    let value = T::read(&key, atoms)?;
    let [low, high] = bounds;
    if bounds != [0, 0] && !value.is_within(low, high) {
        return Err(SpecError::value(&key, &value.text(), &form::<T>(low, high)));
    }
    Ok(value)
}
