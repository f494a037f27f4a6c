//! The peer of the mark space: PyPI `markspace` in a process that answers requests, so that both sides take turns.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::clock::Spent;
use crate::error::BenchError;

/// The release that promises are made against.
const RELEASE: &str = "markspace 0.2.0b0 ";

/// The reference, waiting for requests.
#[derive(Debug)]
pub struct Reference {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// The release it reports.
    pub label: String,
}

impl Reference {
    /// Returns the folder of its virtual environment below a target folder.
    #[must_use]
    pub fn folder(target: &Path) -> PathBuf {
        target.join("marks-reference")
    }

    /// Starts it from its virtual environment; `None` when there is no such environment.
    ///
    /// # Errors
    ///
    /// [`BenchError::Peer`] when it cannot be started, or is another release than the promises name.
    pub fn start(folder: &Path) -> Result<Option<Self>, BenchError> {
        let python = folder.join("bin/python");
        if !python.exists() {
            return Ok(None);
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("marks/reference.py");
        let mut child = Command::new(&python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| broken(error.to_string()))?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(broken("its pipes are not there".to_owned()));
        };
        let answers = BufReader::new(answers);
        let mut reference = Self { child, requests, answers, label: String::new() };
        reference.label = reference.line()?;
        if reference.label.starts_with(RELEASE) {
            return Ok(Some(reference));
        }
        Err(broken(format!("it is {:?}; expected {RELEASE:?}", reference.label)))
    }

    /// Repeats an operation `count` times; returns the total cost in its process.
    ///
    /// # Errors
    ///
    /// [`BenchError::Peer`] when it does not answer.
    pub fn ask(&mut self, what: &str, count: usize) -> Result<Spent, BenchError> {
        writeln!(self.requests, "{what} {count}").map_err(|error| broken(error.to_string()))?;
        let line = self.line()?;
        let mut nanos = line.split(' ').map(|part| part.parse().ok().map(Duration::from_nanos));
        match (nanos.next().flatten(), nanos.next().flatten()) {
            (Some(wall), Some(cpu)) => Ok(Spent { wall, cpu }),
            _ => Err(broken(format!("it says {line:?}; expected two numbers of nanoseconds"))),
        }
    }

    fn line(&mut self) -> Result<String, BenchError> {
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|error| broken(error.to_string()))?;
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing of it stays.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn broken(why: String) -> BenchError {
    BenchError::Peer { peer: "markspace".to_owned(), why }
}
