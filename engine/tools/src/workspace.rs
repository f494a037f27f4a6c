//! Persistent files and commands that run on them: what a tool that drives a container expects of one.
//!
//! Each command has its own shell and the streams of a process: standard input, output and error are files in a scratch folder,
//! which is emptied before each command. Variables and the current folder end with the command; files persist.
//!
//! Invariants:
//! - Each command has its own budget, which limits it together with every `python3` that it runs.
//! - A command can write into the folder of its streams. That changes only its apparent output.

use hyperspace_core::digest::derive;
use hyperspace_core::{FileSet, PathError, RelPath};
use hyperspace_sandbox::{FileError, Files, FolderEntry, JobError, Limits, Mount, Sandbox};
use thiserror::Error;

use crate::shell::{Shell, ShellCommand, ShellConfig, ShellError, ShellLimits};

/// The folder of the streams.
const STREAMS: &str = "run";
/// Number of bytes of a stream at which the shell cuts it; up to three fewer, so that no character is split.
const SHELL_STREAM_BYTES: usize = (1 << 20) - 3;
/// The command's text, and its standard input, output and error.
const TEXT: &str = "/run/command";
const INPUT: &str = "/run/stdin";
const OUTPUT: &str = "/run/stdout";
const ERRORS: &str = "/run/stderr";
/// The arguments of a command whose words are too long for a text, each followed by a NUL.
const WORDS: &str = "/run/words";
/// Maximum number of bytes of a text. The shell reads no longer ones.
const TEXT_BYTES_MAX: usize = 200 << 10;
/// The exit code of a command that was stopped, which is that of a killed process.
const KILLED: i32 = 137;
/// The exit code of a command that took too long, as for `timeout`.
const TIMED_OUT: i32 = 124;

/// A command with its surroundings.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct WorkspaceCommand {
    /// The text that the shell reads, or one program with its arguments.
    line: CommandWords,
    /// Standard input.
    pub stdin: Vec<u8>,
    /// Variables of the environment.
    pub env: Vec<(String, String)>,
    /// The folder in which it starts, relative to the first folder of the workspace. Default: that folder.
    pub folder: Option<String>,
    /// Limit on virtual time in nanoseconds; a unit of fuel takes one nanosecond. Default: no limit but the fuel.
    pub time_ns: Option<u64>,
}

#[derive(Debug, Clone)]
enum CommandWords {
    Text(String),
    Program(Vec<String>),
}

impl Default for CommandWords {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl WorkspaceCommand {
    /// Returns a command for a text that the shell reads.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { line: CommandWords::Text(text.into()), ..Self::default() }
    }

    /// Returns a command for a program and its arguments, in which the shell expands nothing.
    #[must_use]
    pub fn program(words: Vec<String>) -> Self {
        Self { line: CommandWords::Program(words), ..Self::default() }
    }

    /// Sets its standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.stdin = bytes;
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Sets the folder in which it starts.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<String>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Sets the limit on its virtual time, in nanoseconds.
    #[must_use]
    pub fn time_ns(mut self, time_ns: u64) -> Self {
        self.time_ns = Some(time_ns);
        self
    }
}

/// A command that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkspaceReport {
    /// Its exit code; 124 if it took too long, and 137 if another limit stopped it.
    pub exit_code: i32,
    /// The limit that stopped it, in words.
    pub stopped: Option<String>,
    /// True if it exceeded its virtual time.
    pub timed_out: bool,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
    /// True if one of them exceeded the limit on output and was cut there.
    pub truncated: bool,
    /// Fuel used, including that of every `python3`.
    pub fuel: u64,
    /// Virtual time that passed, in nanoseconds.
    pub virtual_ns: u64,
}

