//! Programs as guests: their environment, and what is done before they run.
//!
//! Before the program starts, the interpreter is made like `python3` (`hyperspace_python.prepare` in the guest): it has `exit`
//! and pools, writes no byte code, and finds modules beside the program before those of the library that were loaded already.

use std::path::Path;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::{Packages, sdk_with_limits};
use hyperspace_guest::python_files;
use hyperspace_sandbox::{GuestEnvironment, Item, Job, Mount, Program, Setup};
use serde_json::{Value, json};

use super::exec_request::{ExecutionRequest, GuestProgram};
use super::mounts::{CALLED, MODULES, is_reserved, mounts, name_of};
use crate::error::ServiceError;
use crate::files;

/// The folder of the module that makes the interpreter like `python3`.
const PYTHON: &str = ".python";
/// The name of the program's folder if its own name cannot be used, and likewise of a file.
const PROGRAM: &str = "program";

/// A program with what is done before it runs.
pub(super) struct PreparedProgram {
    pub(super) setup: Setup,
    pub(super) item: Item,
    /// True if the program can read its whole folder.
    pub(super) is_whole: bool,
}

/// The files that come with a program.
#[derive(Default)]
struct OwnFolder {
    /// The name of the folder in the guest, and its files.
    folder: Option<(String, FileSet)>,
    /// True if the program starts in it.
    is_current: bool,
    is_whole: bool,
}

impl OwnFolder {
    /// Reads the folder of a file or of a module.
    fn beside(folder: &Path, program: Option<&str>) -> Result<Self, ServiceError> {
        let (files, is_whole) = files::read_beside(folder, program)?;
        let name = folder.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_str()?.to_owned()));
        let name = name.filter(|name| RelPath::new(name).is_ok() && !is_reserved(name));
        let folder = Some((name.unwrap_or_else(|| PROGRAM.to_owned()), files));
        Ok(Self { folder, is_current: true, is_whole })
    }

    /// Takes over a folder or file as a whole.
    fn of(name: &str, files: FileSet) -> Self {
        Self { folder: Some((name.to_owned(), files)), is_current: false, is_whole: true }
    }

    fn none() -> Self {
        Self { is_whole: true, ..Self::default() }
    }
}

impl ExecutionRequest {
    /// Returns the job of a program that is given as text and needs no preparation.
    pub(super) fn plain_job(&self, sdk: FileSet, packages: &Packages) -> Result<Option<Job>, ServiceError> {
        let GuestProgram::Source { name, source } = &self.program else { return Ok(None) };
        if self.like_python3 {
            return Ok(None);
        }
        let job = self
            .furnish(Job::source(name, without_mark(source)), sdk, packages, &[])?
            .args(self.args.clone());
        Ok(Some(match &self.stdin {
            Some(input) => job.stdin(input.clone()),
            None => job,
        }))
    }

    pub(super) fn prepare(self, sdk: FileSet, packages: &Packages) -> Result<PreparedProgram, ServiceError> {
        let (mut item, own) = self.item()?;
        let at: Vec<String> = own.folder.iter().map(|(name, _)| format!("/{name}")).collect();
        let mut setup = Setup::call("hyperspace_python", "prepare", vec![json!(at)]);
        let mut taken = Vec::new();
        if let Some((name, files)) = own.folder {
            let inside = format!("/{name}");
            setup = setup.mount(Mount::read_only(RelPath::new(&name)?, files)).python_path(&inside);
            if own.is_current {
                setup = setup.current_folder(&inside);
            }
            taken.push(name);
        }
        setup = self.furnish(setup, sdk, packages, &taken)?;
        let python =
            FileSet::from_files(python_files()).map_err(|error| ServiceError::request(error.to_string()))?;
        setup =
            setup.mount(Mount::read_only(RelPath::new(PYTHON)?, python)).python_path(&format!("/{PYTHON}"));
        item = item.args(self.args).seed(self.seed);
        if let Some(input) = self.stdin {
            item = item.stdin(input);
        }
        Ok(PreparedProgram { setup, item, is_whole: own.is_whole })
    }

    /// Gives a program the request's limits, seed, folders, files and variables, and its packages. `taken` are names that no
    /// folder may have.
    pub(super) fn furnish<I>(
        &self,
        program: Program<GuestEnvironment, I>,
        sdk: FileSet,
        packages: &Packages,
        taken: &[String],
    ) -> Result<Program<GuestEnvironment, I>, ServiceError> {
        let mut program = program
            .limits(self.limits.clone())
            .seed(self.seed)
            .mount(Mount::read_only(RelPath::new("sdk")?, sdk_with_limits(&sdk, &self.limits)))
            .mount(Mount::read_write(RelPath::new("tmp")?, self.files.clone()));
        for variable in &self.env {
            let (name, value) = variable.split_once('=').ok_or_else(|| ServiceError::Setting {
                setting: "env",
                given: Some(variable.clone()),
                problem: "expected NAME=VALUE".to_owned(),
            })?;
            program = program.env(name, value);
        }
        for (path, mount) in mounts(self.mounts.iter(), taken)? {
            program = program.python_path(&path).mount(mount);
        }
        if !self.modules.is_empty() {
            let mount = Mount::read_only(RelPath::new(MODULES)?, self.modules.clone());
            program = program.python_path(&format!("/{MODULES}")).mount(mount);
        }
        if let Some(mount) = packages.mount()? {
            program =
                packages.path().iter().fold(program.mount(mount), |program, at| program.python_path(at));
        }
        Ok(program.python_path("/sdk"))
    }

