//! The peer: an interpreter of the host, in a process of its own.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use wait4::Wait4;

use crate::clock::{Spent, measure};
use crate::error::BenchError;

/// An interpreter of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// The executable itself, not a launcher.
    pub path: PathBuf,
    /// Its version.
    pub version: String,
}

impl Python {
    /// The `python3` on the path.
    ///
    /// # Errors
    ///
    /// [`BenchError::Peer`] when there is none.
    pub fn on_path() -> Result<Self, BenchError> {
        Self::find("python3")
    }

    /// The `python3` on the path, and after it the others that are there and differ from it: `python3.11` and `python3.13` on
    /// the path, and the system's own.
    ///
    /// # Errors
    ///
    /// [`BenchError::Peer`] when there is no `python3` on the path.
    pub fn all() -> Result<Vec<Self>, BenchError> {
        let mut found = vec![Self::on_path()?];
        for name in ["python3.11", "python3.13", "/usr/bin/python3"] {
            if let Ok(python) = Self::find(name)
                && !found.contains(&python)
            {
                found.push(python);
            }
        }
        Ok(found)
    }

    fn find(name: &str) -> Result<Self, BenchError> {
        let ask = "import os, platform, sys; print(os.path.realpath(sys.executable)); print(platform.python_version())";
        let (answer, _) = output(Path::new(name), &["-I", "-c", ask])?;
        let mut lines = answer.lines();
        match (lines.next(), lines.next()) {
            (Some(path), Some(version)) => Ok(Self { path: path.into(), version: version.to_owned() }),
            _ => Err(BenchError::Peer { peer: name.to_owned(), why: format!("it says {answer:?}") }),
        }
    }

    /// Runs the interpreter without the user's settings and without `site`; returns its output, and the cost in both processes.
    ///
    /// # Errors
    ///
    /// [`BenchError::Peer`] when it cannot be started, or ends with an error.
    pub fn run(&self, args: &[&str]) -> Result<(String, Spent), BenchError> {
        let all: Vec<&str> = ["-I", "-S"].iter().chain(args).copied().collect();
        let ((printed, there), here) = measure(|| output(&self.path, &all))?;
        Ok((printed, Spent { cpu: here.cpu + there, ..here }))
    }

    /// Returns its name in tables.
    #[must_use]
    pub fn label(&self) -> String {
        format!("python {} ({})", self.version, self.path.display())
    }
}

/// Runs an interpreter; returns its output and its CPU time.
fn output(path: &Path, args: &[&str]) -> Result<(String, Duration), BenchError> {
    let failed = |why: String| BenchError::Peer { peer: path.display().to_string(), why };
    let broken = |error: std::io::Error| failed(error.to_string());
    let mut child = Command::new(path)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(broken)?;
    let mut printed = String::new();
    if let Some(stdout) = &mut child.stdout {
        stdout.read_to_string(&mut printed).map_err(broken)?;
    }
    let ended = child.wait4().map_err(broken)?;
    if ended.status.success() {
        Ok((printed, ended.rusage.utime + ended.rusage.stime))
    } else {
        Err(failed(ended.status.to_string()))
    }
}
