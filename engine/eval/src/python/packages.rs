//! Packages: pure-Python wheels and folders that guests see at `/packages`. A task names packages of its own folder; whoever runs the
//! task can add others.

use hyperspace_core::{FileSet, PathError, RelPath, TreeId};
use hyperspace_sandbox::{Mount, RuntimeName};

use super::numpy_imports::numpy_need;
use crate::task::TaskError;

/// The files at `/packages`, and the entries of the module path.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    files: FileSet,
    path: Vec<String>,
    /// The first place that imports numpy.
    numpy_import: Option<String>,
}

/// The folder of packages in a guest.
const ROOT: &str = "/packages";
/// Suffixes of files with native code.
const NATIVE: [&str; 4] = [".so", ".pyd", ".dylib", ".dll"];

/// Returns whether a file contains native code, judging by its name.
fn is_native(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    NATIVE.iter().any(|end| name.ends_with(end)) || name.contains(".so.")
}

/// Maximum number of names of packages.
const NAMES_MAX: usize = 1_000;
/// Maximum size of all packages, as a multiple of that of the files: a folder may be within another.
const TIMES_MAX: usize = 4;

/// Returns the size in bytes of a file, or of all files in a folder.
fn bytes_of(files: &FileSet, name: &str) -> usize {
    let is_in =
        |path: &str| path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    files.iter().filter(|(path, _)| is_in(path.as_str())).map(|(_, content)| content.len()).sum()
}

/// Returns the paths of the files in a wheel, from the directory at the end of the zip file; `None` if the file is not one.
fn names_in_wheel(content: &[u8]) -> Option<Vec<String>> {
    /// Size in bytes of the end record of a directory without its comment, and of an entry without its texts.
    const END: usize = 22;
    const ENTRY: usize = 46;
    let number = |at: usize, bytes: usize| -> Option<usize> {
        let field = content.get(at..at.checked_add(bytes)?)?;
        Some(field.iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte)))
    };
    let last = content.len().checked_sub(END)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    let end = (first..=last).rev().find(|&at| content[at..].starts_with(b"PK\x05\x06"))?;
    let (count, mut at) = (number(end + 10, 2)?, number(end + 16, 4)?);
    let mut names = Vec::with_capacity(count);
    for _ in 0..count {
        if !content.get(at..)?.starts_with(b"PK\x01\x02") {
            return None;
        }
        let (name, extra, comment) = (number(at + 28, 2)?, number(at + 30, 2)?, number(at + 32, 2)?);
        let text = content.get(at + ENTRY..at + ENTRY + name)?;
        names.push(String::from_utf8_lossy(text).into_owned());
        at += ENTRY + name + extra + comment;
    }
    Some(names)
}

/// Returns whether code with this Python tag runs in guests; code for an older Python 3 does as well.
fn is_for_this_python(tag: &str) -> bool {
    let minor = tag.strip_prefix("py3").filter(|minor| minor.chars().all(|digit| digit.is_ascii_digit()));
    minor.is_some_and(|minor| minor.is_empty() || minor.parse::<u8>().is_ok_and(|minor| minor <= 13))
        || tag == "cp313"
}

impl Packages {
    /// Collects packages: the folders and wheels with these names in `files`. `file` is the name used in errors, such as a `task.toml`.
    ///
    /// # Errors
    ///
    /// [`TaskError::Field`] when one does not exist, contains native code, or is for another Python.
    pub fn of(files: &FileSet, names: &[String], file: &str) -> Result<Self, TaskError> {
        let mut packages = Self::default();
        if names.len() > NAMES_MAX {
            return Err(TaskError::field(
                file,
                "packages",
                format!("at most {NAMES_MAX} names"),
                names.len(),
            ));
        }
        let mut left = TIMES_MAX * files.iter().map(|(_, content)| content.len()).sum::<usize>();
        for (index, name) in names.iter().enumerate() {
            let field = format!("packages[{index}]");
            let name = name.trim_end_matches('/');
            let rest = left.checked_sub(bytes_of(files, name));
            left = rest.ok_or_else(|| {
                let expected = format!("packages that together contain each file at most {TIMES_MAX} times");
                TaskError::field(file, &field, expected, name)
            })?;
            let added = match name.strip_suffix(".whl") {
                Some(stem) => packages.add_wheel(files, name, stem),
                None => packages.add_folder(files, name),
            };
            added.map_err(|(expected, found)| TaskError::field(file, &field, expected, found))?;
        }
        if !packages.files.is_empty() {
            packages.path.insert(0, ROOT.to_owned());
        }
        Ok(packages)
    }

