//! Requests to run a Python program in the sandbox, or to call a function of one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hyperspace_core::{FileSet, RelPath};
use hyperspace_sandbox::{GuestEnvironment, Job, Limits, Mount, Program};
use serde_json::{Value, json};

use crate::error::ServiceError;
use crate::files;

/// Folders of the guest that no mount can replace.
const RESERVED: [&str; 6] = ["sdk", "tmp", "usr", FILES, CALLED, MODULES];
/// The folder of files that are mounted by themselves.
const FILES: &str = "files";
/// The folder of modules that are given by value.
const MODULES: &str = "modules";
/// The folder of the file whose function is called.
const CALLED: &str = "call";

/// A program of a guest.
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
    /// A module of the mounts or of the guest's library, as `python -m` runs it.
    Module(String),
    /// The `__main__.py` of a folder, whose other files it can read and import.
    Folder(PathBuf),
    /// A function of a Python file, or of a package in a folder.
    Call {
        /// The file or folder. Its name, without `.py`, is the module's.
        file: PathBuf,
        /// The function.
        function: String,
        /// Its arguments.
        args: Vec<Value>,
    },
}

/// A request to run a Python program: no arguments, environment or input, the limits of the sandbox, seed 0.
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
    /// Its limits.
    pub limits: Limits,
    /// Keys its randomness.
    pub seed: u64,
    /// Folders that the program can read, at `/NAME`, and files, in `/files`; modules in them can be imported.
    pub mounts: Vec<PathBuf>,
    /// Files in the folder that the program starts in, `/tmp`; it may change them.
    pub files: FileSet,
    /// Modules that the program can import, at `/modules`, read-only.
    pub modules: FileSet,
    /// The folder that the program comes from. It is not mounted: it serves to say which module lies there and was not found.
    pub origin: Option<PathBuf>,
}

impl ExecutionRequest {
    /// Makes a request for a program.
    #[must_use]
    pub fn new(name: impl Into<String>, source: impl Into<String>) -> Self {
        Self::of(GuestProgram::Source { name: name.into(), source: source.into() })
    }

    /// Makes a request to call a function of a Python file, or of a package in a folder.
    #[must_use]
    pub fn call(file: impl Into<PathBuf>, function: impl Into<String>, args: Vec<Value>) -> Self {
        Self::of(GuestProgram::Call { file: file.into(), function: function.into(), args })
    }

