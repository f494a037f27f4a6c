//! The file of a study: the strategies to compare, the seeds and the budget.

use std::path::PathBuf;

use hyperspace_evolve::{SearchOptions, StrategySpec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ServiceError;
use crate::files;
use crate::models::CallSettings;
use crate::settings::{RunSettings, SearchSettings};

/// Maximum number of runs of a study.
const RUNS_MAX: usize = 10_000;
/// The baseline of every study.
pub(super) const BASELINE: &str = "iid";

/// A study whose file has been read and checked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StudyRequest {
    /// Settings of all runs.
    pub(super) settings: RunSettings,
    /// Settings of model calls.
    pub calls: CallSettings,
    /// The strategies to compare. The first one is the baseline.
    pub(super) strategies: Vec<StudyStrategy>,
    pub(super) seeds: Vec<u64>,
    pub(super) budget: StudyBudget,
    pub(super) measure: StudyMeasure,
}

/// A strategy of a study, in its recorded and in its requested form.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StudyStrategy {
    pub(super) options: SearchOptions,
    pub(super) settings: SearchSettings,
}

/// The budget of each run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyBudget {
    /// The resource that is counted.
    pub resource: StudyResource,
    /// The largest amount of it that generations after the seed may spend.
    pub amount: u64,
}

/// A resource that a study counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StudyResource {
    /// Candidates, evaluated or not.
    Candidates,
    /// Fuel of all guests.
    Fuel,
    /// Calls of models.
    Calls,
}

impl StudyResource {
    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Candidates => "candidates",
            Self::Fuel => "fuel",
            Self::Calls => "calls",
        }
    }
}

/// The score that a study compares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StudyMeasure {
    /// The champion's score on held-out data.
    #[default]
    HeldOut,
    /// The champion's score on training data.
    Train,
}

/// The content of a study's file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct StudyFile {
    evolve: RunSettings,
    study: StudyTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct StudyTable {
    strategies: Vec<Value>,
    seeds: Option<Seeds>,
    candidates: Option<u64>,
    fuel: Option<u64>,
    calls: Option<u64>,
    measure: StudyMeasure,
}

/// The number of seeds, or the seeds.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a number of seeds, such as 10, or a list of them, such as [1, 2, 3]")]
enum Seeds {
    Count(u64),
    List(Vec<u64>),
}

impl StudyRequest {
    /// Parses the text of a study's file. Its section `[evolve]` is that of a settings file; `[study]` has `strategies` (texts or
    /// tables), `seeds` (a number or a list), one budget (`candidates`, `fuel` or `calls`), and `measure` (`held-out` or
    /// `train`).
    ///
    /// # Errors
    ///
    /// [`ServiceError::File`] with the problem, for `path`, which is not read.
    pub fn parse(path: impl Into<PathBuf>, text: &str) -> Result<Self, ServiceError> {
        let path = path.into();
        let file: StudyFile = files::parse_toml(path.clone(), text)?;
        Self::of(file).map_err(|problem| ServiceError::file(path, problem))
    }

    /// Returns the settings of all runs: the section `[evolve]`.
    #[must_use]
    pub fn settings(&self) -> &RunSettings {
        &self.settings
    }

    fn of(file: StudyFile) -> Result<Self, String> {
        let StudyFile { evolve: settings, study } = file;
        let budget = study.budget()?;
        for (key, set) in [
            ("seed", settings.seed.is_some()),
            ("selection", settings.selection.is_some()),
            ("generations", settings.generations.is_some()),
        ] {
            if set {
                return Err(format!("[evolve] has `{key}`, which [study] decides: leave it out"));
            }
        }
        if settings.parity == Some(true) {
            return Err(
                "[evolve] has `parity`, which goes with selections and not with strategies".to_owned()
            );
        }
        let seeds = match study.seeds {
            None => return Err("[study] has no `seeds`: a number, such as 10, or a list".to_owned()),
            Some(Seeds::Count(count)) => (1..=count.min(RUNS_MAX as u64 + 1)).collect(),
            Some(Seeds::List(list)) => list,
        };
        check_seeds(&seeds)?;
        let mut strategies = vec![strategy(0, &Value::from(BASELINE))?];
        for (index, value) in study.strategies.iter().enumerate() {
            let next = strategy(index, value)?;
            match strategies.iter().position(|one| one.options.config() == next.options.config()) {
                Some(0) => {}
                Some(_) => {
                    return Err(format!("strategies[{index}], {}, is there twice", next.options.strategy));
                }
                None => strategies.push(next),
            }
        }
        if strategies.len() == 1 {
            return Err(
                "[study] has no `strategies` besides iid, the baseline, which every study has".to_owned()
            );
        }
        let runs = strategies.len() * seeds.len();
        if runs > RUNS_MAX {
            return Err(format!("it has {runs} runs or more; expected at most {RUNS_MAX}"));
        }
        Ok(Self {
            settings,
            calls: CallSettings::default(),
            strategies,
            seeds,
            budget,
            measure: study.measure,
        })
    }
}

