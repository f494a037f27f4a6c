//! Stored runs: configuration, task and generation records.

use hyperspace_core::{FileSet, RecordId, RelPath, TreeId};
use hyperspace_eval::{Task, TaskLoader, UserData};
use hyperspace_store::Store;
use hyperspace_tools::ToolRules;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::record::config::{RUN_KIND, RunConfig};
use crate::record::generation::{GenerationRecord, load_record};
use crate::record::population;
use crate::resources::RunResources;
use crate::slimming::slimmer::slimmer_id;

/// The name of external data in its tree.
const DATA_FILE: &str = "data";
/// The last version in which runs with tools name a runtime without them: its shell was not a guest.
const LAST_WITHOUT_TOOLS: &str = "hyperspace 0.1.0 of revision 2229c28";
/// The label of external data that is a folder. The label of a file has a dot in it.
const DATA_FOLDER: &str = "folder";

/// Returns the name under which a run refers to a generation.
#[must_use]
pub fn generation_name(generation: u64) -> String {
    format!("generation/{generation:08}")
}

/// External data of a task in its stored form.
pub(crate) struct StoredData {
    pub(crate) label: String,
    pub(crate) files: FileSet,
}

impl StoredData {
    /// Returns the stored form of external data.
    pub(crate) fn of(data: &UserData) -> Result<Self, EvolveError> {
        Ok(match data {
            UserData::File { label, bytes } => {
                let mut files = FileSet::new();
                let conflict = |error| EvolveError::internal("the external data", error);
                files.insert(RelPath::new(DATA_FILE)?, bytes.to_vec()).map_err(conflict)?;
                Self { label: data_label(label), files }
            }
            UserData::Folder { files, .. } => Self { label: DATA_FOLDER.to_owned(), files: files.clone() },
        })
    }
}

/// Returns the label of a file. The extension determines the format; the rest of the name does not matter.
fn data_label(name: &str) -> String {
    name.rsplit_once('.').map_or_else(|| "data".to_owned(), |(_, extension)| format!("data.{extension}"))
}

/// Loads the context of a stored run.
///
/// # Errors
///
/// [`EvolveError::NoRun`] when the hash is not that of a run; [`EvolveError::OtherRuntime`] when another build recorded it; and
/// [`EvolveError::OtherTools`] when it has the tools of an earlier build.
pub fn load_context(
    store: &Store,
    id: &RecordId,
    resources: RunResources,
) -> Result<RunContext, EvolveError> {
    let (config, executor) = (load_config(store, id)?, &resources.executor);
    let own = executor.runtime_digest();
    let runtime_of = |rules| population::runtime_of(&config.populations, own, rules);
    // Tools answer as they did when the run was recorded.
    let known = ToolRules::ALL.into_iter().find(|rules| runtime_of(*rules) == config.runtime);
    let rules = known.unwrap_or_default();
    let present = runtime_of(rules);
    if config.runtime == own && present != own {
        return Err(EvolveError::OtherTools { recorded: config.runtime, last: LAST_WITHOUT_TOOLS });
    }
    let digests = [
        ("runtime", config.runtime.clone(), present),
        ("SDK", config.sdk.to_string(), executor.sdk().tree().id().to_string()),
    ];
    for (what, recorded, present) in digests {
        if recorded != present {
            return Err(EvolveError::OtherRuntime { what, recorded, present });
        }
    }
    let task = load_task(store, &config, &resources.task_loader)?;
    let present = executor.bridge(&task);
    if config.bridge != present {
        let shown = |bridge: Option<TreeId>| bridge.map_or_else(|| "none".to_owned(), |id| id.to_string());
        let (recorded, present) = (shown(config.bridge), shown(present));
        return Err(EvolveError::OtherRuntime { what: "the evaluator bridge", recorded, present });
    }
    check_layer(&config, executor.agent_layer())?;
    check_slimmer(&config)?;
    RunContext::new(*id, config, task, rules, resources)
}

