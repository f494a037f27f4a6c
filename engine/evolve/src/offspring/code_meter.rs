//! The size of a candidate's code while edits are made in it, against the limits of the run.

use std::collections::BTreeMap;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::CodeLimits;
use hyperspace_source::{SyntaxTree, complexity};

/// The size of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct FileSize {
    bytes: u64,
    nodes: u64,
    complexity: u64,
}

/// Measures the files of a candidate, and refuses edits that exceed a limit.
#[derive(Debug)]
pub(crate) struct CodeMeter {
    limits: CodeLimits,
    files: BTreeMap<RelPath, FileSize>,
}

/// An edit within the limits, kept so that it can be taken back if it is refused for another reason.
#[derive(Debug)]
pub(crate) struct MeteredEdit {
    path: RelPath,
    before: Option<FileSize>,
}

impl CodeMeter {
    /// Returns the meter of a candidate with these files, or `None` in a run without limits.
    pub(crate) fn new(limits: &CodeLimits, files: &FileSet) -> Option<Self> {
        if limits.is_empty() {
            return None;
        }
        let size = |(path, bytes): (&RelPath, &std::sync::Arc<[u8]>)| {
            // A file that cannot be counted was there before; whatever replaces it is counted.
            (
                path.clone(),
                size(path, bytes).unwrap_or(FileSize { bytes: bytes.len() as u64, ..FileSize::default() }),
            )
        };
        Some(Self { limits: limits.clone(), files: files.iter().map(size).collect() })
    }

    /// Makes an edit. The error is the exceeded limit with the number, and nothing has changed then.
    pub(crate) fn make(&mut self, path: &RelPath, content: Option<&[u8]>) -> Result<MeteredEdit, String> {
        let before = self.files.get(path).copied();
        let Some(content) = content else {
            self.files.remove(path);
            return Ok(MeteredEdit { path: path.clone(), before });
        };
        let after = size(path, content)?;
        self.check(before.unwrap_or_default(), after)?;
        self.files.insert(path.clone(), after);
        Ok(MeteredEdit { path: path.clone(), before })
    }

    /// Takes an edit back.
    pub(crate) fn take_back(&mut self, edit: MeteredEdit) {
        match edit.before {
            Some(before) => self.files.insert(edit.path, before),
            None => self.files.remove(&edit.path),
        };
    }

    fn check(&self, before: FileSize, after: FileSize) -> Result<(), String> {
        let total = |of: fn(&FileSize) -> u64| self.files.values().map(of).sum::<u64>();
        let tree = |of: fn(&FileSize) -> u64| {
            let was = total(of);
            (was, was - of(&before).min(was) + of(&after))
        };
        let (nodes, bytes) = (tree(|file| file.nodes), tree(|file| file.bytes));
        for (words, limit, (was, now)) in [
            ("the file has {} nodes", self.limits.file_nodes, (before.nodes, after.nodes)),
            (
                "the file has a complexity of {}",
                self.limits.complexity,
                (before.complexity, after.complexity),
            ),
            ("the files of the candidate have {} nodes together", self.limits.tree_nodes, nodes),
            ("the files of the candidate have {} bytes together", self.limits.tree_bytes, bytes),
        ] {
            if let Some(limit) = limit.filter(|limit| now > (*limit).max(was)) {
                return Err(format!("{}; the run allows {limit}", words.replace("{}", &now.to_string())));
            }
        }
        Ok(())
    }
}

/// Returns the size of a file. The error is the reason why a Python file cannot be counted.
fn size(path: &RelPath, content: &[u8]) -> Result<FileSize, String> {
    let bytes = content.len() as u64;
    if !path.as_str().ends_with(".py") {
        return Ok(FileSize { bytes, ..FileSize::default() });
    }
    let text = std::str::from_utf8(content).map_err(|_| "it is not UTF-8".to_owned());
    let tree = text.and_then(|text| SyntaxTree::parse(text).map_err(|error| error.to_string()));
    let tree = tree
        .map_err(|why| format!("the run limits the size of code, and this file cannot be counted: {why}"))?;
    Ok(FileSize { bytes, nodes: tree.nodes() as u64, complexity: complexity(&tree) as u64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    #[test]
    fn edits_beyond_a_limit_are_refused_with_the_number() {
        let files =
            FileSet::from_files([(path("a.py"), b"x = 1\n".to_vec()), (path("b.txt"), b"12345678".to_vec())])
                .unwrap();
        let limits = CodeLimits {
            file_nodes: Some(10),
            tree_nodes: Some(14),
            tree_bytes: Some(60),
            complexity: Some(2),
        };
        let mut meter = CodeMeter::new(&limits, &files).unwrap();
        let refused = |meter: &mut CodeMeter, name: &str, text: &str| {
            meter.make(&path(name), Some(text.as_bytes())).unwrap_err()
        };
        assert_eq!(
            refused(&mut meter, "a.py", "x = [1, 2, 3, 4, 5, 6]\n"),
            "the file has 11 nodes; the run allows 10"
        );
        assert_eq!(
            refused(&mut meter, "a.py", "x = a if b else c or d\n"),
            "the file has a complexity of 3; the run allows 2"
        );
        assert_eq!(
            refused(&mut meter, "c.py", "x = [1, 2, 3, 4, 5]\n"),
            "the files of the candidate have 15 nodes together; the run allows 14"
        );
        assert_eq!(
            refused(&mut meter, "c.txt", &"a".repeat(50)),
            "the files of the candidate have 64 bytes together; the run allows 60"
        );
        assert!(refused(&mut meter, "c.py", "def (").contains("line 1 is not Python"));
        assert!(refused(&mut meter, "c.py", "x = '\u{0}").contains("cannot be counted"));
        let edit = meter.make(&path("c.py"), Some(b"x = [1, 2, 3]\n")).unwrap();
        meter.take_back(edit);
        meter.make(&path("a.py"), None).unwrap();
        meter.make(&path("c.py"), Some(b"x = [1, 2, 3, 4, 5]\n")).unwrap();
    }

    #[test]
    fn what_was_larger_before_may_stay_and_shrink() {
        let files = FileSet::from_files([(path("a.py"), b"x = [1, 2, 3, 4]\n".to_vec())]).unwrap();
        let limits = CodeLimits { file_nodes: Some(5), ..CodeLimits::default() };
        let mut meter = CodeMeter::new(&limits, &files).unwrap();
        assert!(meter.make(&path("a.py"), Some(b"x = [1, 2, 3, 4, 5]\n")).is_err());
        meter.make(&path("a.py"), Some(b"x = [1, 2, 3, 9]\n")).unwrap();
        meter.make(&path("a.py"), Some(b"x = [1, 2, 3]\n")).unwrap();
        assert!(CodeMeter::new(&CodeLimits::default(), &files).is_none());
    }
}
