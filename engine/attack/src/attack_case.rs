//! The header of an attack: the comment lines at the beginning of its file.
//!
//! ```text
//! # T-FS-01: reads a file of the host by its absolute path
//! # held by: engine/sandbox/src/markfs/lookup.rs
//! # ends: completed
//! # prints: 44
//! ```
//!
//! `held by` and `ends` are required. Each `prints` is one line of standard output, `prints: *` accepts any output, and no
//! `prints` means empty output. `refusals` and `changes` default to 0, and `refusals: *` accepts any number. `limits` overrides
//! limits of the room, `as` names the task on which an agent is evaluated, `also` another file of the agent that has the same
//! text, and `with: tools` adds the editor and the shell of a meta agent to the room.

use hyperspace_sandbox::Limits;
use thiserror::Error;

/// The way in which an attack is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttackKind {
    /// As a program in the room of the attacks.
    Program,
    /// As a program in the same room, with the tools of a meta agent behind its door.
    WithTools,
    /// As the agent of this small task: `packing`, `cap-set`, `circles`, `rows`, `labels` or `evaluator`.
    Agent(String),
}

/// The required result of an attack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The required end, for example `completed` or `exception ValueError`.
    pub end: String,
    /// Standard output; `None` accepts any.
    pub stdout: Option<String>,
    /// Number of refusals; `None` accepts any.
    pub refusals: Option<u64>,
    /// Number of changed files in the writable folder.
    pub changes: usize,
}

/// One attack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttackCase {
    /// Its id, for example `T-CPU-01`.
    pub id: &'static str,
    /// One line that says what the attack tries.
    pub title: &'static str,
    /// The file that contains the attack, as a path from the root of the repository.
    pub held_by: &'static str,
    /// The way in which it is run.
    pub kind: AttackKind,
    /// Another file of the agent that has the same text.
    pub also: Option<&'static str>,
    /// Limits of the room that it overrides, by field.
    pub limits: Vec<(&'static str, u64)>,
    /// The required result.
    pub expected: Expectation,
    /// The whole file, header included.
    pub source: &'static str,
}

/// A header that cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{id}: {why}")]
pub struct HeaderError {
    id: String,
    why: String,
}

impl AttackCase {
    /// Parses the header of an attack.
    ///
    /// # Errors
    ///
    /// [`HeaderError`] for a missing or unknown key.
    pub fn parse(id: &'static str, source: &'static str) -> Result<Self, HeaderError> {
        let error = |why: String| HeaderError { id: id.to_owned(), why };
        let mut lines = source.lines().map_while(|line| line.strip_prefix("# "));
        let first = lines.next().and_then(|line| line.split_once(": "));
        let title = match first {
            Some((found, title)) if found == id => title,
            _ => return Err(error("the first line must be `# id: what it tries`".to_owned())),
        };
        let (mut held_by, mut ends, mut stdout, mut any_output) = (None, None, String::new(), false);
        let (mut refusals, mut changes, mut limits, mut kind) = (Some(0), 0, Vec::new(), AttackKind::Program);
        let mut also = None;
        for line in lines {
            let (key, value) = line.split_once(':').ok_or_else(|| error(format!("{line:?} has no key")))?;
            let value = value.strip_prefix(' ').unwrap_or(value);
            let number = || value.parse::<u64>().map_err(|_| error(format!("{key}: {value:?} is no number")));
            match key {
                "held by" => held_by = Some(value),
                "ends" => ends = Some(value.to_owned()),
                "prints" if value == "*" => any_output = true,
                "prints" => {
                    stdout.push_str(value);
                    stdout.push('\n');
                }
                "refusals" if value == "*" => refusals = None,
                "refusals" => refusals = Some(number()?),
                "changes" => changes = usize::try_from(number()?).unwrap_or(usize::MAX),
                "limits" => {
                    limits = read_limits(value).ok_or_else(|| error(format!("limits: {value:?}")))?;
                }
                "also" => also = Some(value),
                "with" if value == "tools" => kind = AttackKind::WithTools,
                "as" => {
                    let task = value.strip_prefix("agent of ");
                    let task = task.ok_or_else(|| error(format!("as: {value:?}")))?;
                    kind = AttackKind::Agent(task.to_owned());
                }
                other => return Err(error(format!("unknown key {other:?}"))),
            }
        }
        Ok(Self {
            id,
            title,
            held_by: held_by.ok_or_else(|| error("`held by` is missing".to_owned()))?,
            kind,
            also,
            limits,
            expected: Expectation {
                end: ends.ok_or_else(|| error("`ends` is missing".to_owned()))?,
                stdout: (!any_output).then_some(stdout),
                refusals,
                changes,
            },
            source,
        })
    }

    /// Returns the group, for example `CPU` of `T-CPU-01`.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.id.split('-').nth(1).unwrap_or_default()
    }

    /// Applies the overridden limits. The error is the name of a limit that does not exist.
    pub(crate) fn limit(&self, mut limits: Limits) -> Result<Limits, &'static str> {
        for &(name, value) in &self.limits {
            let field = match name {
                "fuel" => &mut limits.fuel,
                "memory_bytes" => &mut limits.memory_bytes,
                "output_bytes" => &mut limits.output_bytes,
                "result_bytes" => &mut limits.result_bytes,
                "file_bytes" => &mut limits.file_bytes,
                "files" => &mut limits.files,
                "descriptors" => &mut limits.descriptors,
                "host_calls" => &mut limits.host_calls,
                "wall_clock_ms" => &mut limits.wall_clock_ms,
                unknown => return Err(unknown),
            };
            *field = value;
        }
        Ok(limits)
    }
}

fn read_limits(text: &'static str) -> Option<Vec<(&'static str, u64)>> {
    text.split(' ')
        .map(|part| {
            let (name, value) = part.split_once('=')?;
            Some((name, value.replace('_', "").parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_what_must_come() {
        let source = "# T-X-01: tries\n# held by: a.rs\n# ends: exit 3\n# prints: a: b\n# prints:\n# limits: fuel=1_000\n\nx = 1\n";
        let case = AttackCase::parse("T-X-01", source).unwrap();
        assert_eq!((case.group(), case.title, case.held_by), ("X", "tries", "a.rs"));
        assert_eq!(case.expected.stdout.as_deref(), Some("a: b\n\n"));
        assert_eq!((case.expected.end.as_str(), case.limits), ("exit 3", vec![("fuel", 1_000)]));
    }

    #[test]
    fn a_broken_header_is_named() {
        let refused = |source| AttackCase::parse("T-X-01", source).unwrap_err().to_string();
        assert_eq!(refused("# T-X-02: a\n"), "T-X-01: the first line must be `# id: what it tries`");
        assert_eq!(refused("# T-X-01: a\n# ends: completed\n"), "T-X-01: `held by` is missing");
        assert_eq!(refused("# T-X-01: a\n# end: completed\n"), "T-X-01: unknown key \"end\"");
    }
}
