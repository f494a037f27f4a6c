//! One file per command, and what they share.

mod attack;
mod chat;
mod data;
mod diff;
mod doctor;
mod eval;
mod evolve;
mod exec;
mod export;
mod fsck;
mod import;
mod imported;
mod log;
mod marks;
mod needs;
mod replay;
mod show;
mod stub_model;
mod target;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use hyperspace_core::FileSet;
use hyperspace_eval::{Evaluator, Task};
use hyperspace_evolve::{SeedAgent, bundled_agent, bundled_agents};
use hyperspace_sandbox::{Sandbox, SandboxConfig};
use hyperspace_store::Store;
use tokio::runtime::Runtime;

use crate::args::{Cli, Command, Common, TaskArgs};
use crate::exit::usage_error;
use crate::settings::Settings;
use crate::{folder, progress};

/// The task when nothing says otherwise.
const TASK: &str = "bin-packing";

/// Everything that commands get from outside.
pub(crate) struct Session {
    pub(crate) settings: Settings,
    pub(crate) common: Common,
}

/// Runs a command; answers the exit code.
pub(crate) fn run(cli: Cli) -> Result<u8> {
    let settings = Settings::load(cli.common.config.as_deref())?;
    let session = Session { settings, common: cli.common };
    match cli.command {
        Command::Evolve(args) => evolve::evolve(&session, *args),
        Command::Resume(args) => evolve::resume(&session, args),
        Command::Replay(args) => replay::run(&session, args),
        Command::Eval(args) => eval::run(&session, args),
        Command::Data(args) => data::run(&session, &args),
        Command::Exec(args) => exec::run(&session, args),
        Command::Log(args) => log::run(&session, args),
        Command::Marks(args) => marks::run(&session, args),
        Command::Needs(args) => needs::run(&session, args),
        Command::Show(args) => show::run(&session, args),
        Command::Diff(args) => diff::run(&session, args),
        Command::Export(args) => export::run(&session, args),
        Command::Import(args) => import::run(&session, args),
        Command::Fsck => fsck::run(&session),
        Command::Doctor => doctor::run(&session),
        Command::Attack(args) => attack::run(&session, &args),
        Command::Chat(args) => chat::run(&session, args),
        Command::StubModel(args) => stub_model::run(&session, &args),
    }
}

impl Session {
    pub(crate) fn store_dir(&self) -> PathBuf {
        self.settings.store(self.common.store.clone())
    }

    /// The store, for reading.
    pub(crate) fn reader(&self) -> Result<Store> {
        Ok(Store::open_reader(&self.store_dir())?)
    }

    pub(crate) fn workers(&self) -> Result<usize> {
        self.settings.workers(self.common.workers)
    }

    /// The sandbox; compiling the interpreter the first time takes a while, and says so.
    pub(crate) fn sandbox(&self) -> Result<Sandbox> {
        self.sandbox_of(0)
    }

    /// The sandbox, with room for so many guests that wait.
    fn sandbox_of(&self, waiting: usize) -> Result<Sandbox> {
        let workers = self.workers()?;
        let config = SandboxConfig::default()
            .with_cache_dir(self.settings.cache_dir(self.common.cache_dir.clone()))
            .with_instances_max(u32::try_from(workers.max(waiting)).context("--workers")?)
            .with_computing_max(Some(u32::try_from(workers).context("--workers")?))
            .with_reuse(!self.common.no_fork);
        let spinner = progress::spinner("preparing the interpreter (compiled once, about 15 seconds)");
        let sandbox = Sandbox::new(&config);
        spinner.finish_and_clear();
        Ok(sandbox?)
    }

    pub(crate) fn evaluator(&self) -> Result<Evaluator> {
        self.evaluator_of(0)
    }

    /// The evaluator, with room for so many rows that wait.
    pub(crate) fn evaluator_of(&self, waiting: usize) -> Result<Evaluator> {
        let sandbox = self.sandbox_of(waiting)?;
        Ok(Evaluator::new(sandbox)?.workers(self.workers()?).forks(!self.common.no_fork))
    }

    /// A runtime with one thread per worker.
    pub(crate) fn runtime(&self) -> Result<Runtime> {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(self.workers()?)
            .enable_all()
            .build()
            .context("threads cannot be started")
    }

    /// The task that was asked for, with its external data.
    pub(crate) fn task(&self, args: &TaskArgs) -> Result<Task> {
        let name = args.task.clone().or_else(|| self.settings.evolve.task.clone());
        let name = name.unwrap_or_else(|| TASK.to_owned());
        let files = task_files(&name)?;
        match &args.data {
            None => Ok(Task::from_files(&files, &name)?),
            Some(path) if path.is_dir() => Ok(Task::from_files_with_data(
                &files,
                &name,
                &folder::read_set(path)?,
                &path.display().to_string(),
            )?),
            Some(path) => {
                let task = Task::from_files(&files, &name)?;
                Ok(task.with_data(&path.display().to_string(), &folder::read_file(path)?)?)
            }
        }
    }
}

/// The files of a task: a bundled one, or a folder.
pub(crate) fn task_files(name: &str) -> Result<FileSet> {
    match folder_named(name, Task::bundled_names().contains(&name)) {
        Some(path) => folder::read_set(&path),
        None => Ok(Task::bundled_files(name)?),
    }
}

/// The folder that a name means: a path, or anything that is no bundled name and exists as a folder.
fn folder_named(name: &str, bundled: bool) -> Option<PathBuf> {
    let path = Path::new(name);
    let is_path = name.contains('/') || name.starts_with('.') || (!bundled && path.is_dir());
    is_path.then(|| path.to_path_buf())
}

/// The agent that was asked for. `whole`: it has to have a meta agent.
pub(crate) fn agent(name: &str, task: &Task) -> Result<SeedAgent> {
    match folder_named(name, bundled_agents().contains(&name)) {
        None => Ok(bundled_agent(name, task)?),
        Some(path) => {
            let files = folder::read_set(&path)?;
            let label = path.canonicalize().unwrap_or_else(|_| path.clone());
            let label = label.file_name().map_or_else(|| "agent".to_owned(), |n| n.display().to_string());
            Ok(SeedAgent { name: label, files })
        }
    }
}

/// The files that a task begins with.
pub(crate) fn seed_files(task: &Task) -> Result<FileSet> {
    let files = task.seed_agent();
    if files.is_empty() {
        return Err(usage_error(format!(
            "task {} has no seed/ folder; name an agent with --agent",
            task.name()
        )));
    }
    Ok(files)
}
