//! Arguments of git's commands: options, and paths relative to the tree.

use super::GitError;
use super::repository::Repository;

/// Returns a path as an absolute one, without `.` and `..`.
pub(super) fn join(folder: &str, path: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Returns a path below the tree of a repository; empty for the tree itself.
pub(super) fn in_tree(repository: &Repository, folder: &str, path: &str) -> Result<String, GitError> {
    let whole = join(folder, path);
    let outside = || GitError::fatal(&format!("{path}: '{path}' is outside repository at '{}'", repository.root));
    let rest = whole.strip_prefix(&repository.root).ok_or_else(outside)?;
    match rest.strip_prefix('/') {
        Some(rest) => Ok(rest.to_owned()),
        None if rest.is_empty() => Ok(String::new()),
        None => Err(outside()),
    }
}

/// Paths that a command is limited to; none means all.
pub(super) struct Pathspecs(Vec<String>);

impl Pathspecs {
    pub(super) fn of(repository: &Repository, folder: &str, paths: &[String]) -> Result<Self, GitError> {
        paths.iter().map(|path| in_tree(repository, folder, path)).collect::<Result<_, _>>().map(Self)
    }

    /// Returns whether a path is one of these, or below one.
    pub(super) fn contain(&self, path: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|spec| holds(spec, path))
    }
}

/// Returns whether a path is `spec` or below it.
pub(super) fn holds(spec: &str, path: &str) -> bool {
    spec.is_empty() || path.strip_prefix(spec).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Options, and everything else. `--` ends the options.
pub(super) struct Parsed<'a> {
    pub(super) options: Vec<(&'a str, Option<&'a str>)>,
    pub(super) others: Vec<String>,
    /// Number of `others` before `--`, if there is one.
    pub(super) before_dashes: Option<usize>,
}

impl<'a> Parsed<'a> {
    /// Parses arguments. `flags` are options without a value, `valued` those with one; each is a short or a long form. Short flags
    /// may be written together.
    pub(super) fn of(
        command: &str,
        arguments: &'a [String],
        flags: &[&'a str],
        valued: &[&'a str],
    ) -> Result<Self, GitError> {
        let mut parsed = Self { options: Vec::new(), others: Vec::new(), before_dashes: None };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let text = argument.as_str();
            if text == "--" {
                parsed.before_dashes = Some(parsed.others.len());
                parsed.others.extend(rest.cloned());
                return Ok(parsed);
            }
            if !text.starts_with('-') || text == "-" {
                parsed.others.push(text.to_owned());
            } else if let Some(flag) = flags.iter().find(|flag| **flag == text) {
                parsed.options.push((flag, None));
            } else if let Some(option) = valued.iter().find(|option| **option == text) {
                let value = rest.next().ok_or_else(|| {
                    GitError::plain(&format!("error: option `{}' requires a value", text.trim_start_matches('-')), 129)
                })?;
                parsed.options.push((option, Some(value)));
            } else if !parsed.attached(text, flags, valued) && !parsed.bundle(text, flags, valued, &mut rest) {
                let name = text.trim_start_matches('-');
                return Err(GitError::plain(&format!("error: unknown option `{name}' of git {command} here"), 129));
            }
        }
        Ok(parsed)
    }

    /// Takes `--name=value` and `-n5`.
    fn attached(&mut self, text: &'a str, flags: &[&'a str], valued: &[&'a str]) -> bool {
        if let Some((name, value)) = text.split_once('=')
            && let Some(option) = valued.iter().chain(flags).find(|option| **option == name)
        {
            self.options.push((option, Some(value)));
            return true;
        }
        let short = valued.iter().find(|option| option.len() == 2 && text.starts_with(**option));
        short.is_some_and(|option| {
            self.options.push((option, Some(&text[2..])));
            true
        })
    }

    /// Takes short flags written together, such as `-am`; the last may have a value.
    fn bundle(
        &mut self,
        text: &'a str,
        flags: &[&'a str],
        valued: &[&'a str],
        rest: &mut std::slice::Iter<'a, String>,
    ) -> bool {
        if text.starts_with("--") {
            return false;
        }
        let short = |list: &[&'a str], letter: char| {
            list.iter().copied().find(|option| option.len() == 2 && option.ends_with(letter))
        };
        let mut letters = text[1..].chars().peekable();
        let mut found = Vec::new();
        while let Some(letter) = letters.next() {
            if let Some(flag) = short(flags, letter) {
                found.push((flag, None));
            } else if let (Some(option), None) = (short(valued, letter), letters.peek()) {
                let Some(value) = rest.next() else { return false };
                found.push((option, Some(value.as_str())));
            } else {
                return false;
            }
        }
        self.options.append(&mut found);
        true
    }

    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.options.iter().any(|(name, _)| names.contains(name))
    }

    /// Returns the last value of an option.
    pub(super) fn value(&self, names: &[&str]) -> Option<&'a str> {
        self.options.iter().rev().find(|(name, _)| names.contains(name)).and_then(|(_, value)| *value)
    }
}
