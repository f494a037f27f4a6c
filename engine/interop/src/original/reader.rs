//! Reads the files of agents, generations and evaluations, and notes what is wrong with each.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Split;
use serde_json::Value;

use super::directory::{AgentFolder, EvaluationFolder, Generation, PREDICTIONS, Problem, number};
use super::generation::{self, Metadata};
use super::{csv, json};

/// Folders of evaluations of a generation.
const FOLDERS: [(&str, Split); 2] = [("eval_train", Split::Train), ("eval_val", Split::HeldOut)];
/// How files begin whose content is elsewhere.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/v1";

/// Reads files that lie below one folder.
pub(super) struct Reader<'a> {
    files: &'a FileSet,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(files: &'a FileSet) -> Self {
        Self { files, problems: Vec::new() }
    }

    /// Everything that was found to be wrong.
    pub(super) fn problems(self) -> Vec<Problem> {
        self.problems
    }

    fn note(&mut self, file: impl Into<String>, place: Option<String>, what: impl Into<String>) {
        self.problems.push(Problem { file: file.into(), place, what: what.into() });
    }

    /// Files whose content is elsewhere.
    pub(super) fn pointers(&mut self) {
        for (path, content) in self.files.iter().filter(|(_, content)| content.starts_with(LFS)) {
            let text = String::from_utf8_lossy(content);
            let size = text.lines().find_map(|line| line.strip_prefix("size ")).unwrap_or("?").to_owned();
            let what = format!(
                "it is a Git LFS pointer to {size} bytes that are not here; fetch them (git lfs pull) and import again"
            );
            self.note(path.as_str(), None, what);
        }
    }

    /// The content of a file, if it is there and no pointer.
    fn content(&self, path: &str) -> Option<&[u8]> {
        let content = self.files.get(&RelPath::new(path).ok()?)?;
        (!content.starts_with(LFS)).then_some(&**content)
    }

    fn has(&self, path: &str) -> bool {
        RelPath::new(path).is_ok_and(|path| self.files.get(&path).is_some())
    }

    fn json(&mut self, path: &str) -> Option<Value> {
        let parsed = json::parse(self.content(path)?);
        for (place, what) in parsed.problems {
            self.note(path, Some(place), what);
        }
        parsed.value
    }

    /// Lines of JSON; answers how many, and hands each to `take`.
    fn lines(&mut self, path: &str, mut take: impl FnMut(&mut Self, u64, &Value)) -> u64 {
        let Some(text) = self.content(path).map(|content| String::from_utf8_lossy(content).into_owned())
        else {
            return 0;
        };
        let mut count = 0;
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let parsed = json::parse(line.as_bytes());
            for (place, what) in parsed.problems {
                let place = format!("line {number}{}", place.strip_prefix("line 1").unwrap_or_default());
                self.note(path, Some(place), what.replace("the file", "the line"));
            }
            if let Some(value) = &parsed.value {
                count += 1;
                take(self, number, value);
            }
        }
        count
    }

    /// The files below a folder, or `None` if there are none.
    fn below(&self, folder: &str) -> Option<FileSet> {
        let mut found = FileSet::new();
        for (path, content) in self.files.iter() {
            let rest = path.as_str().strip_prefix(folder).and_then(|rest| RelPath::new(rest).ok());
            if let Some(rest) = rest {
                // The paths of a set do not conflict, and neither do their ends.
                drop(found.insert(rest, content.clone()));
            }
        }
        (!found.is_empty()).then_some(found)
    }

    pub(super) fn agent(&mut self, folder: String) -> AgentFolder {
        let config = self.json(&format!("{folder}run_config.json"));
        let summary = self.json(&format!("{folder}summary.json"));
        if !self.has(&format!("{folder}summary.json")) {
            self.note(format!("{folder}summary.json"), None, "it is missing: the run did not end");
        }
        let mut parts: BTreeMap<u64, FileSet> = BTreeMap::new();
        for (path, content) in self.files.iter() {
            let Some((name, rest)) =
                path.as_str().strip_prefix(&folder).and_then(|rest| rest.split_once('/'))
            else {
                continue;
            };
            if let (Some(number), Ok(rest)) = (number(name), RelPath::new(rest)) {
                drop(parts.entry(number).or_default().insert(rest, content.clone()));
            }
        }
        let generations: Vec<Generation> = parts
            .into_iter()
            .map(|(number, files)| {
                let mut inner = Reader::new(&files);
                let below = format!("{folder}gen_{number}/");
                let generation = inner.generation(number, &below);
                let prefixed = inner.problems.into_iter();
                self.problems
                    .extend(prefixed.map(|one| Problem { file: format!("{below}{}", one.file), ..one }));
                generation
            })
            .collect();
        let known: BTreeSet<u64> = generations.iter().map(|generation| generation.number).collect();
        let archive = format!("{folder}archive.jsonl");
        self.lines(&archive, |reader, line, value| {
            let named = value["archive"].as_array().into_iter().flatten().filter_map(Value::as_u64);
            if let Some(missing) = named.into_iter().find(|number| !known.contains(number)) {
                let what = format!("it names generation {missing}, which is not there");
                reader.note(archive.as_str(), Some(format!("line {line}")), what);
            }
        });
        let test = self.evaluation(Split::Test, &format!("{folder}test_eval/"), false);
        let named = config.as_ref().and_then(|config| config["agent_name"].as_str()).map(str::to_owned);
        let name =
            named.or_else(|| Some(folder.trim_end_matches('/').to_owned()).filter(|name| !name.is_empty()));
        AgentFolder { folder, name, config, summary, generations, test }
    }

    /// A generation, from the files of its folder alone; `folder` is where that is.
    fn generation(&mut self, number: u64, folder: &str) -> Generation {
        let raw = self.json("metadata.json");
        let mut metadata = Metadata::default();
        if let Some(raw) = &raw {
            let (read, problems) = generation::read(raw);
            metadata = read;
            for (field, what) in problems {
                self.note("metadata.json", Some(format!("field {field}")), what);
            }
        } else if !self.has("metadata.json") {
            self.note("metadata.json", None, "it is missing; whether the generation is valid is not known");
        }
        let mut evaluations = Vec::new();
        for prefix in ["", "lost/"] {
            for (name, split) in FOLDERS {
                for (more, staged) in [("", false), ("staged/", true)] {
                    let found = self.evaluation(split, &format!("{prefix}{name}/{more}"), staged);
                    evaluations.extend(
                        found
                            .map(|one| EvaluationFolder { folder: format!("{folder}{}", one.folder), ..one }),
                    );
                }
            }
        }
        let calls = self.lines("llm_calls.jsonl", |_, _, _| ());
        let (repo, lost) = (self.below("repo/"), self.below("lost/repo/"));
        if repo.is_none() {
            self.note("repo", None, "it is missing; the files of the generation are not known");
        }
        Generation { number, folder: folder.to_owned(), raw, metadata, repo, lost, evaluations, calls }
    }

    fn evaluation(&mut self, split: Split, folder: &str, staged: bool) -> Option<EvaluationFolder> {
        let (table, report) = (format!("{folder}{PREDICTIONS}"), format!("{folder}report.json"));
        if !self.has(&table) && !self.has(&report) {
            return None;
        }
        let mut predictions = false;
        if let Some(content) = self.content(&table) {
            let read = csv::read(content);
            predictions = read.column(csv::PREDICTION).is_some();
            if !predictions {
                let what =
                    format!("expected a column {:?}, found {:?}", csv::PREDICTION, read.columns.join(","));
                self.note(table.as_str(), Some("header line".to_owned()), what);
            }
            for (line, what) in read.problems {
                self.note(table.as_str(), Some(format!("line {line}")), what);
            }
        } else if !self.has(&table) {
            self.note(table, None, "it is missing; the report cannot be checked");
        }
        let report = self.json(&report);
        Some(EvaluationFolder { split, folder: folder.to_owned(), staged, predictions, report })
    }

    /// Entries that no layout has. They are kept like all others.
    pub(super) fn unknown(&mut self, agents: &[AgentFolder]) {
        let mut seen = BTreeSet::new();
        for (path, _) in self.files.iter() {
            let agent = agents.iter().find(|agent| path.as_str().starts_with(&agent.folder));
            let (folder, rest) = match agent {
                Some(agent) => (agent.folder.as_str(), &path.as_str()[agent.folder.len()..]),
                None => ("", path.as_str()),
            };
            let mut parts = rest.splitn(3, '/');
            let (first, second) = (parts.next().unwrap_or_default(), parts.next());
            let known = match (number(first).filter(|_| agent.is_some()), second) {
                (Some(_), Some(second)) => {
                    ["metadata.json", "repo", "lost", "eval_train", "eval_val", "llm_calls.jsonl"]
                        .contains(&second)
                }
                _ => [
                    "run_config.json",
                    "summary.json",
                    "archive.jsonl",
                    "test_eval",
                    "llm_calls.jsonl",
                    "markspace_metrics.json",
                    "markspace_telemetry.jsonl",
                ]
                .contains(&first),
            };
            let entry = match second.filter(|_| number(first).is_some()) {
                Some(second) => format!("{folder}{first}/{second}"),
                None => format!("{folder}{first}"),
            };
            if !known && seen.insert(entry.clone()) {
                self.note(entry, None, "it is not known what this is; it is kept as it is");
            }
        }
    }
}