/// A workspace that cannot be created, or a command that cannot be run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WorkspaceError {
    /// A path is not possible in any folder of the workspace.
    #[error("{0}")]
    Path(#[from] PathError),
    /// The folders conflict, or exceed their quotas.
    #[error("{0}")]
    Folders(#[from] JobError),
    /// There are no folders.
    #[error("a workspace needs a folder; expected an absolute path such as /tmp")]
    NoFolder,
    /// A folder is not an absolute path.
    #[error("folder {0:?}: expected an absolute path such as /tmp")]
    Relative(String),
    /// A folder is one that every guest has anyway.
    #[error("{0} is taken in the guest; give the folder another name")]
    Taken(String),
    /// A variable of the environment cannot have this name.
    #[error("{0:?} is no name of a variable; expected letters, digits and _, the first no digit")]
    VariableName(String),
    /// A text holds a NUL.
    #[error("{0} holds a NUL character, which no program can be given")]
    Nul(&'static str),
    /// A command's text is too long.
    #[error(
        "the command has {0} bytes; at most {TEXT_BYTES_MAX}: write it to a file, or pass what is long as input"
    )]
    TooLong(usize),
    /// There is no program to run.
    #[error("the command is empty")]
    Empty,
    /// A file of the command could not be written or found.
    #[error("{path}: {source}")]
    File {
        /// Its path.
        path: String,
        /// The reason.
        source: FileError,
    },
    /// The host failed.
    #[error(transparent)]
    Shell(#[from] ShellError),
}

/// Persistent files, and commands that run on them one after the other.
pub struct Workspace {
    sandbox: Sandbox,
    files: Files,
    limits: Limits,
    seed: u64,
    root: String,
    python_path: Vec<String>,
    commands: u64,
}

impl Workspace {
    /// Creates a workspace of empty `folders` below which commands may write, given as absolute paths; they start in the first
    /// one. `others` are further mounts, and those of them in `python_path` contain modules.
    ///
    /// Among the limits, fuel, memory and output apply to each command, and the number and size of files to each folder.
    ///
    /// # Errors
    ///
    /// [`WorkspaceError`] when the folders are invalid.
    pub fn new(
        sandbox: Sandbox,
        folders: &[String],
        others: Vec<Mount>,
        python_path: Vec<String>,
        limits: Limits,
        seed: u64,
    ) -> Result<Self, WorkspaceError> {
        let root = folders.first().ok_or(WorkspaceError::NoFolder)?.clone();
        let mut mounts = others;
        mounts.push(Mount::scratch(RelPath::new(STREAMS)?));
        mounts.push(Mount::read_only(RelPath::new("usr")?, programs()));
        mounts.push(Mount::read_only(RelPath::new("etc")?, system_files(&root)));
        for folder in folders {
            let Some(path) = folder.strip_prefix('/') else {
                return Err(WorkspaceError::Relative(folder.clone()));
            };
            let path = RelPath::new(path)?;
            let first = path.as_str().split('/').next().unwrap_or_default();
            if [STREAMS, "usr", "etc"].contains(&first) {
                return Err(WorkspaceError::Taken(folder.clone()));
            }
            mounts.push(Mount::read_write(path, FileSet::new()));
        }
        let files = Files::new(mounts, &limits)?;
        Ok(Self { sandbox, files, limits, seed, root, python_path, commands: 0 })
    }

    /// Returns the absolute path for a relative one, which is below the first folder.
    fn absolute(&self, path: &str) -> String {
        match path {
            "" | "." => self.root.clone(),
            path if path.starts_with('/') => path.to_owned(),
            path => format!("{}/{}", self.root, path.strip_prefix("./").unwrap_or(path)),
        }
    }

    /// Reads a file. Here and in the methods below, a relative path is below the first folder.
    ///
    /// # Errors
    ///
    /// [`WorkspaceError::File`], here and in the methods below.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, WorkspaceError> {
        self.at(path, |path| self.files.read(path))
    }

    /// Writes a file, creating the folders that it needs.
    ///
    /// # Errors
    ///
    /// [`WorkspaceError::File`].
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), WorkspaceError> {
        self.at(path, |path| {
            for (end, _) in path.match_indices('/').skip(1) {
                if self.files.info(&path[..end]) == Err(FileError::NotFound) {
                    self.files.create_folder(&path[..end])?;
                }
            }
            self.files.write(path, bytes)
        })
    }

    /// Removes a file, or a folder with everything in it.
    ///
    /// # Errors
    ///
    /// [`WorkspaceError::File`].
    pub fn remove(&self, path: &str) -> Result<(), WorkspaceError> {
        self.at(path, |path| {
            if !self.files.info(path)?.is_folder {
                return self.files.remove_file(path);
            }
            self.clear(path);
            self.files.remove_folder(path)
        })
    }

    /// Lists a folder, sorted by name.
    ///
    /// # Errors
    ///
    /// [`WorkspaceError::File`].
    pub fn list(&self, path: &str) -> Result<Vec<FolderEntry>, WorkspaceError> {
        self.at(path, |path| self.files.list(path))
    }

    fn at<T>(
        &self,
        path: &str,
        work: impl FnOnce(&str) -> Result<T, FileError>,
    ) -> Result<T, WorkspaceError> {
        let path = self.absolute(path);
        work(&path).map_err(|source| WorkspaceError::File { path, source })
    }

    /// Runs a command.
    ///
    /// Requires a tokio runtime with time enabled. Dropping the future ends the command; what it has written stays.
    ///
    /// # Errors
    ///
    /// [`WorkspaceError`] when the command cannot be run; its faults are in the report.
    pub async fn run(&mut self, command: &WorkspaceCommand) -> Result<WorkspaceReport, WorkspaceError> {
        let budget = command.time_ns.map_or(self.limits.fuel, |time| time.min(self.limits.fuel));
        let line = self.prepare(command)?;
        // Preparation is the host's work for its caller, while the limits are about the command.
        self.files = self.files.renewed(&self.limits.clone().with_fuel(budget));
        let mut shell = Shell::new(self.sandbox.clone(), self.config(budget));
        self.commands += 1;
        let ran = shell.execute(&self.files, &line).await?;
        let fuel = self.files.cost();
        Ok(self.report(command, &ran, fuel, budget))
    }

    /// Returns the configuration of the next command's shell.
    fn config(&self, fuel: u64) -> ShellConfig {
        let Limits { memory_bytes, output_bytes, wall_clock_ms, .. } = self.limits;
        let limits = ShellLimits {
            command_fuel: fuel,
            python_fuel: None,
            memory_bytes,
            python_memory_bytes: memory_bytes,
            // Output beyond what a command may print is cut when the command ends, and may go to a file before.
            python_output_bytes: output_bytes.max(Limits::default().output_bytes),
            wall_clock_ms,
        };
        let parts = [&self.seed.to_le_bytes()[..], &self.commands.to_le_bytes()];
        let digest = derive("hyperspace v1 workspace command", &parts);
        let seed = u64::from_le_bytes(std::array::from_fn(|index| digest[index]));
        let config = ShellConfig::new(&self.root, seed).limits(limits);
        self.python_path.iter().fold(config, ShellConfig::python_path)
    }

    /// Writes the files of a command. Returns the text for its shell.
    fn prepare(&self, command: &WorkspaceCommand) -> Result<String, WorkspaceError> {
        self.clear(&format!("/{STREAMS}"));
        let folder = self.absolute(command.folder.as_deref().unwrap_or_default());
        match self.files.info(&folder) {
            Ok(info) if info.is_folder => {}
            Ok(_) => return Err(WorkspaceError::File { path: folder, source: FileError::NotAFolder }),
            Err(source) => return Err(WorkspaceError::File { path: folder, source }),
        }
        let mut line = format!("cd {} && ", quoted(&folder));
        for (name, value) in &command.env {
            let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
            if !is_name {
                return Err(WorkspaceError::VariableName(name.clone()));
            }
            without_nul("a variable", value)?;
            line.push_str(&format!("{name}={} ", quoted(value)));
        }
        line.push_str(&self.prepared_words(&command.line)?);
        self.write(INPUT, &command.stdin)?;
        line.push_str(&format!(" < {INPUT} > {OUTPUT} 2> {ERRORS}"));
        if line.len() > TEXT_BYTES_MAX {
            return Err(WorkspaceError::TooLong(line.len()));
        }
        Ok(line)
    }

    /// Writes the words of a command. Returns the text by which the shell runs them.
    fn prepared_words(&self, words: &CommandWords) -> Result<String, WorkspaceError> {
        let text = match words {
            CommandWords::Text(text) => {
                without_nul("the command", text)?;
                text.clone()
            }
            CommandWords::Program(words) => {
                if words.first().is_none_or(String::is_empty) {
                    return Err(WorkspaceError::Empty);
                }
                for word in words {
                    without_nul("an argument", word)?;
                }
                let text = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
                if text.len() > TEXT_BYTES_MAX {
                    let bytes: Vec<u8> =
                        words.iter().flat_map(|word| word.bytes().chain(std::iter::once(0))).collect();
                    self.write(WORDS, &bytes)?;
                    format!("mapfile -d '' -t words < {WORDS}; \"${{words[@]}}\"")
                } else {
                    text
                }
            }
        };
        if text.len() > TEXT_BYTES_MAX {
            return Err(WorkspaceError::TooLong(text.len()));
        }
        self.write(TEXT, text.as_bytes())?;
        // Not run as a script, so messages and `$0` are those of `bash -c`.
        Ok(format!("bash -c \"$(cat {TEXT})\""))
    }

    /// Removes the content of a folder, as far as that is possible.
    fn clear(&self, folder: &str) {
        for entry in self.files.list(folder).unwrap_or_default() {
            let path = format!("{folder}/{}", entry.name);
            if entry.is_folder {
                self.clear(&path);
                drop(self.files.remove_folder(&path));
            } else {
                drop(self.files.remove_file(&path));
            }
        }
    }

    fn report(
        &self,
        command: &WorkspaceCommand,
        ran: &ShellCommand,
        fuel: u64,
        budget: u64,
    ) -> WorkspaceReport {
        let most = usize::try_from(self.limits.output_bytes).unwrap_or(usize::MAX);
        let mut truncated = false;
        let mut stream = |path: &str| {
            let mut bytes = self.files.read(path).unwrap_or_default();
            truncated |= bytes.len() > most || bytes.len() >= SHELL_STREAM_BYTES;
            bytes.truncate(most);
            // The part that was cut uses no memory of the host.
            bytes.shrink_to_fit();
            bytes
        };
        let (stdout, mut stderr) = (stream(OUTPUT), stream(ERRORS));
        // Messages of the shell itself, such as that a folder no longer exists.
        stderr.extend_from_slice(&ran.output);
        let out_of_fuel = ran.end.stopped.is_some() && fuel >= budget;
        let timed_out = command
            .time_ns
            .is_some_and(|time| ran.virtual_ns >= time || (out_of_fuel && time <= self.limits.fuel));
        let stopped = ran.end.stopped.clone();
        let exit_code = match (&stopped, timed_out) {
            (_, true) => TIMED_OUT,
            (Some(_), false) => KILLED,
            (None, false) => ran.end.code,
        };
        let virtual_ns = ran.virtual_ns;
        WorkspaceReport { exit_code, stopped, timed_out, stdout, stderr, truncated, fuel, virtual_ns }
    }
}

