//! The installed command in a hermetic environment: a folder of its own, no inherited variables, the shared interpreter cache.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// A folder in which the command runs.
pub struct TestEnvironment {
    folder: TempDir,
    program: PathBuf,
}

impl TestEnvironment {
    /// Returns an empty folder for `program`, in tests of the command `env!("CARGO_BIN_EXE_hyperspace")`.
    ///
    /// # Panics
    ///
    /// If no folder can be made.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), program: program.into() }
    }

    /// Returns the folder, or the path of a file in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the path of the command.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Writes a file, and the folders it is in.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Returns the command with these arguments. Models are not checked before runs, so that servers are asked what scripts expect.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).current_dir(self.folder.path()).env_clear();
        command
            .env("HYPERSPACE_CACHE_DIR", crate::paths::interpreter_cache())
            .env("HYPERSPACE_NO_MODEL_CHECK", "1")
            .env("HOME", self.folder.path());
        command
    }

    /// Runs the command to its end.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs the command with `--json`; returns the document that it prints, and its exit code.
    ///
    /// # Panics
    ///
    /// If it prints something else, or is killed.
    pub fn json(&self, args: &[&str]) -> (Value, i32) {
        let output = self.run(&[&args[..1], &["--json"], &args[1..]].concat());
        (document(&output), output.status.code().unwrap())
    }

    /// Asserts that the command fails with this exit code, prints no data, and that its message has all of these words.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn fails(&self, args: &[&str], code: i32, words: &[&str]) {
        let output = self.run(args);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {message}");
        for word in words {
            assert!(message.contains(word), "{args:?}: {word:?} is not in {message:?}");
        }
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(printed.is_empty(), "{args:?} printed data: {printed}");
    }

    /// Starts the stub server with a script; returns it and its base URL.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn serve(&self, script: &str) -> (StubProcess, String) {
        self.write("script.toml", script);
        let (server, document) = self.serve_with(&["--script", "script.toml"]);
        (server, document["base_url"].as_str().unwrap().to_owned())
    }

    /// Starts the stub server with these arguments; returns it and the document that it prints.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn serve_with(&self, args: &[&str]) -> (StubProcess, Value) {
        let mut command = self.command(&[&["stub-model", "--json"], args].concat());
        let mut server = StubProcess(command.stdout(Stdio::piped()).spawn().unwrap());
        let stdout = BufReader::new(server.0.stdout.take().unwrap());
        let mut documents = serde_json::Deserializer::from_reader(stdout).into_iter::<Value>();
        let document = documents.next().unwrap().unwrap();
        (server, document)
    }
}

/// A stub server in a process of its own, which is killed with this value.
pub struct StubProcess(Child);

impl Drop for StubProcess {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Returns the JSON document on the standard output of a command.
///
/// # Panics
///
/// If it is none; the message has what the command said.
#[must_use]
pub fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let [printed, said] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        panic!("{error}\n{printed}\n{said}")
    })
}

/// Starts a command and kills it after `delay`, if it has not ended by itself.
///
/// # Panics
///
/// If it cannot be started.
#[must_use]
pub fn kill_after(command: &mut Command, delay: Duration) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(delay);
    child.kill().unwrap();
    child.wait_with_output().unwrap()
}
