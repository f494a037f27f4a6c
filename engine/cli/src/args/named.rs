//! The words of a command line that may name files, for the confinement of the process.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;

/// Commands with flags whose value is a file or folder that the command creates.
const MADE: [(&str, &str); 9] = [
    ("champion", "to"),
    ("export", "to"),
    ("report", "to"),
    ("task", "dir"),
    ("import", "out"),
    ("eval", "cassette"),
    ("evolve", "cassette"),
    ("study", "cassette"),
    ("study", "to"),
];

/// Flags that make a command call models.
const MODELS: [&str; 3] = ["model", "models", "eval_model"];

/// Commands that use sockets whatever their flags are: `resume` continues runs with models, `attack` tries hostile providers,
/// `models` asks servers, and `transfer` plays scripted models.
const NETWORK: [&str; 7] = ["resume", "chat", "serve", "stub-model", "attack", "models", "transfer"];

/// Commands that create a store if there is none.
const MAKES_STORE: [&str; 6] = ["evolve", "import", "mcp", "serve", "study", "transfer"];

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct NamedFiles {
    /// Names of the command and its subcommand.
    commands: Vec<String>,
    /// Words that name something that exists.
    existing: Vec<PathBuf>,
    /// The files and folders that the command creates.
    made: Vec<PathBuf>,
    /// Arguments that a flag or a variable gives, with the names of settings.
    given: BTreeSet<String>,
    models: bool,
    leaks: bool,
}

impl NamedFiles {
    /// Collects the words of a command line.
    pub(super) fn of(mut matches: &ArgMatches) -> Self {
        let mut named = Self::default();
        loop {
            named.collect(matches);
            match matches.subcommand() {
                Some((name, inner)) => {
                    named.commands.push(name.to_owned());
                    matches = inner;
                }
                None => return named,
            }
        }
    }

    fn collect(&mut self, matches: &ArgMatches) {
        let command = self.commands.last().cloned().unwrap_or_default();
        for id in matches.ids() {
            let values = matches.try_get_raw(id.as_str()).ok().flatten();
            let values: Vec<OsString> = values.into_iter().flatten().map(OsString::from).collect();
            let source = matches.value_source(id.as_str());
            let given = source == Some(ValueSource::CommandLine);
            if given || source == Some(ValueSource::EnvVariable) {
                self.given.insert(id.as_str().replace('_', "-"));
            }
            self.models |= given && MODELS.contains(&id.as_str()) && !values.is_empty();
            self.leaks |= given && id.as_str() == "self_test";
            if MADE.contains(&(command.as_str(), id.as_str())) {
                self.made.extend(values.iter().map(PathBuf::from));
            }
            self.existing.extend(values.iter().map(PathBuf::from).filter(|path| path.exists()));
        }
    }

    /// Returns the paths among the words that exist, which may be read.
    pub(crate) fn existing(&self) -> &[PathBuf] {
        &self.existing
    }

    /// Returns the places in which the command creates its output: the file or folder if it exists, and otherwise the nearest
    /// existing folder above it.
    pub(crate) fn places(&self) -> impl Iterator<Item = PathBuf> {
        self.made.iter().filter_map(|path| {
            let found = path.ancestors().find(|above| above.as_os_str().is_empty() || above.exists())?;
            Some(if found.as_os_str().is_empty() {
                PathBuf::from(Path::new("."))
            } else {
                found.to_path_buf()
            })
        })
    }

    /// Returns the settings that a flag or a variable gives.
    pub(crate) fn given(&self) -> &BTreeSet<String> {
        &self.given
    }

    /// Returns whether the command line alone shows that sockets are needed.
    pub(crate) fn needs_network(&self) -> bool {
        self.models || self.commands.iter().any(|command| NETWORK.contains(&command.as_str()))
    }

    /// Returns whether this is one of the commands that call the models of the settings file.
    pub(crate) fn uses_settings(&self) -> bool {
        ["evolve", "eval", "mcp", "serve", "study"].iter().any(|command| self.is(command))
    }

    /// Returns whether the command creates a store if there is none.
    pub(crate) fn makes_store(&self) -> bool {
        self.commands.first().is_some_and(|command| MAKES_STORE.contains(&command.as_str()))
    }

    /// Returns whether this is the self-test of the attack suite, which plants leaks such as a child process.
    pub(crate) fn plants_leaks(&self) -> bool {
        self.leaks
    }

    /// Returns whether this is the named command.
    pub(crate) fn is(&self, command: &str) -> bool {
        self.commands.first().is_some_and(|first| first == command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(line: &[&str]) -> NamedFiles {
        let line = std::iter::once("hyperspace").chain(line.iter().copied());
        NamedFiles::of(&super::super::command().try_get_matches_from(line).unwrap())
    }

    #[test]
    fn files_that_exist_are_read_and_those_that_are_made_are_written_where_they_are() {
        let eval = named(&["eval", "--agent", "src", "--cassette", "src/none.jsonl"]);
        assert!(eval.existing().contains(&PathBuf::from("src")));
        assert_eq!(eval.places().collect::<Vec<_>>(), [PathBuf::from("src")]);
        let new = named(&["new", "task", "none-such"]);
        assert_eq!(new.places().collect::<Vec<_>>(), [PathBuf::from(".")]);
        assert!(!new.makes_store());
        assert_eq!(named(&["import", "src"]).places().count(), 0);
    }

    #[test]
    fn only_commands_that_call_models_need_the_network() {
        for line in [&["evolve"][..], &["replay", "x"], &["fsck"], &["doctor"], &["exec", "x.py"], &["eval"]]
        {
            assert!(!named(line).needs_network(), "{line:?}");
        }
        for line in [&["evolve", "--model", "m"][..], &["doctor", "--model", "m"], &["attack"], &["resume"]] {
            assert!(named(line).needs_network(), "{line:?}");
        }
    }
}
