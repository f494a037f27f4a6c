//! Resolution of hashes, given in full or by their beginning.

use hyperspace_core::{RecordId, TreeId};
use hyperspace_evolve::continuous::CONTINUOUS_KIND;
use hyperspace_evolve::{
    CandidateId, EVALUATION_KIND, GENERATION_KIND, GenerationRecord, RUN_KIND, generation_name, load_record,
};
use hyperspace_interop::original::{IMPORTED_GENERATION_KIND, IMPORTED_RUN_KIND, load_imported_generation};
use hyperspace_llm::RECORD_KIND;
use hyperspace_store::{ResolveError, Store};

use crate::error::ServiceError;
use crate::kinds::{STUDY_KIND, TRANSFER_KIND};
use crate::unnamed_run;

/// A record of the store, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// A run.
    Run(RecordId),
    /// A generation.
    Generation(RecordId),
    /// An evaluation.
    Evaluation(RecordId),
    /// A call of a model.
    ModelCall(RecordId),
    /// A run that was imported.
    ImportedRun(RecordId),
    /// A generation of an imported run.
    ImportedGeneration(RecordId),
    /// A continuous run.
    Continuous(RecordId),
}

/// The hint for a hash that names nothing.
const NO_NAME: &str =
    "`log` lists what the store holds; hashes of trees, files, events and marks name no candidate";
/// Minimum number of digits of a hash in a message.
const DIGITS_SHOWN: usize = 12;
/// Maximum number of hashes that a message about an ambiguous beginning lists.
const AMBIGUOUS_SHOWN: usize = 5;

