//! What surrounds the process: environment, folders, terminal, clock, log. Read here and handed down as values.

#![expect(clippy::disallowed_methods, reason = "this is the one place that reads what surrounds the process")]

use std::collections::BTreeMap;
use std::env;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use hyperspace_llm::{Secret, TimeSource};
use tracing_subscriber::EnvFilter;

/// The variable that chooses what is logged.
const LOG: &str = "HYPERSPACE_LOG";

/// Starts logging to standard error: warnings, or more with `-v` or the variable `HYPERSPACE_LOG`.
pub(crate) fn start_log(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "hyperspace=info,warn",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_env(LOG).unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(stderr_is_terminal() && !no_color())
        .without_time()
        .init();
}

pub(crate) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

pub(crate) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

fn no_color() -> bool {
    env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Where compiled interpreters are kept: `$XDG_CACHE_HOME/hyperspace`, or `~/.cache/hyperspace`.
pub(crate) fn cache_dir() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("hyperspace"))
}

/// The working directory.
pub(crate) fn current_dir() -> Result<PathBuf> {
    env::current_dir().context("the working directory cannot be read")
}

/// The file of this program.
pub(crate) fn own_program() -> Result<PathBuf> {
    env::current_exe().context("the path of this program cannot be read")
}

/// Where temporary files go.
pub(crate) fn temporary_dir() -> PathBuf {
    env::temp_dir()
}

/// Values of variables that are named like keys. They are handed to nobody but who looks for them where they must not be.
pub(crate) fn secrets() -> Vec<String> {
    const ENDINGS: [&str; 4] = ["KEY", "TOKEN", "SECRET", "PASSWORD"];
    let named = |name: &str| ENDINGS.iter().any(|ending| name.to_ascii_uppercase().ends_with(ending));
    let variables = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    variables.filter(|(name, value)| named(name) && value.len() >= 8).map(|(_, value)| value).collect()
}

/// Processors of this machine.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Measures how long something took. Nothing that is recorded depends on it.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn millis(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Values of these environment variables, as far as they are set. They may be keys.
pub(crate) fn keys<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, Secret> {
    let value = |name: &str| env::var(name).ok().map(|value| (name.to_owned(), Secret::new(&value)));
    names.into_iter().filter_map(value).collect()
}

/// Real time, for calls of models.
#[derive(Debug)]
pub(crate) struct SystemClock(Instant);

impl SystemClock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

impl TimeSource for SystemClock {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn unix_seconds(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}
