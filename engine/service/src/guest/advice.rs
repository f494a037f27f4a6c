//! Advice about the outcome of a program.

use std::path::Path;

use hyperspace_sandbox::{Limits, Outcome, RuntimeName, virtual_seconds};

use super::execution_view::ExecutionView;
use crate::shell_word::shell_word;

/// Facts about a program that its outcome does not tell.
pub(super) struct ProgramContext<'a> {
    pub(super) runtime: RuntimeName,
    pub(super) limits: &'a Limits,
    /// True if it has standard input.
    pub(super) has_input: bool,
    /// The folder from which it comes.
    pub(super) origin: Option<&'a Path>,
    /// True if the program can read its whole folder.
    pub(super) is_whole: bool,
}

impl ProgramContext<'_> {
    /// Returns advice about an outcome, as sentences.
    pub(super) fn hints(&self, view: &ExecutionView) -> Vec<String> {
        let mut found = Vec::new();
        match &view.detail {
            Outcome::Exception { exception, message } if exception == "ModuleNotFoundError" => {
                found.push(self.missing(message));
            }
            Outcome::Exception { exception, .. }
                if exception == "PermissionError" && !view.denials.is_empty() =>
            {
                found.push("only /tmp can be written; what is left there is listed with --json".to_owned());
            }
            // With `call` as with `exec`, a program has empty input unless it is given some.
            Outcome::Exception { exception, .. } if exception == "EOFError" && !self.has_input => {
                found.push("its standard input is empty; exec --stdin passes yours on".to_owned());
            }
            Outcome::Exception { exception, message }
                if exception == "RuntimeError" && message == "can't start new thread" =>
            {
                found.push(
                    "the sandbox has no threads; pools of concurrent.futures work, one task after the other"
                        .to_owned(),
                );
            }
            Outcome::Exception { exception, message }
                if exception == "OSError" && message.ends_with("does not support processes.") =>
            {
                found.push("the sandbox has no processes; what another program computes has to be computed in Python".to_owned());
            }
            Outcome::OutOfFuel => {
                let fuel = self.limits.fuel;
                let seconds = virtual_seconds(fuel);
                found.push(format!(
                    "it had {fuel} units of fuel, which are {seconds} s of its own clock; --fuel gives more, before the program's name"
                ));
            }
            _ => {}
        }
        if !self.is_whole && !view.detail.is_completed() {
            found.push(
                "its folder is too large to be readable as a whole; --mount DIR adds the folders that it needs"
                    .to_owned(),
            );
        }
        found
    }

    /// Returns the advice for a module that was not found.
    fn missing(&self, message: &str) -> String {
        let beside = || self.origin.and_then(|origin| lies_beside(message, origin));
        let other = || other_runtime(message, self.runtime, "--runtime science runs the program there");
        beside().or_else(other).or_else(|| native(message)).unwrap_or_else(|| {
            let has = match self.runtime {
                RuntimeName::Science => "numpy, scipy and the standard library",
                _ => "the standard library",
            };
            format!("the sandbox has {has} only; --packages PATH adds a folder or wheel of pure Python")
        })
    }
}

/// Returns the name of the module or package that was not found, according to the message of a `ModuleNotFoundError`.
fn missing_module(message: &str) -> Option<&str> {
    let name = message.strip_prefix("No module named '")?.split(['\'', '.']).next()?;
    (!name.is_empty()).then_some(name)
}

/// Returns the advice, including `remedy`, for a package that the science runtime has, if the program has another runtime.
pub(crate) fn other_runtime(message: &str, runtime: RuntimeName, remedy: &str) -> Option<String> {
    let name = missing_module(message)
        .filter(|&name| matches!(name, "numpy" | "scipy") && runtime != RuntimeName::Science)?;
    Some(format!("{name} is in the science runtime; {remedy}"))
}

/// Modules of the standard library that need native code which guests do not have, and the names under which they are reported
/// missing.
const NATIVE: [&str; 21] = [
    "_bz2",
    "_lzma",
    "_ssl",
    "bz2",
    "ctypes",
    "curses",
    "ensurepip",
    "fcntl",
    "grp",
    "lzma",
    "mmap",
    "pwd",
    "readline",
    "resource",
    "sqlite3",
    "ssl",
    "syslog",
    "termios",
    "tkinter",
    "turtle",
    "venv",
];

/// Returns the advice for a module that other Python installations have.
fn native(message: &str) -> Option<String> {
    let name = missing_module(message).filter(|name| NATIVE.contains(name))?;
    let name = name.strip_prefix('_').unwrap_or(name);
    Some(format!("{name} is not in the sandbox: it needs native code, the operating system or a terminal"))
}

/// Returns the advice for a module that was not found although it lies beside the program.
fn lies_beside(message: &str, origin: &Path) -> Option<String> {
    let name = missing_module(message)?;
    let file = origin.join(format!("{name}.py"));
    let found =
        if file.is_file() { Some(file) } else { Some(origin.join(name)).filter(|path| path.is_dir()) };
    let found = found?;
    // A package is found in the folder that holds it. The path of that folder is empty if it is the current one.
    let folder = if origin.as_os_str().is_empty() { Path::new(".") } else { origin };
    let mount = if found.is_dir() { folder } else { &found };
    let mount = shell_word(&mount.display().to_string());
    Some(format!("{} is not in the guest; --mount {mount} lets it be imported", found.display()))
}