    /// Makes a request for any program.
    #[must_use]
    pub fn of(program: GuestProgram) -> Self {
        Self {
            program,
            args: Vec::new(),
            env: Vec::new(),
            stdin: None,
            limits: Limits::default(),
            seed: 0,
            mounts: Vec::new(),
            files: FileSet::new(),
            modules: FileSet::new(),
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

    /// Adds a folder that the program can read, at `/NAME` with the last part of its path, or a file, in `/files`; modules in
    /// them can be imported.
    #[must_use]
    pub fn mount(mut self, path: impl Into<PathBuf>) -> Self {
        self.mounts.push(path.into());
        self
    }

    /// Sets the files in the folder that the program starts in, `/tmp`; it may change them.
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

    /// Sets the folder that the program comes from.
    #[must_use]
    pub fn origin(mut self, folder: impl Into<PathBuf>) -> Self {
        self.origin = Some(folder.into());
        self
    }

    pub(super) fn job(self, sdk: FileSet) -> Result<Job, ServiceError> {
        let job = self.furnish(job_of(&self.program)?, sdk)?.args(self.args);
        Ok(match self.stdin {
            Some(input) => job.stdin(input),
            None => job,
        })
    }

    /// Gives a program the limits, seed, folders, files and variables of the request.
    pub(super) fn furnish<I>(
        &self,
        program: Program<GuestEnvironment, I>,
        sdk: FileSet,
    ) -> Result<Program<GuestEnvironment, I>, ServiceError> {
        let mut program = program
            .limits(self.limits.clone())
            .seed(self.seed)
            .mount(Mount::read_only(RelPath::new("sdk")?, sdk))
            .mount(Mount::read_write(RelPath::new("tmp")?, self.files.clone()))
            .python_path("/sdk");
        for variable in &self.env {
            let (name, value) = variable.split_once('=').ok_or_else(|| ServiceError::Setting {
                setting: "env",
                given: Some(variable.clone()),
                problem: "expected NAME=VALUE".to_owned(),
            })?;
            program = program.env(name, value);
        }
        if !self.modules.is_empty() {
            let mount = Mount::read_only(RelPath::new(MODULES)?, self.modules.clone());
            program = program.python_path(&format!("/{MODULES}")).mount(mount);
        }
        let folder = match &self.program {
            GuestProgram::Folder(path) => Some(path),
            _ => None,
        };
        for (path, mount) in mounts(folder.into_iter().chain(&self.mounts))? {
            program = program.python_path(&path).mount(mount);
        }
        Ok(program)
    }
}

/// Returns the job of a program without anything else that the request says, but with the file whose function it calls.
fn job_of(program: &GuestProgram) -> Result<Job, ServiceError> {
    match program {
        GuestProgram::Source { name, source } => Ok(Job::source(name, source)),
        GuestProgram::Module(name) => {
            if !name.split('.').all(is_identifier) {
                let problem = "expected the name of a module such as json.tool".to_owned();
                let given = Some(name.clone());
                return Err(ServiceError::Setting { setting: "module", given, problem });
            }
            let name = json!(name);
            let source =
                format!("import runpy\nrunpy.run_module({name}, run_name=\"__main__\", alter_sys=True)\n");
            Ok(Job::source("-m", &source))
        }
        GuestProgram::Folder(path) => {
            if !path.join("__main__.py").is_file() {
                let problem = "expected a file __main__.py in it; to run another module of a folder, mount it and name the module";
                return Err(ServiceError::file(path, problem));
            }
            Ok(Job::file(&format!("/{}/__main__.py", name_of(path)?)))
        }
        GuestProgram::Call { file, function, args } => called(file, function, args),
    }
}

/// Returns the job that calls a function of a file or of the package in a folder.
fn called(file: &Path, function: &str, args: &[Value]) -> Result<Job, ServiceError> {
    if !is_identifier(function) {
        let problem = "expected the name of a function".to_owned();
        return Err(ServiceError::Setting { setting: "function", given: Some(function.to_owned()), problem });
    }
    let name = name_of(file)?;
    let module = name.strip_suffix(".py").unwrap_or(&name);
    if !is_identifier(module) {
        return Err(ServiceError::file(file, "expected a name that Python can import, such as candidate.py"));
    }
    let mut set = FileSet::new();
    if file.is_dir() {
        for (at, content) in files::read_set(file)?.iter() {
            let at = RelPath::new(&format!("{name}/{at}"))?;
            set.insert(at, content.to_vec()).map_err(|error| ServiceError::file(file, error))?;
        }
    } else {
        let at = RelPath::new(&format!("{module}.py"))?;
        set.insert(at, files::read_file(file)?).map_err(|error| ServiceError::file(file, error))?;
    }
    let path = format!("/{CALLED}");
    let mount = Mount::read_only(RelPath::new(CALLED)?, set);
    Ok(Job::call(module, function, args.to_vec()).mount(mount).python_path(&path))
}

/// Returns the mounts of folders and files, each with the folder of the guest that it is at.
fn mounts<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> Result<Vec<(String, Mount)>, ServiceError> {
    let (mut mounts, mut names, mut single) = (Vec::new(), BTreeSet::new(), FileSet::new());
    for path in paths {
        let name = name_of(path)?;
        let at = RelPath::new(&name).map_err(|error| ServiceError::file(path, error))?;
        if path.is_dir() {
            if RESERVED.contains(&name.as_str()) || !names.insert(name.clone()) {
                let problem = format!("/{name} is taken in the guest; give the folder another name");
                return Err(ServiceError::file(path, problem));
            }
            mounts.push((format!("/{name}"), Mount::read_only(at, files::read_set(path)?)));
        } else if single.get(&at).is_some() {
            return Err(ServiceError::file(path, format!("there are two files {name}")));
        } else {
            single.insert(at, files::read_file(path)?).map_err(|error| ServiceError::file(path, error))?;
        }
    }
    if !single.is_empty() {
        mounts.push((format!("/{FILES}"), Mount::read_only(RelPath::new(FILES)?, single)));
    }
    Ok(mounts)
}

/// Returns the last part of a path, of `.` that of the folder.
fn name_of(path: &Path) -> Result<String, ServiceError> {
    let real = path.canonicalize().map_err(|error| ServiceError::file(path, error))?;
    // A link is named as the user does.
    let named = path.file_name().or(real.file_name()).map(|name| name.to_string_lossy().into_owned());
    named.ok_or_else(|| ServiceError::file(path, "expected a file or folder with a name"))
}

fn is_identifier(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_python_has_are_modules() {
        for name in ["json.tool", "_a1", "größe"] {
            assert!(job_of(&GuestProgram::Module(name.to_owned())).is_ok(), "{name}");
        }
        for name in ["", "a.", ".a", "a b", "a\"", "1a", "a-b", "a\nb"] {
            assert!(job_of(&GuestProgram::Module(name.to_owned())).is_err(), "{name}");
        }
    }

    #[test]
    fn folders_and_files_have_places_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["lib/a.py", "other/lib/b.py", "x.py", "other/x.py", "tmp/c.py"] {
            std::fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            std::fs::write(path(name), "").unwrap();
        }
        let places = |names: &[&str]| {
            let paths: Vec<PathBuf> = names.iter().map(|name| path(name)).collect();
            mounts(paths.iter()).map(|mounts| mounts.into_iter().map(|(at, _)| at).collect::<Vec<_>>())
        };
        assert_eq!(places(&["lib", "x.py"]).unwrap(), ["/lib", "/files"]);
        for (names, problem) in [
            (["lib", "other/lib"], "/lib is taken"),
            (["x.py", "other/x.py"], "two files x.py"),
            (["tmp", "x.py"], "/tmp is taken"),
        ] {
            let error = places(&names).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
