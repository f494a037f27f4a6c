//! The functions of a program, read from its text, for advice about calls of functions that do not exist.

use std::path::Path;

use hyperspace_sandbox::Outcome;

use crate::files::read_text;
use crate::nearest::did_you_mean;

/// Maximum number of functions that a message lists.
const LISTED_MAX: usize = 8;

/// Returns the advice for a function that the module of `file` does not have.
pub(super) fn missing_function(outcome: &Outcome, file: &Path, function: &str) -> Option<String> {
    let Outcome::Exception { exception, message } = outcome else { return None };
    let missing = format!("has no attribute '{function}'");
    if exception != "AttributeError" || !message.starts_with("module ") || !message.contains(&missing) {
        return None;
    }
    let path = if file.is_dir() { file.join("__init__.py") } else { file.to_path_buf() };
    if file.is_dir() && !path.is_file() {
        return Some(format!(
            "{0} has no __init__.py; name the file: call {0}/FILE.py {function}",
            file.display()
        ));
    }
    let text = read_text(&path).ok()?;
    let names: Vec<&str> = functions(&text).collect();
    let shown = path.file_name().unwrap_or_default().to_string_lossy();
    if names.is_empty() {
        return Some(format!("{shown} defines no function"));
    }
    let more = if names.len() > LISTED_MAX { ", …" } else { "" };
    let listed = names.iter().take(LISTED_MAX).copied().collect::<Vec<_>>().join(", ");
    let meant = did_you_mean(function, names).map(|meant| format!("; {meant}")).unwrap_or_default();
    Some(format!("{shown} defines {listed}{more}{meant}"))
}

/// Returns the names of the functions defined at the top level of a program, in order.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let line = line.strip_prefix("async ").map_or(line, str::trim_start);
        let name = line.strip_prefix("def ")?.trim_start();
        let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
        Some(&name[..end]).filter(|name| !name.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_name_is_answered_with_the_names_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cand.py");
        std::fs::write(&file, "def solve(n):\n    def inner(): pass\nasync def boom(): pass\nx = 1\n")
            .unwrap();
        let failed = |exception: &str, message: &str| Outcome::Exception {
            exception: exception.to_owned(),
            message: message.to_owned(),
        };
        let missing = failed("AttributeError", "module 'cand' has no attribute 'sovle'");
        let hint = missing_function(&missing, &file, "sovle");
        assert_eq!(hint.as_deref(), Some("cand.py defines solve, boom; did you mean solve?"));
        let other = failed("AttributeError", "'int' object has no attribute 'sovle'");
        assert_eq!(missing_function(&other, &file, "sovle"), None);
        assert_eq!(missing_function(&failed("ValueError", "x"), &file, "solve"), None);
    }
}
