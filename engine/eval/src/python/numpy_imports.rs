//! Finds imports of numpy and scipy in Python sources: code with such an import needs the runtime that has them.

use hyperspace_core::FileSet;

/// An import of numpy or scipy in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NumpyImport {
    /// `numpy` or `scipy`.
    pub package: &'static str,
    /// The line number, starting at 1.
    pub line: usize,
    /// True if it is indented, so that the module may work without it.
    pub is_nested: bool,
}

/// Returns the imports of numpy, scipy and their modules in a source, in order. Sources are not parsed: a line in a string that looks
/// like an import counts as one.
pub fn numpy_imports(source: &str) -> impl Iterator<Item = NumpyImport> + '_ {
    source
        .lines()
        .enumerate()
        .filter_map(|(index, line)| Some((index, line, line.split(';').find_map(imported)?)))
        .map(|(index, line, package)| NumpyImport {
            package,
            line: index + 1,
            is_nested: line.starts_with([' ', '\t']),
        })
}

/// Returns a description of the place where one of these modules imports numpy or scipy whenever it is imported itself, naming the
/// package; `None` if there is none. Tests do not count as modules.
#[must_use]
pub fn numpy_needed(modules: &FileSet) -> Option<String> {
    modules.iter().find_map(|(path, content)| numpy_need(path.as_str(), content))
}

/// Does the same as [`numpy_needed`] for one module.
pub(super) fn numpy_need(path: &str, content: &[u8]) -> Option<String> {
    let is_test = |part: &str| matches!(part, "tests" | "test" | "conftest.py") || part.starts_with("test_");
    if !path.ends_with(".py") || path.split('/').any(is_test) {
        return None;
    }
    let source = String::from_utf8_lossy(content);
    let found = numpy_imports(&source).find(|import| !import.is_nested)?;
    Some(format!("{path}, line {}, imports {}", found.line, found.package))
}

/// Returns the package of the science runtime that a statement imports.
fn imported(statement: &str) -> Option<&'static str> {
    let statement = statement.trim();
    let package = |name: &str| {
        let name = name.trim().split(['.', ' ', '\t', '#']).next();
        ["numpy", "scipy"].into_iter().find(|&package| name == Some(package))
    };
    let after = |word: &str| statement.strip_prefix(word).filter(|rest| rest.starts_with([' ', '\t']));
    after("from").and_then(package).or_else(|| after("import")?.split(',').find_map(package))
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
            assert_eq!(found, [NumpyImport { package: "numpy", line: 1, is_nested: false }], "{source}");
        }
        let scipy: Vec<_> = numpy_imports("from scipy.optimize import minimize").collect();
        assert_eq!(scipy, [NumpyImport { package: "scipy", line: 1, is_nested: false }]);
        let nested = "import sys\ntry:\n    import numpy as np\nexcept ImportError:\n    np = None\n";
        let found: Vec<_> = numpy_imports(nested).collect();
        assert_eq!(found, [NumpyImport { package: "numpy", line: 3, is_nested: true }]);
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
