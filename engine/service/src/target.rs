//! Resolution of hashes and their beginnings.

use hyperspace_core::{RecordId, TreeId};
use hyperspace_evolve::{
    CandidateId, EVALUATION_KIND, GENERATION_KIND, GenerationRecord, RUN_KIND, generation_name, load_record,
};
use hyperspace_interop::original::{IMPORTED_GENERATION_KIND, IMPORTED_RUN_KIND, load_imported_generation};
use hyperspace_llm::RECORD_KIND;
use hyperspace_store::{ResolveError, Store};

use crate::error::ServiceError;

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
}

/// A kind of record, and the target that it makes.
type TargetKind = (&'static str, fn(RecordId) -> Target);

impl Target {
    const KINDS: [TargetKind; 6] = [
        (GENERATION_KIND, Self::Generation),
        (RUN_KIND, Self::Run),
        (EVALUATION_KIND, Self::Evaluation),
        (RECORD_KIND, Self::ModelCall),
        (IMPORTED_RUN_KIND, Self::ImportedRun),
        (IMPORTED_GENERATION_KIND, Self::ImportedGeneration),
    ];

    /// Finds the record whose hash begins with `hash`. An ambiguity between kinds is an error, too.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Resolve`] or [`ServiceError::Request`] when there is none or more than one.
    pub fn resolve(store: &Store, hash: &str) -> Result<Self, ServiceError> {
        let mut found = Vec::new();
        for (kind, make) in Self::KINDS {
            match store.resolve(kind, hash) {
                Ok(id) => found.push(make(id)),
                Err(ResolveError::Unknown { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if found.len() > 1 {
            let names: Vec<String> = found.iter().map(|target| target.id().to_string()).collect();
            let message = format!("{hash} is ambiguous, give more digits; it begins {}", names.join(", "));
            return Err(ServiceError::request(message));
        }
        found.pop().ok_or_else(|| {
            let message = format!("no run, generation, evaluation or call of a model begins with {hash}");
            ServiceError::with_hint(message, "`log` lists what the store holds")
        })
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
            | Self::ImportedGeneration(id) => id,
        }
    }
}

/// Returns the run that `hash` names, also by one of its generations; without a hash, the only run of the store.
pub(crate) fn run(store: &Store, hash: Option<&str>) -> Result<RecordId, ServiceError> {
    let Some(hash) = hash else { return only_run(store) };
    run_of(store, Target::resolve(store, hash)?)
}

/// Returns the run of a record that was found.
pub(crate) fn run_of(store: &Store, target: Target) -> Result<RecordId, ServiceError> {
    match target {
        Target::Run(id) => Ok(id),
        Target::Generation(id) => Ok(load_record(store, &id)?.run),
        Target::ImportedRun(id) | Target::ImportedGeneration(id) => Err(ServiceError::with_hint(
            format!("{id} was imported, and this needs a run that was made here"),
            "`log`, `show`, `diff`, `export` and `replay` take imported runs",
        )),
        Target::Evaluation(id) | Target::ModelCall(id) => Err(no_run(id)),
    }
}

/// As [`run`], or a run that was imported.
pub(crate) fn any_run(store: &Store, hash: Option<&str>) -> Result<RecordId, ServiceError> {
    if let Some(hash) = hash
        && let Target::ImportedRun(id) = Target::resolve(store, hash)?
    {
        return Ok(id);
    }
    run(store, hash)
}

/// The error for a record that belongs to no single run.
pub(crate) fn no_run(id: RecordId) -> ServiceError {
    let message = format!("{id} is an evaluation or a call of a model");
    ServiceError::with_hint(message, "give the hash of a run or a generation")
}

fn only_run(store: &Store) -> Result<RecordId, ServiceError> {
    let runs = store.runs()?;
    match runs[..] {
        [id] => Ok(id),
        [] => Err(ServiceError::with_hint("the store holds no run", "`evolve` starts one")),
        _ => {
            let names: Vec<String> = runs.iter().map(ToString::to_string).collect();
            let message = format!("the store holds {} runs: {}", runs.len(), names.join(", "));
            Err(ServiceError::with_hint(message, "name one of them"))
        }
    }
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

/// A hash with the numbers behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NumberedHash<'a> {
    pub(crate) hash: &'a str,
    /// G of `RUN:G:K`.
    pub(crate) generation: Option<u64>,
    /// K of `HASH:K` or `RUN:G:K`.
    pub(crate) candidate: Option<u64>,
}

/// Splits `HASH:K` and `RUN:G:K`.
pub(crate) fn split(text: &str) -> Result<NumberedHash<'_>, ServiceError> {
    let mut parts = text.split(':');
    let hash = parts.next().unwrap_or_default();
    let number = |part: &str| {
        part.parse().map_err(|_| {
            ServiceError::request(format!("{text}: expected the number of a candidate after the colon"))
        })
    };
    let numbers: Vec<u64> = parts.map(number).collect::<Result<_, _>>()?;
    match numbers[..] {
        [] => Ok(NumberedHash { hash, generation: None, candidate: None }),
        [candidate] => Ok(NumberedHash { hash, generation: None, candidate: Some(candidate) }),
        [generation, candidate] => {
            Ok(NumberedHash { hash, generation: Some(generation), candidate: Some(candidate) })
        }
        _ => Err(ServiceError::request(format!("{text}: expected HASH, HASH:K or RUN:G:K"))),
    }
}

impl CandidateTarget {
    /// Finds `HASH:K`, candidate K of a generation, or `HASH`, the best candidate when that generation or run ended.
    pub(crate) fn resolve(store: &Store, text: &str) -> Result<Self, ServiceError> {
        let NumberedHash { hash, generation, candidate: number } = split(text)?;
        let id = match Target::resolve(store, hash)? {
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
            Target::Evaluation(id) | Target::ModelCall(id) => {
                let message = format!("{id} is an evaluation or a call of a model, not a generation");
                return Err(ServiceError::request(message));
            }
        };
        Self::of_record(&load_record(store, &id)?, id, number)
    }

    /// Finds candidate `number` of a generation of a run.
    fn of_run(
        store: &Store,
        run: RecordId,
        generation: Option<u64>,
        number: u64,
    ) -> Result<Self, ServiceError> {
        let Some(generation) = generation else {
            let hint = format!(
                "for candidate {number} of generation G give RUN:G:{number}, or the hash of the generation"
            );
            return Err(ServiceError::with_hint(
                format!("{run} is a run, so :{number} may be of any generation"),
                hint,
            ));
        };
        let found = store.get_ref(&run, &generation_name(generation))?;
        let id = found
            .ok_or_else(|| ServiceError::request(format!("run {run} has no generation {generation}")))?;
        Self::of_record(&load_record(store, &id)?, id, Some(number))
    }

    /// The files of a generation that was imported.
    fn imported(store: &Store, generation: RecordId) -> Result<Self, ServiceError> {
        let record = load_imported_generation(store, &generation)?;
        let place = CandidateId { generation: record.number, candidate: record.agent };
        let tree = record
            .repo
            .ok_or_else(|| ServiceError::request(format!("{generation} came without files (repo/)")))?;
        Ok(Self { generation, place, tree })
    }

    fn of_record(
        record: &GenerationRecord,
        generation: RecordId,
        number: Option<u64>,
    ) -> Result<Self, ServiceError> {
        let Some(number) = number else {
            let champion = record.champion();
            return Ok(Self { generation, place: champion.id, tree: champion.tree });
        };
        let found = usize::try_from(number).ok().and_then(|index| record.candidates.get(index));
        let found = found.ok_or_else(|| {
            let (generation, count) = (record.generation, record.candidates.len());
            ServiceError::request(format!(
                "generation {generation} has {count} candidates, from 0; there is no {number}"
            ))
        })?;
        let place = CandidateId { generation: record.generation, candidate: number };
        Ok(Self { generation, place, tree: found.tree })
    }
}
