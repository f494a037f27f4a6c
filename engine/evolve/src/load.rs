//! Runs as they are stored: configuration, task, generation records; written once, read by everything.

use hyperspace_core::{FileSet, RecordId, RelPath};
use hyperspace_eval::{Task, UserData};
use hyperspace_markspace::Authority;
use hyperspace_store::Store;

use crate::config::{RUN_KIND, RunConfig};
use crate::error::EvolveError;
use crate::generation::Context;
use crate::kin::Kin;
use crate::models::Means;
use crate::record::{GENERATION_KIND, GenerationRecord};

/// Name of the external data in its tree.
const DATA_FILE: &str = "data";
/// Label of external data that are a folder; one of a file has a dot in it.
const DATA_FOLDER: &str = "folder";

/// The name that a run has for a generation.
pub(crate) fn generation_name(generation: u64) -> String {
    format!("generation/{generation:08}")
}

/// External data as they are stored: what they are, and their files.
pub(crate) fn external(data: &UserData) -> Result<(String, FileSet), EvolveError> {
    Ok(match data {
        UserData::File { label, bytes } => (ending(label), data_files(bytes)?),
        UserData::Folder { files, .. } => (DATA_FOLDER.to_owned(), files.clone()),
    })
}

/// The ending of a file's name: it says what is in it, the rest of the name does not matter.
fn ending(label: &str) -> String {
    label.rsplit_once('.').map_or_else(|| "data".to_owned(), |(_, ending)| format!("data.{ending}"))
}

fn data_files(bytes: &[u8]) -> Result<FileSet, EvolveError> {
    let mut files = FileSet::new();
    files
        .insert(RelPath::new(DATA_FILE)?, bytes.to_vec())
        .map_err(|error| EvolveError::record("the external data", error))?;
    Ok(files)
}

/// Everything that generations of a run share.
pub(crate) fn context(
    run: RecordId,
    config: RunConfig,
    task: Task,
    means: Means,
) -> Result<Context, EvolveError> {
    let evaluator = means.evaluator.limits(config.eval_limits.clone());
    let means = Means { evaluator, ..means };
    let seed = config.seed()?;
    let kin = config.agents.iter().map(|_| Kin::default()).collect();
    Ok(Context { run, config, task, means, authority: Authority::new(), seed, kin })
}

/// Everything that generations of a stored run share, from the store alone.
///
/// # Errors
///
/// [`EvolveError::NoRun`] when it is no run; [`EvolveError::OtherRuntime`] when this build is not the one that recorded it.
pub fn load_context(store: &Store, id: &RecordId, means: Means) -> Result<Context, EvolveError> {
    let (config, evaluator) = (load_config(store, id)?, &means.evaluator);
    let digests = [
        ("runtime", config.runtime.clone(), evaluator.sandbox().runtime_digest().to_owned()),
        ("SDK", config.sdk.to_string(), evaluator.sdk().tree().id().to_string()),
    ];
    for (what, recorded, present) in digests {
        if recorded != present {
            return Err(EvolveError::OtherRuntime { what, recorded, present });
        }
    }
    let task = load_task(store, &config)?;
    context(*id, config, task, means)
}

/// The configuration of a stored run.
///
/// # Errors
///
/// [`EvolveError::NoRun`] when it is no run, [`EvolveError::Record`] when it is of another format.
pub fn load_config(store: &Store, id: &RecordId) -> Result<RunConfig, EvolveError> {
    let record = store.get_record(id)?;
    if record.kind != RUN_KIND {
        return Err(EvolveError::NoRun { hash: id.to_string(), why: format!("it is a {}", record.kind) });
    }
    RunConfig::from_value(&record.body)
}

/// The task of a stored run, with its data.
///
/// # Errors
///
/// What the store says, or [`EvolveError::Record`] when it is not the task that the configuration names.
pub fn load_task(store: &Store, config: &RunConfig) -> Result<Task, EvolveError> {
    let files = store.get_files(&config.task_files)?;
    let task = match &config.data {
        None => Task::from_files(&files, &config.task)?,
        Some(data) if data.label == DATA_FOLDER => {
            Task::from_files_with_data(&files, &config.task, &store.get_files(&data.files)?, "data")?
        }
        Some(data) => {
            let missing = || EvolveError::record("the external data", "the file `data` is missing");
            let content =
                store.get_files(&data.files)?.remove(&RelPath::new(DATA_FILE)?).ok_or_else(missing)?;
            Task::from_files(&files, &config.task)?.with_data(&data.label, &content)?
        }
    };
    if task.digest() != config.task_digest {
        let why = format!("its files give {}, the run says {}", task.digest(), config.task_digest);
        return Err(EvolveError::record(format!("task {}", config.task), why));
    }
    Ok(task)
}

/// The generations of a run in order, verified to be records of that run.
///
/// # Errors
///
/// What the store says, or [`EvolveError::Record`].
pub fn records(store: &Store, run: &RecordId) -> Result<Vec<(RecordId, GenerationRecord)>, EvolveError> {
    let mut records = Vec::new();
    for (name, id) in store.refs(run, "generation/")? {
        let record = load_record(store, &id)?;
        if record.run != *run || generation_name(record.generation) != name {
            return Err(EvolveError::record(name, "it names a generation of another place"));
        }
        records.push((id, record));
    }
    Ok(records)
}

/// One generation record.
///
/// # Errors
///
/// What the store says, or [`EvolveError::Record`].
pub fn load_record(store: &Store, id: &RecordId) -> Result<GenerationRecord, EvolveError> {
    let stored = store.get_record(id)?;
    if stored.kind != GENERATION_KIND {
        return Err(EvolveError::record(id, format!("it is a {}, not a generation", stored.kind)));
    }
    GenerationRecord::from_value(&stored.body)
}
