//! The fake server of the folder of cases beside the repository: one behaviour of a provider per first element of the path.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// The fake server, which ends with this value.
pub struct FakeProvider {
    child: Child,
    port: u16,
    log: PathBuf,
    _folder: TempDir,
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl FakeProvider {
    /// Returns the folder of cases.
    #[must_use]
    pub fn cases() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/models-and-python")
    }

    /// Starts the server. Without the folder of cases or Python, it says why nothing is tested and returns `None`.
    ///
    /// # Panics
    ///
    /// If the server starts and does not listen.
    #[must_use]
    pub fn start() -> Option<Self> {
        let script = Self::cases().join("shared/fake.py");
        if !script.exists() {
            println!("skipped: {} is not there", script.display());
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("asked.jsonl");
        let mut command = Command::new("python3");
        let command = command.arg(&script).arg(port.to_string()).arg(&log).stderr(Stdio::piped());
        let Ok(child) = command.spawn() else {
            println!("skipped: python3 cannot be started");
            return None;
        };
        let mut fake = Self { child, port, log, _folder: folder };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(fake);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let mut said = String::new();
        drop(fake.child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut said)));
        panic!("the fake server does not listen: {said}");
    }

    /// Returns the address of a behaviour, as `base-url` of a model.
    #[must_use]
    pub fn base_url(&self, mode: &str) -> String {
        format!("http://127.0.0.1:{}/{mode}/v1", self.port)
    }

    /// Returns the settings of a case, with the address of this server.
    ///
    /// # Panics
    ///
    /// If the case has none.
    #[must_use]
    pub fn settings(&self, case: &str) -> String {
        let text = std::fs::read_to_string(Self::cases().join(case).join("hyperspace.toml")).unwrap();
        text.replace("127.0.0.1:8451", &format!("127.0.0.1:{}", self.port))
    }

    /// Returns the bodies that a behaviour was asked with, in order.
    ///
    /// # Panics
    ///
    /// If the log cannot be read.
    #[must_use]
    pub fn asked(&self, mode: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.log).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["mode"] == mode).map(|line| line["body"].clone()).collect()
    }
}