impl std::fmt::Debug for Workspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workspace")
            .field("root", &self.root)
            .field("commands", &self.commands)
            .finish_non_exhaustive()
    }
}

/// Returns a word as the shell reads it unchanged.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn without_nul(what: &'static str, text: &str) -> Result<(), WorkspaceError> {
    if text.contains('\0') { Err(WorkspaceError::Nul(what)) } else { Ok(()) }
}

/// Programs that callers look for by path; each runs the one built into the shell.
const PROGRAMS: [&str; 58] = [
    "awk",
    "basename",
    "bash",
    "cat",
    "chmod",
    "comm",
    "cp",
    "cut",
    "date",
    "diff",
    "dirname",
    "du",
    "echo",
    "env",
    "expr",
    "false",
    "find",
    "git",
    "grep",
    "gunzip",
    "gzip",
    "head",
    "id",
    "jq",
    "ls",
    "md5sum",
    "mkdir",
    "mktemp",
    "mv",
    "nl",
    "od",
    "paste",
    "printf",
    "python",
    "python3",
    "realpath",
    "rev",
    "rg",
    "rm",
    "rmdir",
    "sed",
    "seq",
    "sh",
    "sha256sum",
    "sleep",
    "sort",
    "stat",
    "tac",
    "tail",
    "tar",
    "tee",
    "test",
    "touch",
    "tr",
    "true",
    "uniq",
    "wc",
    "xargs",
];

/// Returns the files below `/usr`.
fn programs() -> FileSet {
    let files = PROGRAMS.iter().map(|name| (format!("bin/{name}"), format!("#!/bin/sh\n{name} \"$@\"\n")));
    FileSet::from_files(files).unwrap_or_default()
}

/// Returns the files below `/etc`, which describe the user of a command.
fn system_files(home: &str) -> FileSet {
    let files = [
        ("passwd", format!("agent:x:1000:1000:agent:{home}:/bin/bash\n")),
        ("group", "agent:x:1000:\n".to_owned()),
        ("hostname", "hyperspace\n".to_owned()),
    ];
    FileSet::from_files(files).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }

    #[test]
    fn all_programs_have_files() {
        assert_eq!(programs().len(), PROGRAMS.len());
        assert!(PROGRAMS.is_sorted());
        assert_eq!(system_files("/tmp").len(), 3);
    }
}