    /// Adds other packages.
    ///
    /// # Errors
    ///
    /// [`TaskError::Field`] when both have a file with the same path but different content; two installations of the same package do not.
    /// `file` is the name used in the error.
    pub fn add(&mut self, other: &Self, file: &str) -> Result<(), TaskError> {
        for (path, content) in other.files.iter() {
            if self.files.get(path) == Some(content) {
                continue;
            }
            if self.files.get(path).is_some() {
                let expected = "packages whose files do not conflict";
                return Err(TaskError::field(file, "packages", expected, path));
            }
            self.insert(path.as_str(), content.clone())
                .map_err(|(expected, found)| TaskError::field(file, "packages", expected, found))?;
        }
        for folder in &other.path {
            if !self.path.contains(folder) {
                self.path.push(folder.clone());
            }
        }
        Ok(())
    }

    /// Returns whether there are no packages.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Returns the entries of the module path, in order.
    #[must_use]
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// Returns a description of the place where a module imports numpy whenever it is imported itself. Wheels are not inspected.
    #[must_use]
    pub fn numpy_import(&self) -> Option<&str> {
        self.numpy_import.as_deref()
    }

    /// Returns the runtime that they need.
    #[must_use]
    pub fn runtime(&self) -> RuntimeName {
        if self.numpy_import.is_some() { RuntimeName::Science } else { RuntimeName::Plain }
    }

    /// Returns the tree of their files.
    pub(crate) fn tree(&self) -> TreeId {
        self.files.tree().id()
    }

