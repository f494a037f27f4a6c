//! The engine of a command: flags override environment variables, which override the settings file, with the surroundings of the
//! process.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyperspace_core::Mutex;
use hyperspace_llm::{ModelEvent, TimeSource as _};
use hyperspace_sandbox::RuntimeName;
use hyperspace_service::{Engine, Environment, Settings, read_settings};
use indicatif::ProgressBar;

use crate::ambient::{self, SystemClock};
use crate::args::{Common, NamedFiles};
use crate::confine::{MadeFolders, confine};
use crate::error::CliError;
use crate::setting_places::SettingPlaces;
use crate::{output, progress};

/// The settings file that is read if it is in the working directory.
const FILE: &str = "hyperspace.toml";

/// Shorter waits for a model are not reported.
const WAIT_TOLD_MS: u64 = 1_000;

/// Everything that a command needs besides its arguments.
pub(crate) struct CliSession {
    pub(crate) engine: Engine,
    pub(crate) json: bool,
    /// The folder of the store, if it was given as a flag or variable.
    pub(crate) store: Option<PathBuf>,
    /// The settings file, if it was given as a flag or variable.
    config: Option<PathBuf>,
    /// The places of settings, for errors about them.
    pub(crate) places: SettingPlaces,
    /// True if more than warnings is printed.
    pub(crate) verbose: bool,
    /// The folder of a store that was created for the rules on files; it is removed again if nothing was put into it.
    _made: MadeFolders,
    /// The line about the model that is being checked.
    checking: Arc<Mutex<Option<ProgressBar>>>,
}

/// Returns an observer that reports waits for models outside of runs with a line, unless an earlier line covers them.
fn waits(clock: Arc<SystemClock>) -> impl Fn(ModelEvent) + Send + Sync + 'static {
    let told_until_ms = Mutex::new(0_u64);
    move |event| {
        let ModelEvent::Waiting { model, wait_ms, reason, .. } = event else { return };
        let until_ms = clock.now_ms().saturating_add(wait_ms);
        let mut told_until_ms = told_until_ms.lock();
        if wait_ms < WAIT_TOLD_MS || until_ms <= told_until_ms.saturating_add(WAIT_TOLD_MS) {
            return;
        }
        *told_until_ms = until_ms;
        let seconds = output::plural(wait_ms.div_ceil(1_000), "second");
        let text = output::line(&format!("model {model} is asked again in {seconds}: {reason}"));
        // Anybody who cannot read it misses nothing that is not in the result.
        let _ =
            write!(io::stderr(), "{}", output::wrapped(&format!("{text}\n"), ambient::message_width(), 2));
    }
}

impl CliSession {
    /// Creates the engine and hardens the process, before anything has started a thread.
    pub(crate) fn new(common: Common, named: &NamedFiles, verbose: bool) -> Result<Self, CliError> {
        let (settings, places) = load(common.config.as_deref(), named)?;
        let clock = Arc::new(SystemClock::start());
        let environment = Environment::default()
            .holder(ambient::process_name())
            .clock(Arc::clone(&clock) as _)
            .keys(ambient::key);
        let spinner = Mutex::new(None);
        let checking = Arc::new(Mutex::new(None));
        let checked = Arc::clone(&checking);
        let mut builder = Engine::builder()
            .workers(ambient::processors())
            .reuse(!common.no_fork)
            .environment(environment)
            .on_prepare(move |runtime, begins| {
                let mut spinner = spinner.lock();
                match spinner.take() {
                    Some(shown) => ProgressBar::finish_and_clear(&shown),
                    None if begins => {
                        *spinner = Some(progress::spinner(preparing(runtime)));
                    }
                    None => {}
                }
            })
            .on_model_check(move |model, number, all| {
                let text = output::line(&format!("checking model {model} ({number} of {all}) …"));
                let before = checked.lock().replace(progress::spinner(&text));
                before.iter().for_each(ProgressBar::finish_and_clear);
            })
            .on_model_event(waits(Arc::clone(&clock)));
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
        let engine = builder.build().map_err(|error| CliError::of_setting(error, &places))?;
        let _made = confine(common.harden, named, &settings, &engine)?;
        Ok(Self { engine, json: common.json, store, config, places, verbose, checking, _made })
    }

    /// Returns the beginning of a command that a user can repeat: the program, with the settings that were given.
    pub(crate) fn program(&self) -> String {
        match &self.config {
            Some(config) => format!("hyperspace --config {}", shell_path(config)),
            None => "hyperspace".to_owned(),
        }
    }

    /// Removes the line about models being checked.
    pub(crate) fn end_of_checks(&self) {
        self.checking.lock().take().iter().for_each(ProgressBar::finish_and_clear);
    }

    /// Returns a hint at the address of a model, for an error or message that names a model that cannot be reached.
    pub(crate) fn place_of_model(&self, text: &str) -> Option<String> {
        let (_, rest) = text.split_once("model ")?;
        let name = rest.split([':', ' ']).next()?.trim_matches('"');
        let address = self.engine.model_address(name)?;
        Some(format!("model {name} is asked at {address}"))
    }

    /// Reports which run is meant if a command names none, or only a candidate, and the store has several.
    pub(crate) fn tell_run(&self, named: Option<&str>) -> Result<(), CliError> {
        if named.is_some_and(|name| !name.starts_with("gen_")) {
            return Ok(());
        }
        // If anything is wrong with the store, the command itself reports it.
        let Ok(last) = self.engine.last_run() else { return Ok(()) };
        if last.runs > 1 {
            let (run, task) = (output::short(&last.run), output::line(&last.task));
            let note = ambient::stderr_palette().note("note:");
            let text = format!(
                "{note} run {run} of {task}, the last of {} that was worked on; `hyperspace log` lists them\n",
                last.runs
            );
            write!(io::stderr(), "{}", output::wrapped(&text, ambient::message_width(), 2))?;
        }
        Ok(())
    }

    /// Returns what a command reads: what was named, or the run last worked on, which is reported.
    pub(crate) fn named_or_last(&self, named: Option<&str>) -> Result<String, CliError> {
        self.tell_run(named)?;
        match named {
            Some(name) => Ok(name.to_owned()),
            None => Ok(self.engine.last_run()?.run.to_string()),
        }
    }

    /// Returns the flag of the store that was given, preceded by a space.
    pub(crate) fn store_flag(&self) -> String {
        self.store.as_ref().map(|store| format!(" --store {}", shell_path(store))).unwrap_or_default()
    }
}

/// Returns a path as a shell word.
fn shell_path(path: &Path) -> String {
    output::shell_word(&path.display().to_string())
}

/// Reads the settings file that was given, or the one in the working directory if it exists.
fn load(config: Option<&Path>, named: &NamedFiles) -> Result<(Settings, SettingPlaces), CliError> {
    let path = match config {
        Some(path) => path.to_path_buf(),
        None => {
            let path = ambient::current_dir()?.join(FILE);
            if !path.exists() {
                return Ok((Settings::default(), SettingPlaces::default()));
            }
            path
        }
    };
    let text = read_settings(&path)?;
    let settings = Settings::parse(path.clone(), &text)?;
    Ok((settings, SettingPlaces::new(path, text, named.given().clone())))
}

/// Returns the line that is shown while an interpreter is being prepared.
fn preparing(runtime: RuntimeName) -> &'static str {
    match runtime {
        RuntimeName::Science => "preparing the science runtime (compiled once, about 30 seconds)",
        _ => "preparing the interpreter (compiled once, about 15 seconds)",
    }
}
