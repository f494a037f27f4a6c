//! Imports of numpy in Python sources: what has one needs the runtime that has numpy.

use hyperspace_core::FileSet;

/// An import of numpy in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NumpyImport {
    /// Its line, counted from 1.
    pub line: usize,
    /// True if it is indented, so that the module may do without it.
    pub is_nested: bool,
}

/// Returns the imports of numpy and of its modules in a source, in order. Sources are not parsed: a line of a text that looks like an
/// import counts as one.
pub fn numpy_imports(source: &str) -> impl Iterator<Item = NumpyImport> + '_ {
    source
        .lines()
        .enumerate()
        .filter(|(_, line)| line.split(';').any(is_import))
        .map(|(index, line)| NumpyImport { line: index + 1, is_nested: line.starts_with([' ', '\t']) })
}

/// Returns the place, in words, where one of these modules imports numpy whenever it is imported itself; `None` without one. Tests are no
/// part of modules.
#[must_use]
pub fn numpy_needed(modules: &FileSet) -> Option<String> {
    modules.iter().find_map(|(path, content)| numpy_need(path.as_str(), content))
}

/// As [`numpy_needed`], of one module.
pub(super) fn numpy_need(path: &str, content: &[u8]) -> Option<String> {
    let is_test = |part: &str| matches!(part, "tests" | "test" | "conftest.py") || part.starts_with("test_");
    if !path.ends_with(".py") || path.split('/').any(is_test) {
        return None;
    }
    let source = String::from_utf8_lossy(content);
    let found = numpy_imports(&source).find(|import| !import.is_nested)?;
    Some(format!("{path}, line {},", found.line))
}

fn is_import(statement: &str) -> bool {
    let statement = statement.trim();
    let is_numpy = |name: &str| name.trim().split(['.', ' ', '\t', '#']).next() == Some("numpy");
    let after = |word: &str| statement.strip_prefix(word).filter(|rest| rest.starts_with([' ', '\t']));
    after("from").is_some_and(is_numpy) || after("import").is_some_and(|names| names.split(',').any(is_numpy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_in_all_their_forms() {
        for source in [
            "import numpy",
            "import numpy as np",
            "from numpy import array",
            "from numpy.linalg import norm",
            "import sys, numpy.random as r",
            "import sys; import numpy",
            "import\tnumpy # fast",
        ] {
            let found: Vec<_> = numpy_imports(source).collect();
            assert_eq!(found, [NumpyImport { line: 1, is_nested: false }], "{source}");
        }
        let nested = "import sys\ntry:\n    import numpy as np\nexcept ImportError:\n    np = None\n";
        let found: Vec<_> = numpy_imports(nested).collect();
        assert_eq!(found, [NumpyImport { line: 3, is_nested: true }]);
        for source in [
            "import numpyro",
            "from numpy_financial import x",
            "important = numpy",
            "# import numpy",
            "x = 'numpy'",
        ] {
            assert_eq!(numpy_imports(source).count(), 0, "{source}");
        }
    }
}
