//! The engine of a command: flags above variables above the settings file, with the surroundings of the process.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyperspace_core::Mutex;
use hyperspace_service::{Engine, Environment, ServiceError, Settings, read_settings};

use crate::ambient::{self, SystemClock};
use crate::args::{Common, NamedFiles};
use crate::confine::{MadeFolders, confine};
use crate::error::CliError;
use crate::progress;

/// The settings file that is read when it is in the working directory.
const FILE: &str = "hyperspace.toml";

/// Everything that a command needs besides its arguments.
pub(crate) struct CliSession {
    pub(crate) engine: Engine,
    pub(crate) json: bool,
    /// The folder of the store, if it was given as a flag or variable.
    pub(crate) store: Option<PathBuf>,
    /// The settings file, if it was given as a flag or variable.
    config: Option<PathBuf>,
    /// True if more than warnings is to be said.
    pub(crate) verbose: bool,
    /// The folder of a store that was made for the rules of files; it goes again if nothing was put into it.
    _made: MadeFolders,
}

impl CliSession {
    /// Makes the engine, and hardens the process: nothing has started a thread yet.
    pub(crate) fn new(common: Common, named: &NamedFiles, verbose: bool) -> Result<Self, CliError> {
        let settings = load(common.config.as_deref())?;
        let environment = Environment::default()
            .holder(ambient::process_name())
            .clock(Arc::new(SystemClock::start()))
            .keys(ambient::key);
        let spinner = Mutex::new(None);
        let mut builder = Engine::builder()
            .workers(ambient::processors())
            .reuse(!common.no_fork)
            .environment(environment)
            .on_prepare(move |begins| {
                let mut spinner = spinner.lock();
                match spinner.take() {
                    Some(shown) => indicatif::ProgressBar::finish_and_clear(&shown),
                    None if begins => {
                        let text = "preparing the interpreter (compiled once, about 15 seconds)";
                        *spinner = Some(progress::spinner(text));
                    }
                    None => {}
                }
            });
        if let Some(folder) = ambient::cache_dir() {
            builder = builder.cache_dir(folder);
        }
        builder = builder.settings(settings.clone());
        if let Some(store) = &common.store {
            builder = builder.store(store);
        }
        if let Some(workers) = common.workers {
            builder = builder.workers(workers);
        }
        if let Some(folder) = common.cache_dir {
            builder = builder.cache_dir(folder);
        }
        let (store, config) = (common.store, common.config);
        let engine = builder.build()?;
        let _made = confine(common.harden, named, &settings, &engine)?;
        Ok(Self { engine, json: common.json, store, config, verbose, _made })
    }

    /// Returns the beginning of a command that a user can repeat: the program, with the settings that were named.
    pub(crate) fn program(&self) -> String {
        match &self.config {
            Some(config) => format!("hyperspace --config {}", config.display()),
            None => "hyperspace".to_owned(),
        }
    }

    /// Returns the flag of the store that was named, with a space before it.
    pub(crate) fn store_flag(&self) -> String {
        self.store.as_ref().map(|store| format!(" --store {}", store.display())).unwrap_or_default()
    }
}

/// Reads the settings file that was named, or the one of the working directory if there is one.
fn load(named: Option<&Path>) -> Result<Settings, CliError> {
    let path = match named {
        Some(path) => path.to_path_buf(),
        None => {
            let path = ambient::current_dir()?.join(FILE);
            if !path.exists() {
                return Ok(Settings::default());
            }
            path
        }
    };
    let text = read_settings(&path)?;
    Settings::parse(path, &text).map_err(|error: ServiceError| error.into())
}
