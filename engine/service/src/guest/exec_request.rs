//! Requests to run a Python program in the sandbox, or to call a function of one.

use std::path::PathBuf;

use hyperspace_core::FileSet;
use hyperspace_sandbox::{Limits, RuntimeName};
use serde_json::Value;

/// A program for a guest.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum GuestProgram {
    /// A text, with the name that tracebacks show.
    Source {
        /// The name.
        name: String,
        /// The text.
        source: String,
    },
    /// A Python file, run like `python3 FILE` in the file's folder: the program can read a copy of the folder at `/NAME`, which
    /// is on the module path and is the working directory.
    File(PathBuf),
    /// A module of the mounts, of the folder from which the request comes, or of the guest's library, run like `python -m`.
    Module(String),
    /// The `__main__.py` of a folder, whose other files the program can read and import.
    Folder(PathBuf),
    /// A function of a Python file, or of a package in a folder.
    Call {
        /// The file or folder, whose name without `.py` is the name of the module.
        file: PathBuf,
        /// The function.
        function: String,
        /// Its arguments.
        args: Vec<Value>,
    },
}

/// A request to run a Python program. By default: no arguments, environment or input, the limits of the sandbox, and seed 0.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ExecutionRequest {
    /// The program.
    pub program: GuestProgram,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its environment, `NAME=VALUE` each.
    pub env: Vec<String>,
    /// Its standard input.
    pub stdin: Option<Vec<u8>>,
    /// Its runtime. `None` means the science runtime if a package imports numpy or scipy, and the plain one otherwise.
    pub runtime: Option<RuntimeName>,
    /// Its limits.
    pub limits: Limits,
    /// The seed of its randomness.
    pub seed: u64,
    /// Folders that the program can read at `/NAME`, and files, at `/files`. Modules in them can be imported.
    pub mounts: Vec<PathBuf>,
    /// Folders and wheels of pure Python that the program can import.
    pub packages: Vec<PathBuf>,
    /// Files in the folder in which the program starts, `/tmp`; it may change them.
    pub files: FileSet,
    /// Modules that the program can import, at `/modules`, read-only.
    pub modules: FileSet,
    /// If true, a program given as text finds what `python3 -c` provides, such as `exit()` and pools, at the cost of some
    /// milliseconds. Programs in files, folders and modules always find it.
    pub like_python3: bool,
    /// If true, arguments and results of functions, and variables and values of sessions, may hold numpy arrays if the program
    /// runs in the science runtime. They then have the encoding of `hyperspace_values.py`.
    pub arrays: bool,
    /// The folder from which the program comes. A module to run that lies there is read together with the files beside it.
    /// Otherwise, the folder only serves to tell that a module that was not found lies there.
    pub origin: Option<PathBuf>,
}

impl ExecutionRequest {
    /// Returns a request for a program given as text.
    #[must_use]
    pub fn new(name: impl Into<String>, source: impl Into<String>) -> Self {
        Self::of(GuestProgram::Source { name: name.into(), source: source.into() })
    }

    /// Returns a request to call a function of a Python file, or of a package in a folder.
    #[must_use]
    pub fn call(file: impl Into<PathBuf>, function: impl Into<String>, args: Vec<Value>) -> Self {
        Self::of(GuestProgram::Call { file: file.into(), function: function.into(), args })
    }

    /// Returns a request for any program.
    #[must_use]
    pub fn of(program: GuestProgram) -> Self {
        Self {
            program,
            args: Vec::new(),
            env: Vec::new(),
            stdin: None,
            runtime: None,
            limits: Limits::default(),
            seed: 0,
            mounts: Vec::new(),
            packages: Vec::new(),
            files: FileSet::new(),
            modules: FileSet::new(),
            like_python3: false,
            arrays: false,
            origin: None,
        }
    }

    /// Sets the arguments.
    #[must_use]
    pub fn args(mut self, args: Vec<String>) -> Self {
        self.args = args;
        self
    }

    /// Sets the environment, `NAME=VALUE` each.
    #[must_use]
    pub fn env(mut self, env: Vec<String>) -> Self {
        self.env = env;
        self
    }

    /// Sets the standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.stdin = Some(bytes);
        self
    }

    /// Sets the runtime. Default: the science runtime if a package imports numpy or scipy, and the plain one otherwise.
    #[must_use]
    pub fn runtime(mut self, runtime: RuntimeName) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds a folder that the program can read at `/NAME`, where the name is the last part of its path, or a file, at `/files`.
    /// Modules in them can be imported.
    #[must_use]
    pub fn mount(mut self, path: impl Into<PathBuf>) -> Self {
        self.mounts.push(path.into());
        self
    }

    /// Adds a folder or a wheel of pure Python that the program can import.
    #[must_use]
    pub fn package(mut self, path: impl Into<PathBuf>) -> Self {
        self.packages.push(path.into());
        self
    }

    /// Sets the files in the folder in which the program starts, `/tmp`; it may change them.
    #[must_use]
    pub fn files(mut self, files: FileSet) -> Self {
        self.files = files;
        self
    }

    /// Sets the modules that the program can import, at `/modules`, read-only.
    #[must_use]
    pub fn modules(mut self, files: FileSet) -> Self {
        self.modules = files;
        self
    }

    /// Sets whether a program given as text finds what `python3 -c` provides. Default false.
    #[must_use]
    pub fn like_python3(mut self, like_python3: bool) -> Self {
        self.like_python3 = like_python3;
        self
    }

    /// Sets whether functions and sessions in the science runtime take and return numpy arrays; see [`ExecutionRequest::arrays`].
    /// Default false.
    #[must_use]
    pub fn arrays(mut self, arrays: bool) -> Self {
        self.arrays = arrays;
        self
    }

    /// Sets the folder from which the program comes.
    #[must_use]
    pub fn origin(mut self, folder: impl Into<PathBuf>) -> Self {
        self.origin = Some(folder.into());
        self
    }
}