    /// Returns the program without anything else from the request, and the files that come with it.
    fn item(&self) -> Result<(Item, OwnFolder), ServiceError> {
        match &self.program {
            GuestProgram::Source { name, source } => {
                Ok((Item::source(name, without_mark(source)), OwnFolder::none()))
            }
            GuestProgram::File(path) => file(path),
            GuestProgram::Module(name) => module(name, self.origin.as_deref()),
            GuestProgram::Folder(path) => folder(path),
            GuestProgram::Call { file, function, args } => called(file, function, args),
        }
    }
}

/// Returns a text without its byte order mark.
fn without_mark(source: &str) -> &str {
    source.strip_prefix('\u{feff}').unwrap_or(source)
}

/// Returns the program in a file, with the folder of the file.
fn file(given: &Path) -> Result<(Item, OwnFolder), ServiceError> {
    let path = given.canonicalize().map_err(|error| files::not_opened(given, &error))?;
    let name = path.file_name().and_then(|name| name.to_str()).filter(|_| path.is_file());
    let name = name.ok_or_else(|| ServiceError::file(given, "expected a file whose name is UTF-8"))?;
    let own = OwnFolder::beside(path.parent().unwrap_or(&path), Some(name))?;
    let at = own.folder.as_ref().map_or(PROGRAM, |(at, _)| at.as_str());
    Ok((Item::named_file(name, &format!("/{at}/{name}")), own))
}

/// Returns the program that runs a module; a module in `origin` comes with that folder.
fn module(name: &str, origin: Option<&Path>) -> Result<(Item, OwnFolder), ServiceError> {
    if !name.split('.').all(is_identifier) {
        let problem = "expected the name of a module such as json.tool".to_owned();
        return Err(ServiceError::Setting { setting: "module", given: Some(name.to_owned()), problem });
    }
    let first = name.split('.').next().unwrap_or(name);
    let lies_in =
        |folder: &&Path| folder.join(format!("{first}.py")).is_file() || folder.join(first).is_dir();
    let own = match origin.filter(lies_in) {
        Some(origin) => OwnFolder::beside(origin, None)?,
        None => OwnFolder::none(),
    };
    let name = json!(name);
    let source = format!("import runpy\nrunpy.run_module({name}, run_name=\"__main__\", alter_sys=True)\n");
    Ok((Item::source("-m", &source), own))
}

/// Returns the program of a folder.
fn folder(path: &Path) -> Result<(Item, OwnFolder), ServiceError> {
    if !path.join("__main__.py").is_file() {
        let problem = "expected a file __main__.py in it; to run another module of a folder, mount it and name the module";
        return Err(ServiceError::file(path, problem));
    }
    let name = name_of(path)?;
    let name = if is_reserved(&name) { PROGRAM.to_owned() } else { name };
    Ok((Item::file(&format!("/{name}/__main__.py")), OwnFolder::of(&name, files::read_set(path)?)))
}

/// Returns the program that calls a function of a file, or of the package in a folder.
fn called(file: &Path, function: &str, args: &[Value]) -> Result<(Item, OwnFolder), ServiceError> {
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
        let package = files::read_set(file)?;
        if !package.iter().any(|(at, _)| at.as_str().ends_with(".py")) {
            return Err(ServiceError::file(file, "expected a package, and it has no Python file"));
        }
        for (at, content) in package.iter() {
            let at = RelPath::new(&format!("{name}/{at}"))?;
            set.insert(at, content.to_vec()).map_err(|error| ServiceError::file(file, error))?;
        }
    } else {
        let at = RelPath::new(&format!("{module}.py"))?;
        set.insert(at, files::read_file(file)?).map_err(|error| ServiceError::file(file, error))?;
    }
    Ok((Item::call(module, function, args.to_vec()), OwnFolder::of(CALLED, set)))
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
            assert!(module(name, None).is_ok(), "{name}");
        }
        for name in ["", "a.", ".a", "a b", "a\"", "1a", "a-b", "a\nb"] {
            assert!(module(name, None).is_err(), "{name}");
        }
    }

    #[test]
    fn a_folder_has_its_name_unless_the_guest_has_one_of_that_name() {
        let root = tempfile::tempdir().unwrap();
        for (name, at) in
            [("own", "own"), ("tmp", PROGRAM), ("sdk", PROGRAM), (".hidden", PROGRAM), ("a b", "a b")]
        {
            let path = root.path().join(name);
            std::fs::create_dir(&path).unwrap();
            std::fs::write(path.join("a.py"), "").unwrap();
            let (_, own) = file(&path.join("a.py")).unwrap();
            assert_eq!(own.folder.unwrap().0, at);
        }
    }
}