/// A kind of record, and the target for it.
type TargetKind = (&'static str, fn(RecordId) -> Target);

impl Target {
    const KINDS: [TargetKind; 7] = [
        (GENERATION_KIND, Self::Generation),
        (RUN_KIND, Self::Run),
        (EVALUATION_KIND, Self::Evaluation),
        (RECORD_KIND, Self::ModelCall),
        (IMPORTED_RUN_KIND, Self::ImportedRun),
        (IMPORTED_GENERATION_KIND, Self::ImportedGeneration),
        (CONTINUOUS_KIND, Self::Continuous),
    ];

    /// Finds the record whose hash begins with `hash`. An ambiguity between kinds is an error as well.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Unknown`] when there is none, [`ServiceError::Request`] when there are several, [`ServiceError::Resolve`]
    /// when the text is not a hash.
    pub fn resolve(store: &Store, hash: &str) -> Result<Self, ServiceError> {
        if let Some((run, _)) = hash.split_once(':').filter(|(run, _)| !run.is_empty()) {
            let message = format!("{hash} is a candidate, and this is about a whole run or generation");
            return Err(ServiceError::with_hint(message, format!("leave the rest out: {run}")));
        }
        let (mut found, mut names) = (Vec::new(), Vec::new());
        for (kind, make) in Self::KINDS {
            match store.resolve(kind, hash) {
                Ok(id) => {
                    found.push(make(id));
                    names.push((kind, id.to_string()));
                }
                Err(ResolveError::Unknown { .. }) => {}
                Err(ResolveError::Ambiguous { candidates, .. }) => {
                    names.extend(candidates.into_iter().map(|name| (kind, name)));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if names.len() > 1 {
            return Err(ambiguous(hash, &names));
        }
        match found.pop() {
            Some(found) => Ok(found),
            None => Err(unknown(store, hash)),
        }
    }

    /// Returns the hash.
    #[must_use]
    pub fn id(&self) -> RecordId {
        match *self {
            Self::Run(id)
            | Self::Generation(id)
            | Self::Evaluation(id)
            | Self::ModelCall(id)
            | Self::ImportedRun(id)
            | Self::ImportedGeneration(id)
            | Self::Continuous(id) => id,
        }
    }
}

/// The error for a hash that names no target. Studies and benchmarks are none, because they belong to several runs.
fn unknown(store: &Store, hash: &str) -> ServiceError {
    let several =
        [(STUDY_KIND, "study", "study"), (TRANSFER_KIND, "transfer benchmark", "transfer --report")];
    for (kind, noun, command) in several {
        if let Ok(id) = store.resolve(kind, hash) {
            let message = format!("{id} is a {noun}, and this is about one run or a part of one");
            let hint = format!("`hyperspace {command} {}` shows it and names its runs", short(id));
            return ServiceError::with_hint(message, hint);
        }
    }
    let message = format!("no run, generation, evaluation or call of a model begins with {hash}");
    ServiceError::Unknown { message, hint: Some(NO_NAME.to_owned()) }
}

/// The error for the beginning of several hashes, each with its kind of record.
fn ambiguous(hash: &str, names: &[(&str, String)]) -> ServiceError {
    let digits = DIGITS_SHOWN.max(hash.len() + 1);
    let shown = names.iter().take(AMBIGUOUS_SHOWN);
    let mut lines: Vec<String> =
        shown.map(|(kind, name)| format!("\n  {}  {kind}", name.get(..digits).unwrap_or(name))).collect();
    if names.len() > AMBIGUOUS_SHOWN {
        lines.push("\n  …".to_owned());
    }
    ServiceError::with_hint(
        format!("{hash} is ambiguous, several hashes begin with it:{}", lines.concat()),
        "give more digits",
    )
}

/// Returns the run with hash `hash`, or the one to which a generation with this hash belongs; without a hash, the run that was
/// worked on last. For operations that only read.
pub(crate) fn run(store: &Store, hash: Option<&str>) -> Result<RecordId, ServiceError> {
    let Some(hash) = hash else { return unnamed_run::last(store) };
    run_of(store, Target::resolve(store, hash)?)
}

/// As [`run`], for operations that work on a run: without a hash, the only run in the store.
pub(crate) fn run_to_work_on(store: &Store, hash: Option<&str>) -> Result<RecordId, ServiceError> {
    if hash.is_none() { unnamed_run::only(store) } else { run(store, hash) }
}

/// Returns the run of a resolved record.
pub(crate) fn run_of(store: &Store, target: Target) -> Result<RecordId, ServiceError> {
    match target {
        Target::Run(id) => Ok(id),
        Target::Generation(id) => Ok(load_record(store, &id)?.run),
        Target::ImportedRun(id) | Target::ImportedGeneration(id) => Err(ServiceError::with_hint(
            format!("{id} was imported, and this needs a run that was made here"),
            "`log`, `show`, `diff`, `export` and `replay` take imported runs",
        )),
        Target::Continuous(id) => Err(continuous(id)),
        Target::Evaluation(id) | Target::ModelCall(id) => Err(no_run(id)),
    }
}

/// The error for a continuous run where a single run is required.
pub(crate) fn continuous(id: RecordId) -> ServiceError {
    ServiceError::with_hint(
        format!("{id} is a continuous run, and this needs the run of one season"),
        "`log`, `champion` and `replay` take continuous runs; `log` names the runs of the seasons",
    )
}

/// As [`run`], or an imported run.
pub(crate) fn any_run(store: &Store, hash: Option<&str>) -> Result<RecordId, ServiceError> {
    if let Some(hash) = hash
        && let Target::ImportedRun(id) = Target::resolve(store, hash)?
    {
        return Ok(id);
    }
    run(store, hash)
}

/// The error for a record that does not belong to a single run.
pub(crate) fn no_run(id: RecordId) -> ServiceError {
    let message = format!("{id} is an evaluation or a call of a model");
    ServiceError::with_hint(message, "give the hash of a run or a generation")
}

/// Returns the first digits of a hash.
pub(crate) fn short(id: RecordId) -> String {
    id.to_string().chars().take(DIGITS_SHOWN).collect()
}

/// A candidate of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CandidateTarget {
    /// The generation's record.
    pub(crate) generation: RecordId,
    /// The candidate's number in its run.
    pub(crate) place: CandidateId,
    /// Its files.
    pub(crate) tree: TreeId,
}

/// A hash, followed by numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NumberedHash<'a> {
    /// The hash; empty for a candidate of the run that was worked on last.
    pub(crate) hash: &'a str,
    /// G of `RUN:G:K`.
    pub(crate) generation: Option<u64>,
    /// K of `HASH:K` or `RUN:G:K`.
    pub(crate) candidate: Option<u64>,
}

/// Splits `HASH:K` and `RUN:G:K`, and also the form in which this program prints candidates: `RUN:gen_G_K` and `gen_G_K`.
pub(crate) fn split(text: &str) -> Result<NumberedHash<'_>, ServiceError> {
    let mut parts = text.split(':').peekable();
    let hash = match parts.peek() {
        Some(first) if named_candidate(first).is_some() => "",
        Some(&"") => return Err(ServiceError::request(format!("{text:?} is not a hash"))),
        _ => parts.next().unwrap_or_default(),
    };
    let rest: Vec<&str> = parts.collect();
    let number = |part: &str| part.parse::<u64>().map_err(|_| malformed(text));
    let (generation, candidate) = match rest[..] {
        [] => (None, None),
        [one] => match named_candidate(one) {
            Some((generation, candidate)) => (Some(generation), Some(candidate)),
            None => (None, Some(number(one)?)),
        },
        [generation, candidate] if !hash.is_empty() => (Some(number(generation)?), Some(number(candidate)?)),
        _ => return Err(malformed(text)),
    };
    Ok(NumberedHash { hash, generation, candidate })
}

fn malformed(text: &str) -> ServiceError {
    ServiceError::request(format!(
        "{text}: expected HASH, HASH:K or RUN:G:K, where K is the number of a candidate"
    ))
}

/// Returns the numbers in a candidate's name, such as `gen_2_0`.
fn named_candidate(text: &str) -> Option<(u64, u64)> {
    let (generation, candidate) = text.strip_prefix("gen_")?.split_once('_')?;
    Some((generation.parse().ok()?, candidate.parse().ok()?))
}

impl CandidateTarget {
    /// Finds `HASH:K`, candidate K of a generation, or `HASH`, the best candidate at the end of that generation or run.
    pub(crate) fn resolve(store: &Store, text: &str) -> Result<Self, ServiceError> {
        let NumberedHash { hash, generation, candidate: number } = split(text)?;
        let found = match hash {
            "" => Target::Run(unnamed_run::last(store)?),
            hash => Target::resolve(store, hash)?,
        };
        let id = match found {
            Target::Generation(_) if generation.is_some() => {
                let hint = "give the hash of its run, or the candidate alone";
                return Err(ServiceError::with_hint(
                    format!("{text}: {hash} is a generation, not a run"),
                    hint,
                ));
            }
            Target::Generation(id) => id,
            Target::Run(run) if generation.is_some() || number.is_some() => {
                return Self::of_run(store, run, generation, number.unwrap_or_default());
            }
            Target::Run(run) => {
                let last = store.refs(&run, "generation/")?.pop();
                last.map(|(_, id)| id)
                    .ok_or_else(|| ServiceError::request(format!("run {run} has no generation")))?
            }
            Target::ImportedGeneration(id) if number.is_none() => return Self::imported(store, id),
            Target::ImportedRun(id) | Target::ImportedGeneration(id) => {
                let hint = "give the hash of one of its generations, without a candidate";
                return Err(ServiceError::with_hint(format!("{id} was imported"), hint));
            }
            Target::Continuous(id) => return Err(continuous(id)),
            Target::Evaluation(id) | Target::ModelCall(id) => {
                let message = format!("{id} is an evaluation or a call of a model, not a generation");
                return Err(ServiceError::request(message));
            }
        };
        let record = load_record(store, &id)?;
        match number {
            Some(number) => Self::of_record(&record, id, number),
            // The best candidate may be from an earlier generation, which has its record, calls and events.
            None => Self::of_run(
                store,
                record.run,
                Some(record.champion().id.generation),
                record.champion().id.candidate,
            ),
        }
    }

    /// Finds candidate `number` of a generation of a run.
    fn of_run(
        store: &Store,
        run: RecordId,
        generation: Option<u64>,
        number: u64,
    ) -> Result<Self, ServiceError> {
        let Some(generation) = generation else {
            let run_shown = short(run);
            let mut hint = format!("candidate {number} of generation G is {run_shown}:G:{number}");
            if let Some(id) = store.get_ref(&run, &generation_name(number))? {
                hint.push_str(&format!("; generation {number} is {}", short(id)));
            }
            return Err(ServiceError::with_hint(
                format!("{} is a run, so :{number} may be of any generation", short(run)),
                hint,
            ));
        };
        let found = store.get_ref(&run, &generation_name(generation))?;
        let id = found
            .ok_or_else(|| ServiceError::request(format!("run {run} has no generation {generation}")))?;
        Self::of_record(&load_record(store, &id)?, id, number)
    }

    /// The files of an imported generation.
    fn imported(store: &Store, generation: RecordId) -> Result<Self, ServiceError> {
        let record = load_imported_generation(store, &generation)?;
        let place = CandidateId { generation: record.number, candidate: record.agent };
        let tree = record
            .repo
            .ok_or_else(|| ServiceError::request(format!("{generation} came without files (repo/)")))?;
        Ok(Self { generation, place, tree })
    }

    fn of_record(record: &GenerationRecord, generation: RecordId, number: u64) -> Result<Self, ServiceError> {
        let found = usize::try_from(number).ok().and_then(|index| record.candidates.get(index));
        let found = found.ok_or_else(|| {
            let generation = record.generation;
            let has = match record.candidates.len() {
                1 => "1 candidate, which is 0".to_owned(),
                count => format!("{count} candidates, from 0 to {}", count.saturating_sub(1)),
            };
            ServiceError::request(format!("generation {generation} has {has}; there is no {number}"))
        })?;
        let place = CandidateId { generation: record.generation, candidate: number };
        Ok(Self { generation, place, tree: found.tree })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_named_by_numbers_and_as_they_are_printed() {
        let parts = |text| split(text).map(|one| (one.hash.to_owned(), one.generation, one.candidate)).ok();
        assert_eq!(parts("5a34"), Some(("5a34".to_owned(), None, None)));
        assert_eq!(parts("5a34:3"), Some(("5a34".to_owned(), None, Some(3))));
        for text in ["5a34:2:3", "5a34:gen_2_3"] {
            assert_eq!(parts(text), Some(("5a34".to_owned(), Some(2), Some(3))), "{text}");
        }
        assert_eq!(parts("gen_2_3"), Some((String::new(), Some(2), Some(3))));
        for text in ["", ":3", ":1:2", "5a34:x", "5a34:1:2:3", "5a34:gen_1", "gen_1_2:3", "5a34:1:gen_1_2"] {
            assert_eq!(parts(text), None, "{text}");
        }
    }

    #[test]
    fn a_study_is_named_with_the_command_that_shows_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_or_create(folder.path(), "test").unwrap();
        let mut batch = store.batch().unwrap();
        let study = batch.put_record(STUDY_KIND, &serde_json::json!({"format": 1})).unwrap();
        let benchmark = batch.put_record(TRANSFER_KIND, &serde_json::json!({"format": 2})).unwrap();
        batch.commit().unwrap();
        for (id, noun, command) in [
            (study, "is a study", "`hyperspace study "),
            (benchmark, "is a transfer benchmark", "`hyperspace transfer --report "),
        ] {
            let error = Target::resolve(&store, &short(id)).unwrap_err();
            assert!(error.to_string().contains(noun) && error.hints()[0].contains(command), "{error:?}");
        }
        let error = Target::resolve(&store, "0123456789abcdef").unwrap_err();
        assert!(error.is_absent(), "{error}");
    }

    #[test]
    fn an_ambiguous_beginning_lists_short_hashes_with_their_kinds() {
        let names = [("run", "a1".repeat(32)), ("generation", "a2".repeat(32))];
        let error = ambiguous("a", &names);
        assert_eq!(
            error.to_string(),
            "a is ambiguous, several hashes begin with it:\n  a1a1a1a1a1a1  run\n  a2a2a2a2a2a2  generation"
        );
        assert_eq!(error.hints(), ["give more digits"]);
    }
}