/// Checks that a run with the agent layer has the present one.
fn check_layer(config: &RunConfig, present: TreeId) -> Result<(), EvolveError> {
    match config.agent_layer.filter(|recorded| *recorded != present) {
        None => Ok(()),
        Some(recorded) => Err(EvolveError::OtherRuntime {
            what: "the agent layer",
            recorded: recorded.to_string(),
            present: present.to_string(),
        }),
    }
}

/// Checks that a run with slimming attempts has the present slimmer.
fn check_slimmer(config: &RunConfig) -> Result<(), EvolveError> {
    let present = slimmer_id();
    match config.slimming().map(|slimming| slimming.slimmer).filter(|recorded| *recorded != present) {
        None => Ok(()),
        Some(recorded) => Err(EvolveError::OtherRuntime {
            what: "the slimmer",
            recorded: recorded.to_string(),
            present: present.to_string(),
        }),
    }
}

/// Loads the configuration of a stored run.
///
/// # Errors
///
/// [`EvolveError::NoRun`] when the hash is not that of a run, [`EvolveError::OtherFormat`] when it has another format.
pub fn load_config(store: &Store, id: &RecordId) -> Result<RunConfig, EvolveError> {
    let record = store.get_record(id)?;
    if record.kind != RUN_KIND {
        return Err(EvolveError::NoRun { hash: id.to_string(), why: format!("it is a {}", record.kind) });
    }
    RunConfig::from_value(&record.body)
}

/// Loads the task of a stored run with its data. The loader must know the kind of its scorer.
///
/// # Errors
///
/// [`EvolveError::Store`], or [`EvolveError::Inconsistent`] when it is not the task that the configuration names.
pub fn load_task(store: &Store, config: &RunConfig, loader: &TaskLoader) -> Result<Task, EvolveError> {
    let files = store.get_files(&config.task_files)?;
    let task = match &config.data {
        None => loader.load(&files, &config.task)?,
        Some(data) if data.label == DATA_FOLDER => {
            loader.load_with_data(&files, &config.task, &store.get_files(&data.files)?, "data")?
        }
        Some(data) => {
            let missing = || EvolveError::record("the external data", "the file `data` is missing");
            let content =
                store.get_files(&data.files)?.remove(&RelPath::new(DATA_FILE)?).ok_or_else(missing)?;
            loader.load(&files, &config.task)?.with_data(&data.label, &content)?
        }
    };
    if task.digest() != config.task_digest {
        let why = format!("its files give {}, the run says {}", task.digest(), config.task_digest);
        return Err(EvolveError::inconsistent(format!("task {}", config.task), why));
    }
    Ok(task)
}

/// Loads the generations of a run in order. They are verified to be records of that run, and as many as its journal names.
///
/// # Errors
///
/// [`EvolveError::Store`], [`EvolveError::Record`] or [`EvolveError::Inconsistent`].
pub fn records(store: &Store, run: &RecordId) -> Result<Vec<(RecordId, GenerationRecord)>, EvolveError> {
    let mut records = Vec::new();
    // A writer may commit at the same time: events that are in the journal before already have their generations, and generations
    // have their events in the journal after.
    let length_before = store.journal_length(run)?;
    for (name, id) in store.refs(run, "generation/")? {
        let record = load_record(store, &id)?;
        if record.run != *run || generation_name(record.generation) != name {
            return Err(EvolveError::inconsistent(name, "it names a generation of another run or number"));
        }
        records.push((id, record));
    }
    // Each generation ends with an event after its segment. Before the first generation there is none.
    let named = records.last().map_or(0, |(_, record): &(_, GenerationRecord)| record.journal.to + 1);
    if named < length_before {
        let name = generation_name(records.len() as u64);
        let why =
            format!("it is missing: the journal has {length_before} events, the generations name {named}");
        return Err(EvolveError::inconsistent(format!("{name} of run {run}"), why));
    }
    let length = store.journal_length(run)?;
    if length < named {
        let why = format!("it has {length} events, the generations name {named}");
        return Err(EvolveError::inconsistent(format!("the journal of run {run}"), why));
    }
    if named == 0 && store.get_record(run)?.kind == RUN_KIND {
        return Err(EvolveError::inconsistent(format!("the journal of run {run}"), "it is missing"));
    }
    Ok(records)
}