    /// Returns their mount; `None` if there are no packages.
    ///
    /// # Errors
    ///
    /// No error that a caller can cause: the mount point is a valid path.
    pub fn mount(&self) -> Result<Option<Mount>, PathError> {
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
        if !python.split('.').any(is_for_this_python) {
            return Err(("a wheel for Python 3.13 (py3)".to_owned(), name.to_owned()));
        }
        let inside = names_in_wheel(&content)
            .ok_or_else(|| ("a wheel, which is a zip file".to_owned(), format!("{name}, which is none")))?;
        if let Some(native) = inside.iter().find(|path| is_native(path)) {
            let expected = "pure Python, as native code cannot run in a guest";
            return Err((expected.to_owned(), format!("{native} in {name}")));
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
        if let Some((path, _)) = inside.iter().find(|(path, _)| is_native(path)) {
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
        if self.numpy_import.is_none() {
            self.numpy_import = numpy_need(at, &content);
        }
        self.files.insert(path, content).map(drop).map_err(|_| conflict())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a zip file with one stored file.
    fn wheel(name: &str) -> Vec<u8> {
        let entry = |magic: &[u8], room: usize| {
            let mut head = magic.to_vec();
            head.resize(room, 0);
            head
        };
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let mut local = entry(b"PK\x03\x04", 30);
        local[26..28].copy_from_slice(&length);
        local.extend_from_slice(name.as_bytes());
        let start = u32::try_from(local.len()).unwrap().to_le_bytes();
        let mut listed = entry(b"PK\x01\x02", 46);
        listed[28..30].copy_from_slice(&length);
        listed.extend_from_slice(name.as_bytes());
        let mut end = entry(b"PK\x05\x06", 22);
        end[16..20].copy_from_slice(&start);
        end[10] = 1;
        [local, listed, end].concat()
    }

    fn check(name: &str, content: &[u8]) -> Result<Packages, String> {
        let files = FileSet::from_files([(name, content)]).unwrap();
        let named = name.split('/').next().unwrap().to_owned();
        Packages::of(&files, &[named], "task.toml").map_err(|error| error.to_string())
    }

    #[test]
    fn only_pure_python_is_a_package() {
        let pure = check("x-1.0-py3-none-any.whl", &wheel("x/__init__.py")).unwrap();
        assert_eq!(pure.path(), ["/packages", "/packages/x-1.0-py3-none-any.whl"]);
        assert_eq!(check("tools/__init__.py", b"").unwrap().path(), ["/packages"]);
        for tag in ["py38", "py3.py314", "py2.py313", "cp313", "py314.py313"] {
            assert!(check(&format!("x-1.0-{tag}-none-any.whl"), &wheel("x/__init__.py")).is_ok(), "{tag}");
        }
        for tag in ["py314", "py27", "cp312", "py3x"] {
            assert!(check(&format!("x-1.0-{tag}-none-any.whl"), &wheel("x/__init__.py")).is_err(), "{tag}");
        }
        for (name, content, word) in [
            ("x-1.0-cp313-cp313-linux_x86_64.whl", wheel("x/a.py"), "x-1.0-cp313-cp313-linux_x86_64.whl"),
            ("x-1.0-py3-none-any.whl", wheel("x/fast.cpython-313.so"), "x/fast.cpython-313.so in x-1.0"),
            ("x-1.0-py2-none-any.whl", wheel("x/a.py"), "Python 3.13"),
            ("x-1.0-py3-none-any.whl", b"no zip".to_vec(), "which is none"),
            ("x.whl", wheel("x/a.py"), "NAME-VERSION-PYTHON"),
            ("tools/lib/fast.so", Vec::new(), "tools/lib/fast.so"),
            ("tools/libx.so.1", Vec::new(), "tools/libx.so.1"),
        ] {
            let error = check(name, &content).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
        let mut cut = wheel("x/__init__.py");
        cut.truncate(60);
        assert!(check("x-1.0-py3-none-any.whl", &cut).is_err());
    }

    #[test]
    fn packages_whose_modules_import_numpy_need_the_runtime_that_has_it() {
        for (name, source, place) in [
            ("tools/core.py", "import sys\nimport numpy as np\n", Some("core.py, line 2, imports numpy")),
            ("tools/core.py", "from scipy import optimize\n", Some("core.py, line 1, imports scipy")),
            ("tools/core.py", "try:\n    import numpy\nexcept ImportError:\n    pass\n", None),
            ("tools/tests/core.py", "import numpy\n", None),
            ("tools/test_core.py", "import numpy\n", None),
            ("tools/notes.txt", "import numpy\n", None),
        ] {
            let packages = check(name, source.as_bytes()).unwrap();
            assert_eq!(packages.numpy_import(), place, "{name}");
            assert_eq!(packages.runtime() == RuntimeName::Science, place.is_some(), "{name}");
        }
        let mut both = check("plain/__init__.py", b"").unwrap();
        both.add(&check("tools/__init__.py", b"import numpy").unwrap(), "x").unwrap();
        assert_eq!(both.numpy_import(), Some("tools/__init__.py, line 1, imports numpy"));
    }

    #[test]
    fn a_file_is_not_read_for_ever_more_packages() {
        let files =
            FileSet::from_files([("a/b/c.py", b"x = 1".as_slice()), ("d/e.py", b"y".as_slice())]).unwrap();
        let of = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            Packages::of(&files, &names, "task.toml").map_err(|error| error.to_string())
        };
        assert!(of(&["a", "a/b/", "d"]).is_ok());
        let error = of(&["a"; 5]).unwrap_err();
        let words = "field packages[4]: expected packages that together contain each file at most 4 times";
        assert!(error.contains(words), "{error}");
        assert!(of(&["d"; 1_001]).unwrap_err().contains("packages: expected at most 1000 names, found 1001"));
    }

    #[test]
    fn packages_of_two_places_are_joined_unless_they_conflict() {
        let mut first = check("tools/__init__.py", b"").unwrap();
        first.add(&check("more/__init__.py", b"").unwrap(), "x").unwrap();
        assert_eq!(first.files.len(), 2);
        first.add(&check("tools/__init__.py", b"").unwrap(), "x").unwrap();
        assert_eq!(first.files.len(), 2);
        assert!(first.add(&check("tools/__init__.py", b"x = 1").unwrap(), "x").is_err());
    }
}