impl StudyTable {
    fn budget(&self) -> Result<StudyBudget, String> {
        let all = [
            (StudyResource::Candidates, self.candidates),
            (StudyResource::Fuel, self.fuel),
            (StudyResource::Calls, self.calls),
        ];
        let mut set =
            all.into_iter().filter_map(|(resource, amount)| Some(StudyBudget { resource, amount: amount? }));
        let wrong = "[study] needs one budget of each run: `candidates`, `fuel` or `calls`";
        let budget = set.next().ok_or(wrong)?;
        if set.next().is_some() {
            return Err(format!("{wrong}, and not two"));
        }
        match budget.amount {
            0 => Err(format!("`{}` is 0; expected at least 1", budget.resource.name())),
            _ => Ok(budget),
        }
    }
}

fn check_seeds(seeds: &[u64]) -> Result<(), String> {
    if seeds.len() < 2 {
        return Err("`seeds` are fewer than 2, which says nothing about a difference".to_owned());
    }
    let mut sorted = seeds.to_vec();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("seed {} is there twice", pair[0])),
        None => Ok(()),
    }
}

fn strategy(index: usize, value: &Value) -> Result<StudyStrategy, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("strategies[{index}]: {error}");
    let settings = match value {
        Value::String(text) => SearchSettings::strategy(text),
        Value::Object(_) => serde_json::from_value(value.clone()).map_err(|error| wrong(&error))?,
        other => return Err(wrong(&format!("{other} is neither a text nor a table"))),
    };
    let options = settings.options(None).map_err(|error| {
        let hints = error.hints().join("; ");
        wrong(&format!("{error}; {hints}"))
    })?;
    if matches!(options.strategy, StrategySpec::Annealing(_)) {
        let why =
            "annealing makes one or two candidates in a generation, so its budget is not that of the others";
        return Err(wrong(&why));
    }
    Ok(StudyStrategy { options, settings })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<StudyRequest, String> {
        StudyRequest::parse("s.toml", text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_baseline_is_always_there_and_first() {
        let text = "[evolve]\ntask = \"bin-packing\"\n[study]\nseeds = 3\ncandidates = 16\nstrategies = [\"beam\", \
            { strategy = \"power-law\", alpha = 2 }, \"iid\"]\n";
        let study = parse(text).unwrap();
        let names: Vec<String> =
            study.strategies.iter().map(|one| one.options.strategy.to_string()).collect();
        assert_eq!(names, ["iid", "beam", "power-law:alpha=2"]);
        assert_eq!((study.seeds, study.measure), (vec![1, 2, 3], StudyMeasure::HeldOut));
        assert_eq!(study.budget, StudyBudget { resource: StudyResource::Candidates, amount: 16 });
    }

    #[test]
    fn bad_files_are_refused_with_what_to_do() {
        let whole = |study: &str| format!("[study]\n{study}\n");
        for (study, words) in [
            ("", "needs one budget"),
            ("candidates = 8\nfuel = 8", "and not two"),
            ("candidates = 0\nseeds = 2", "`candidates` is 0"),
            ("candidates = 8", "no `seeds`"),
            ("candidates = 8\nseeds = 1", "fewer than 2"),
            ("candidates = 8\nseeds = [1, 2, 1]", "seed 1 is there twice"),
            ("candidates = 8\nseeds = \"ten\"", "a number of seeds"),
            ("candidates = 8\nseeds = 2", "no `strategies` besides iid"),
            (
                "candidates = 8\nseeds = 2\nstrategies = [\"beem\"]",
                "strategies[0]: unknown strategy \"beem\"",
            ),
            ("candidates = 8\nseeds = 2\nstrategies = [\"beem\"]", "did you mean beam?"),
            (
                "candidates = 8\nseeds = 2\nstrategies = [\"beam\", \"beam:width=8\"]",
                "strategies[1], beam, is there twice",
            ),
            ("candidates = 8\nseeds = 2\nstrategies = [3]", "neither a text nor a table"),
            ("candidates = 8\nseeds = 2\nstrategies = [{ width = 3 }]", "requires strategy"),
            ("candidates = 8\nseeds = 2\nstrategies = [\"annealing\"]", "one or two candidates"),
            ("candidates = 8\nseeds = 20000\nstrategies = [\"beam\"]", "at most 10000"),
            ("candidate = 8", "unknown field `candidate`"),
            ("candidates = 8\nseeds = 2\nmeasure = \"test\"", "held-out"),
        ] {
            let error = parse(&whole(study)).unwrap_err();
            assert!(error.contains(words) && error.contains("s.toml"), "{study}: {error}");
        }
        let error =
            parse("[evolve]\nseed = 3\n[study]\ncandidates = 8\nseeds = 2\nstrategies = [\"beam\"]\n")
                .unwrap_err();
        assert!(error.contains("`seed`, which [study] decides"), "{error}");
    }
}
