//! What a hash on the command line means.

use anyhow::Result;
use hyperspace_core::{RecordId, TreeId};
use hyperspace_evolve::{EVALUATION_KIND, GENERATION_KIND, GenerationRecord, Place, RUN_KIND, load_record};
use hyperspace_interop::original::{IMPORTED_GENERATION_KIND, IMPORTED_RUN_KIND, load_imported_generation};
use hyperspace_llm::RECORD_KIND;
use hyperspace_store::{ResolveError, Store};

use crate::exit::usage_error;

/// A record by the beginning of its hash.
pub(crate) enum Target {
    Run(RecordId),
    Generation(RecordId),
    /// An evaluation, or a call of a model.
    Other(RecordId),
    /// A run that was imported.
    Imported(RecordId),
    /// A generation of one.
    ImportedGeneration(RecordId),
}

/// As [`run`], or a run that was imported.
pub(crate) fn any_run(store: &Store, hash: Option<&str>) -> Result<RecordId> {
    if let Some(hash) = hash
        && let Target::Imported(id) = any(store, hash)?
    {
        return Ok(id);
    }
    run(store, hash)
}

/// The run with that hash; without one, the only run of the store.
pub(crate) fn run(store: &Store, hash: Option<&str>) -> Result<RecordId> {
    if let Some(hash) = hash {
        return Ok(match any(store, hash)? {
            Target::Run(id) => id,
            Target::Generation(id) => load_record(store, &id)?.run,
            Target::Imported(id) | Target::ImportedGeneration(id) => {
                return Err(usage_error(format!(
                    "{id} was imported, and this needs a run that was made here; `log`, `show`, `diff`, `export` and \
                     `replay` take imported ones"
                )));
            }
            Target::Other(id) => {
                return Err(usage_error(format!(
                    "{id} is an evaluation or a call of a model; give the hash of a run or a generation"
                )));
            }
        });
    }
    let runs = store.runs()?;
    match runs[..] {
        [id] => Ok(id),
        [] => Err(usage_error("the store holds no run; `evolve` begins one")),
        _ => {
            let names: Vec<String> = runs.iter().map(|id| id.to_string()).collect();
            Err(usage_error(format!("the store holds {} runs, name one: {}", runs.len(), names.join(", "))))
        }
    }
}

/// The run, generation or evaluation whose hash begins like that. An ambiguity between kinds is one, too.
pub(crate) fn any(store: &Store, hash: &str) -> Result<Target> {
    let mut found = Vec::new();
    for (kind, make) in [
        (GENERATION_KIND, Target::Generation as fn(RecordId) -> Target),
        (RUN_KIND, Target::Run as fn(RecordId) -> Target),
        (EVALUATION_KIND, Target::Other as fn(RecordId) -> Target),
        (RECORD_KIND, Target::Other as fn(RecordId) -> Target),
        (IMPORTED_RUN_KIND, Target::Imported as fn(RecordId) -> Target),
        (IMPORTED_GENERATION_KIND, Target::ImportedGeneration as fn(RecordId) -> Target),
    ] {
        match store.resolve(kind, hash) {
            Ok(id) => found.push((id, make(id))),
            Err(ResolveError::Unknown { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if found.len() > 1 {
        let names: Vec<String> = found.iter().map(|(id, _)| id.to_string()).collect();
        return Err(usage_error(format!(
            "{hash} is ambiguous, give more digits; it begins {}",
            names.join(", ")
        )));
    }
    found.pop().map(|(_, target)| target).ok_or_else(|| {
        usage_error(format!(
            "no run, generation, evaluation or call of a model begins with {hash}; `log` lists what the store holds"
        ))
    })
}

/// A candidate of a generation.
pub(crate) struct Candidate {
    pub(crate) generation: RecordId,
    pub(crate) place: Place,
    pub(crate) tree: TreeId,
}

/// Splits `HASH:K`.
pub(crate) fn split(text: &str) -> Result<(&str, Option<u64>)> {
    match text.split_once(':') {
        None => Ok((text, None)),
        Some((hash, number)) => {
            let number = number.parse().map_err(|_| {
                usage_error(format!("{text}: expected the number of a candidate behind the colon"))
            })?;
            Ok((hash, Some(number)))
        }
    }
}

/// `HASH:K`: candidate K of a generation; `HASH`: the best agent when that generation, or that run, ended.
pub(crate) fn candidate(store: &Store, text: &str) -> Result<Candidate> {
    let (hash, number) = split(text)?;
    let id = match any(store, hash)? {
        Target::Generation(id) => id,
        Target::Run(run) => {
            let last = store.refs(&run, "generation/")?.pop();
            last.map(|(_, id)| id).ok_or_else(|| usage_error(format!("run {run} has no generation")))?
        }
        Target::ImportedGeneration(id) if number.is_none() => return imported(store, id),
        Target::Imported(id) | Target::ImportedGeneration(id) => {
            let text =
                format!("{id} was imported; give the hash of one of its generations, without a candidate");
            return Err(usage_error(text));
        }
        Target::Other(id) => {
            return Err(usage_error(format!("{id} is an evaluation or a call of a model, not a generation")));
        }
    };
    let record = load_record(store, &id)?;
    of_record(&record, id, number)
}

/// The files of a generation that was imported.
fn imported(store: &Store, generation: RecordId) -> Result<Candidate> {
    let record = load_imported_generation(store, &generation)?;
    let place = Place { generation: record.number, candidate: record.agent };
    let tree = record.repo.ok_or_else(|| usage_error(format!("{generation} came without files (repo/)")))?;
    Ok(Candidate { generation, place, tree })
}

fn of_record(record: &GenerationRecord, generation: RecordId, number: Option<u64>) -> Result<Candidate> {
    let Some(number) = number else {
        let champion = record.champion();
        return Ok(Candidate { generation, place: champion.place, tree: champion.tree });
    };
    let found = usize::try_from(number).ok().and_then(|index| record.candidates.get(index));
    let found = found.ok_or_else(|| {
        let count = record.candidates.len();
        usage_error(format!(
            "generation {} has {count} candidates, from 0; there is no {number}",
            record.generation
        ))
    })?;
    let place = Place { generation: record.generation, candidate: number };
    Ok(Candidate { generation, place, tree: found.tree })
}
