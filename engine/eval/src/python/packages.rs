//! Packages of a task: pure-Python wheels and folders of its own folder, which both guests see at `/packages`.

use hyperspace_core::{FileSet, PathError, RelPath};
use hyperspace_sandbox::Mount;

use crate::task::TaskError;

/// The files at `/packages`, and the entries of the module path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Packages {
    pub(crate) files: FileSet,
    pub(crate) path: Vec<String>,
}

/// Endings of native code.
const NATIVE: [&str; 4] = [".so", ".pyd", ".dylib", ".dll"];

impl Packages {
    /// Collects the packages that `packages` of `task.toml` names.
    ///
    /// # Errors
    ///
    /// If one is not there, has native code, or is for another Python.
    pub(crate) fn of(files: &FileSet, names: &[String], file: &str) -> Result<Self, TaskError> {
        let mut packages = Self::default();
        for (index, name) in names.iter().enumerate() {
            let field = format!("packages[{index}]");
            let name = name.trim_end_matches('/');
            let added = match name.strip_suffix(".whl") {
                Some(stem) => packages.add_wheel(files, name, stem),
                None => packages.add_folder(files, name),
            };
            added.map_err(|(expected, found)| TaskError::field(file, &field, expected, found))?;
        }
        if !packages.files.is_empty() {
            packages.path.insert(0, "/packages".to_owned());
        }
        Ok(packages)
    }

    /// Returns their mount; `None` when there are none.
    ///
    /// # Errors
    ///
    /// None that a caller can cause: the mount point is a path.
    pub(crate) fn mount(&self) -> Result<Option<Mount>, PathError> {
        if self.files.is_empty() {
            return Ok(None);
        }
        Ok(Some(Mount::read_only(RelPath::new("packages")?, self.files.clone())))
    }

    fn add_wheel(&mut self, files: &FileSet, name: &str, stem: &str) -> Result<(), (String, String)> {
        let content = RelPath::new(name).ok().and_then(|path| files.get(&path).cloned());
        let content = content.ok_or_else(|| ("a file of the task's folder".to_owned(), name.to_owned()))?;
        let tags: Vec<&str> = stem.rsplitn(4, '-').take(3).collect();
        let [platform, abi, python] = tags[..] else {
            return Err(("a wheel named NAME-VERSION-PYTHON-ABI-PLATFORM.whl".to_owned(), name.to_owned()));
        };
        if platform != "any" || abi != "none" {
            let expected = "a pure-Python wheel (…-none-any.whl), as native code cannot run in a guest";
            return Err((expected.to_owned(), name.to_owned()));
        }
        if !python.split('.').any(|tag| matches!(tag, "py3" | "py313" | "cp313")) {
            return Err(("a wheel for Python 3.13 (py3)".to_owned(), name.to_owned()));
        }
        let base = name.rsplit('/').next().unwrap_or(name);
        self.insert(base, content)?;
        self.path.push(format!("/packages/{base}"));
        Ok(())
    }

    fn add_folder(&mut self, files: &FileSet, name: &str) -> Result<(), (String, String)> {
        let prefix = format!("{name}/");
        let inside: Vec<_> = files
            .iter()
            .filter_map(|(path, content)| Some((path.as_str().strip_prefix(&prefix)?, content)))
            .collect();
        if inside.is_empty() {
            let expected = "a folder or a wheel (.whl) of the task's folder";
            return Err((expected.to_owned(), name.to_owned()));
        }
        if let Some((path, _)) = inside.iter().find(|(path, _)| NATIVE.iter().any(|end| path.ends_with(end)))
        {
            let expected = "pure Python, as native code cannot run in a guest";
            return Err((expected.to_owned(), format!("{name}/{path}")));
        }
        let is_package = inside.iter().any(|(path, _)| *path == "__init__.py");
        let base = name.rsplit('/').next().unwrap_or(name);
        for (path, content) in inside {
            let at = if is_package { format!("{base}/{path}") } else { path.to_owned() };
            self.insert(&at, content.clone())?;
        }
        Ok(())
    }

    fn insert(&mut self, at: &str, content: std::sync::Arc<[u8]>) -> Result<(), (String, String)> {
        let conflict = || ("packages whose files do not conflict".to_owned(), at.to_owned());
        let path = RelPath::new(at).map_err(|_| conflict())?;
        self.files.insert(path, content).map(drop).map_err(|_| conflict())
    }
}
