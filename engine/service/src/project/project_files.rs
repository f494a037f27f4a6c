//! The files of a project, with the queries that recognisers need.

use hyperspace_core::FileSet;
use hyperspace_eval::numpy_imports;

use super::forms::file_name;
use super::yaml;

/// The files of a project.
pub(super) struct ProjectFiles<'a> {
    paths: Vec<&'a str>,
    files: &'a FileSet,
}

impl<'a> ProjectFiles<'a> {
    pub(super) fn new(files: &'a FileSet) -> Self {
        Self { paths: files.iter().map(|(path, _)| path.as_str()).collect(), files }
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.paths.contains(&path)
    }

    /// Returns the first file, in order, whose path begins like this and has no further folder; Python files come before others.
    pub(super) fn first(&self, beginning: &str) -> Option<&'a str> {
        let found = || {
            self.paths.iter().copied().filter(|path| {
                path.strip_prefix(beginning)
                    .is_some_and(|rest| !rest.contains('/') && !rest.ends_with(".pyc"))
            })
        };
        found().find(|path| path.ends_with(".py")).or_else(|| found().next())
    }

    /// Returns whether a file is UTF-8 text or does not exist.
    pub(super) fn is_text(&self, path: &str) -> bool {
        let content = self.files.iter().find(|(own, _)| own.as_str() == path).map(|(_, content)| content);
        content.is_none_or(|content| std::str::from_utf8(content).is_ok())
    }

    /// Returns the files beside the given one with the same name and another extension.
    pub(super) fn other_forms(&self, path: &str) -> Vec<&'a str> {
        let Some((stem, _)) = path.rsplit_once('.') else { return Vec::new() };
        let same = |other: &&str| {
            let ending = other.strip_prefix(stem).and_then(|rest| rest.strip_prefix('.'));
            *other != path && ending.is_some_and(|ending| !ending.contains(['/', '.']) && ending != "pyc")
        };
        self.paths.iter().copied().filter(same).collect()
    }

    /// Returns the files below a folder that have this extension.
    pub(super) fn below(&self, folder: &str, ending: &str) -> Vec<String> {
        let inside = self.paths.iter().filter(|path| path.starts_with(folder) && path.ends_with(ending));
        inside.map(|path| (*path).to_owned()).collect()
    }

    /// Returns the files at the top level that have one of these extensions.
    pub(super) fn at_the_top(&self, endings: &[&str]) -> Vec<&'a str> {
        let own = |path: &&str| !path.contains('/') && endings.iter().any(|ending| path.ends_with(ending));
        self.paths.iter().copied().filter(own).collect()
    }

    /// Returns the text of a file without a byte order mark; empty if it does not exist.
    pub(super) fn text(&self, path: &str) -> String {
        let content = self.files.iter().find(|(own, _)| own.as_str() == path).map(|(_, content)| content);
        let text = content.map(|content| String::from_utf8_lossy(content).into_owned()).unwrap_or_default();
        text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
    }

    /// Returns a description of the place where the project's Python code imports numpy or scipy, or where the project requires
    /// their installation; `None` if there is none.
    pub(super) fn numpy_need(&self) -> Option<String> {
        let requirements =
            self.files.iter().filter(|(path, _)| file_name(path.as_str()) == "requirements.txt");
        let asked = requirements.filter_map(|(path, content)| {
            let text = String::from_utf8_lossy(content);
            let (line, package) =
                text.lines().enumerate().find_map(|(line, text)| Some((line, numpy_requirement(text)?)))?;
            Some(format!("{path}, line {}: {package}", line + 1))
        });
        let modules = self.files.iter().filter(|(path, _)| path.as_str().ends_with(".py"));
        let imported = modules.filter_map(|(path, content)| {
            let found = numpy_imports(&String::from_utf8_lossy(content)).next()?;
            Some(format!("{path}, line {}: import of {}", found.line, found.package))
        });
        imported.chain(asked).next()
    }

    /// Returns the first of these files that exists.
    pub(super) fn settings(&self, names: &[&str]) -> Option<String> {
        names.iter().find(|name| self.has(name)).map(|name| (*name).to_owned())
    }

    /// Returns the value of the first key with this name in a settings file, at any level.
    pub(super) fn value(&self, settings: &str, name: &str) -> Option<String> {
        let text = self.text(settings);
        let own = yaml::keys(&text).into_iter().find(|key| key.path.rsplit('.').next() == Some(name));
        own.map(|key| key.value).or_else(|| yaml::inline(&text, name))
    }

    /// Returns the keys in a section of a settings file.
    pub(super) fn section(&self, settings: &str, name: &str) -> Vec<(String, String)> {
        let keys = yaml::keys(&self.text(settings));
        let inside = keys.into_iter().filter_map(|key| {
            let (above, own) = key.path.rsplit_once('.')?;
            (above.rsplit('.').next() == Some(name)).then(|| (own.to_owned(), key.value))
        });
        inside.collect()
    }
}

/// Returns numpy or scipy, if a line of `requirements.txt` requires it.
fn numpy_requirement(line: &str) -> Option<&'static str> {
    let name: String = line
        .trim()
        .chars()
        .take_while(|&letter| letter.is_alphanumeric() || "-_.".contains(letter))
        .collect();
    ["numpy", "scipy"].into_iter().find(|package| name.eq_ignore_ascii_case(package))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_needs_numpy_where_it_imports_it_or_asks_for_it() {
        let need = |path: &str, text: &str| {
            let files = FileSet::from_files([(path, text.as_bytes())]).unwrap();
            ProjectFiles::new(&files).numpy_need()
        };
        let found = need("evaluator.py", "def evaluate(path):\n    import numpy as np\n");
        assert_eq!(found.as_deref(), Some("evaluator.py, line 2: import of numpy"));
        for line in ["numpy", "numpy>=2.0", "NumPy == 2.4 ; python_version > '3'", " numpy[extra]"] {
            assert_eq!(
                need("eval/requirements.txt", line).as_deref(),
                Some("eval/requirements.txt, line 1: numpy"),
                "{line}"
            );
        }
        for (path, text) in [
            ("requirements.txt", "numpy-financial"),
            ("requirements.txt", "# numpy"),
            ("notes.md", "import numpy"),
        ] {
            assert_eq!(need(path, text), None, "{text}");
        }
    }
}
