//! The surroundings of the process: environment, folders, terminal, clock, log. They are read here and passed down as values.

#![expect(clippy::disallowed_methods, reason = "this is the one place that reads what surrounds the process")]

use std::env;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hyperspace_llm::{Secret, TimeSource};
use tracing_subscriber::EnvFilter;

use crate::error::CliError;
use crate::output;
use crate::style::Palette;

/// The variable that filters the log.
const LOG: &str = "HYPERSPACE_LOG";

/// Starts logging to standard error: warnings, or more with `-v` or the variable `HYPERSPACE_LOG`.
pub(crate) fn start_log(verbose: u8) {
    let level = match verbose {
        // Errors of the protocol are the client's, which receives them.
        0 => "warn,rmcp=error",
        // The command itself reports the result of a generation.
        1 => "hyperspace=info,hyperspace_evolve::run::commit=warn,warn,rmcp=error",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_env(LOG).unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| HarmlessLog)
        .with_ansi(stderr_palette().is_on())
        .without_time()
        .init();
}

/// Standard error for the log, whose events quote providers, folders and guests. Each event is written in one piece.
struct HarmlessLog;

impl io::Write for HarmlessLog {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        io::stderr().write_all(output::logged(&String::from_utf8_lossy(event)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Returns the colours of standard output.
pub(crate) fn stdout_palette() -> Palette {
    Palette::new(stdout_is_terminal() && colours())
}

/// Returns the colours of standard error.
pub(crate) fn stderr_palette() -> Palette {
    Palette::new(stderr_is_terminal() && colours())
}

/// Returns whether standard error is a terminal on which a line can be redrawn.
pub(crate) fn stderr_is_drawable() -> bool {
    stderr_is_terminal() && !is_dumb()
}

fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|value| value == "dumb")
}

fn colours() -> bool {
    !no_color() && !is_dumb()
}

/// Number of columns if it cannot be determined.
const WIDTH: usize = 80;

/// Returns the number of columns of standard output.
pub(crate) fn stdout_width() -> usize {
    terminal_size::terminal_size_of(io::stdout()).map_or(WIDTH, |(width, _)| usize::from(width.0))
}

/// Returns the number of columns into which text for people must fit: that of the terminal, and elsewhere unlimited.
pub(crate) fn text_width() -> usize {
    if stdout_is_terminal() { stdout_width() } else { usize::MAX }
}

/// Returns the number of columns of standard error.
pub(crate) fn stderr_width() -> usize {
    terminal_size::terminal_size_of(io::stderr()).map_or(WIDTH, |(width, _)| usize::from(width.0))
}

/// Returns the number of columns into which messages on standard error must fit: that of the terminal, and elsewhere unlimited.
pub(crate) fn message_width() -> usize {
    if stderr_is_terminal() { stderr_width() } else { usize::MAX }
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

/// Returns the folder for compiled interpreters: `$XDG_CACHE_HOME/hyperspace`, or `~/.cache/hyperspace`.
pub(crate) fn cache_dir() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("hyperspace"))
}

/// Returns the working directory.
pub(crate) fn current_dir() -> Result<PathBuf, CliError> {
    env::current_dir()
        .map_err(|error| CliError::Ambient(format!("the working directory cannot be read: {error}")))
}

/// Returns the file of this program.
pub(crate) fn own_program() -> Result<PathBuf, CliError> {
    env::current_exe()
        .map_err(|error| CliError::Ambient(format!("the path of this program cannot be read: {error}")))
}

/// Returns the places of certificates named by environment variables.
pub(crate) fn certificate_places() -> Vec<PathBuf> {
    ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().filter_map(env::var_os).map(PathBuf::from).collect()
}

/// Returns the folder for temporary files.
pub(crate) fn temporary_dir() -> PathBuf {
    env::temp_dir()
}

/// Returns the home and the working directory of the user, in which a guest must leave nothing behind.
pub(crate) fn folders_of_the_user() -> Vec<PathBuf> {
    env::var_os("HOME").map(PathBuf::from).into_iter().chain(env::current_dir()).collect()
}

/// Returns the values of environment variables whose names are like those of keys, for the attack suite, which checks that they
/// do not leak.
pub(crate) fn secrets() -> Vec<String> {
    const ENDINGS: [&str; 4] = ["KEY", "TOKEN", "SECRET", "PASSWORD"];
    let named = |name: &str| ENDINGS.iter().any(|ending| name.to_ascii_uppercase().ends_with(ending));
    let variables = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    variables.filter(|(name, value)| named(name) && value.len() >= 8).map(|(_, value)| value).collect()
}

/// Returns the number of processors of this machine.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Returns the value of an environment variable that sets a flag.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Returns the value of an environment variable. It may be a key.
pub(crate) fn key(name: &str) -> Option<Secret> {
    env::var(name).ok().map(|value| Secret::new(&value))
}

/// Returns a name for this process, for others that find a lock it holds.
pub(crate) fn process_name() -> String {
    format!("process {}", std::process::id())
}

/// Real time.
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
