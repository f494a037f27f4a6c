//! Reads the files of agents, generations and evaluations, and collects their defects.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Split;
use hyperspace_evolve::TournamentSide;
use serde_json::Value;

use super::folder::{AgentFolder, ContestantFolder, EvaluationFolder, GenerationFolder, PREDICTIONS};
use super::metadata::{self, Metadata};
use super::predictions::PREDICTION;
use super::{json, predictions};
use crate::defect::{Defect, DefectNote};

/// Folders of evaluations of a generation.
const FOLDERS: [(&str, Split); 2] = [("eval_train", Split::Train), ("eval_val", Split::HeldOut)];
/// Folders of a tournament's contestants.
const CONTESTANTS: [(&str, TournamentSide); 2] =
    [("blind/", TournamentSide::Blind), ("directed/", TournamentSide::Directed)];
/// The first bytes of a Git LFS pointer.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/v1";

/// Returns the number of a folder `gen_N`, written as the original does.
#[must_use]
pub fn generation_number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("gen_")?;
    let number: u64 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

/// Reads the files below one folder.
pub(super) struct FolderReader<'a> {
    files: &'a FileSet,
    defects: Vec<Defect>,
}

impl<'a> FolderReader<'a> {
    pub(super) fn new(files: &'a FileSet) -> Self {
        Self { files, defects: Vec::new() }
    }

    /// Returns all defects found.
    pub(super) fn defects(self) -> Vec<Defect> {
        self.defects
    }

    fn note(&mut self, file: impl Into<String>, place: Option<String>, what: impl Into<String>) {
        self.defects.push(Defect { file: file.into(), place, what: what.into() });
    }

    /// Reports files whose content is elsewhere.
    pub(super) fn pointers(&mut self) {
        for (path, content) in self.files.iter().filter(|(_, content)| content.starts_with(LFS)) {
            let text = String::from_utf8_lossy(content);
            let size = text.lines().find_map(|line| line.strip_prefix("size ")).unwrap_or("?").to_owned();
            let what = format!(
                "Git LFS pointer to {size} bytes that are missing; run `git lfs pull` and import again"
            );
            self.note(path.as_str(), None, what);
        }
    }

    /// Reads the measurements of a mark space in a folder, and reports those that cannot be read.
    pub(super) fn measurements(&mut self, folder: &str) {
        self.json(&format!("{folder}markspace_metrics.json"));
        self.lines(&format!("{folder}markspace_telemetry.jsonl"), |_, _, _| ());
    }

    /// Returns the content of a file, unless it is missing or a pointer.
    fn content(&self, path: &str) -> Option<&[u8]> {
        let content = self.files.get(&RelPath::new(path).ok()?)?;
        (!content.starts_with(LFS)).then_some(&**content)
    }

    fn has(&self, path: &str) -> bool {
        RelPath::new(path).is_ok_and(|path| self.files.get(&path).is_some())
    }

    fn json(&mut self, path: &str) -> Option<Value> {
        let parsed = json::parse(self.content(path)?);
        for DefectNote { place, what } in parsed.findings {
            self.note(path, Some(place), what);
        }
        parsed.value
    }

    /// Reads lines of JSON, passes each to `take`, and returns their number.
    fn lines(&mut self, path: &str, mut take: impl FnMut(&mut Self, u64, &Value)) -> u64 {
        let Some(text) = self.content(path).map(|content| String::from_utf8_lossy(content).into_owned())
        else {
            return 0;
        };
        let mut count = 0;
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let parsed = json::parse(line.as_bytes());
            for DefectNote { place, what } in parsed.findings {
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

    /// Returns the files below a folder, or `None` if there are none.
    fn below(&self, folder: &str) -> Option<FileSet> {
        let mut found = FileSet::new();
        for (path, content) in self.files.iter() {
            let rest = path.as_str().strip_prefix(folder).and_then(|rest| RelPath::new(rest).ok());
            if let Some(rest) = rest {
                // The paths of a set do not conflict, so neither do the ends of paths.
                drop(found.insert(rest, content.clone()));
            }
        }
        (!found.is_empty()).then_some(found)
    }

    /// Reads the files of the agent in `folder`.
    pub(super) fn agent(&mut self, folder: String) -> AgentFolder {
        let config = self.json(&format!("{folder}run_config.json"));
        let summary = self.json(&format!("{folder}summary.json"));
        if !self.has(&format!("{folder}summary.json")) {
            self.note(format!("{folder}summary.json"), None, "missing: the run did not finish");
        }
        let mut parts: BTreeMap<u64, FileSet> = BTreeMap::new();
        for (path, content) in self.files.iter() {
            let Some((name, rest)) =
                path.as_str().strip_prefix(&folder).and_then(|rest| rest.split_once('/'))
            else {
                continue;
            };
            if let (Some(number), Ok(rest)) = (generation_number(name), RelPath::new(rest)) {
                drop(parts.entry(number).or_default().insert(rest, content.clone()));
            }
        }
        let generations: Vec<GenerationFolder> = parts
            .into_iter()
            .map(|(number, files)| {
                let mut inner = FolderReader::new(&files);
                let below = format!("{folder}gen_{number}/");
                let generation = inner.generation(number, &below);
                let prefixed = inner.defects.into_iter();
                self.defects
                    .extend(prefixed.map(|one| Defect { file: format!("{below}{}", one.file), ..one }));
                generation
            })
            .collect();
        let known: BTreeSet<u64> = generations.iter().map(|generation| generation.number).collect();
        let archive = format!("{folder}archive.jsonl");
        self.lines(&archive, |reader, line, value| {
            let named = value["archive"].as_array().into_iter().flatten().filter_map(Value::as_u64);
            if let Some(missing) = named.into_iter().find(|number| !known.contains(number)) {
                let what = format!("names generation {missing}, which does not exist");
                reader.note(archive.as_str(), Some(format!("line {line}")), what);
            }
        });
        let test = self.evaluation(Split::Test, &format!("{folder}test_eval/"), false);
        let named = config.as_ref().and_then(|config| config["agent_name"].as_str()).map(str::to_owned);
        let name =
            named.or_else(|| Some(folder.trim_end_matches('/').to_owned()).filter(|name| !name.is_empty()));
        AgentFolder { folder, name, config, summary, generations, test }
    }

    /// Reads a generation from the files of its folder; `folder` is its path.
    fn generation(&mut self, number: u64, folder: &str) -> GenerationFolder {
        let raw = self.json("metadata.json");
        let mut metadata = Metadata::default();
        if let Some(raw) = &raw {
            let (read, findings) = metadata::read(raw);
            metadata = read;
            for DefectNote { place, what } in findings {
                self.note("metadata.json", Some(format!("field {place}")), what);
            }
        } else if !self.has("metadata.json") {
            self.note("metadata.json", None, "missing; the generation's validity is unknown");
        }
        let mut evaluations = Vec::new();
        let sides = CONTESTANTS.map(|(prefix, side)| (prefix, Some(side)));
        for (prefix, contestant) in [("", None), ("lost/", None)].into_iter().chain(sides) {
            for (name, split) in FOLDERS {
                for (more, staged) in [("", false), ("staged/", true)] {
                    let found = self.evaluation(split, &format!("{prefix}{name}/{more}"), staged);
                    evaluations.extend(found.map(|one| EvaluationFolder {
                        folder: format!("{folder}{}", one.folder),
                        contestant,
                        ..one
                    }));
                }
            }
        }
        let calls = self.lines("llm_calls.jsonl", |_, _, _| ());
        let (repo, lost) = (self.below("repo/"), self.below("lost/repo/"));
        if repo.is_none() {
            self.note("repo", None, "missing; the generation's files are unknown");
        }
        let contestants = self.contestants(&metadata);
        let folder = folder.to_owned();
        GenerationFolder { number, folder, raw, metadata, repo, lost, contestants, evaluations, calls }
    }

    /// Reads the candidates of a tournament, and reports them if the metadata say that there was none.
    fn contestants(&mut self, metadata: &Metadata) -> Vec<ContestantFolder> {
        let found: Vec<_> = CONTESTANTS
            .into_iter()
            .filter(|(folder, _)| self.files.iter().any(|(path, _)| path.as_str().starts_with(folder)))
            .map(|(folder, side)| ContestantFolder { side, repo: self.below(&format!("{folder}repo/")) })
            .collect();
        if !found.is_empty() && metadata.tournament.is_none() {
            self.note(
                "metadata.json",
                Some("field tournament".to_owned()),
                "expected true, as there are contestants",
            );
        }
        found
    }

    fn evaluation(&mut self, split: Split, folder: &str, staged: bool) -> Option<EvaluationFolder> {
        let (table, report) = (format!("{folder}{PREDICTIONS}"), format!("{folder}report.json"));
        if !self.has(&table) && !self.has(&report) {
            return None;
        }
        let mut readable = false;
        if let Some(content) = self.content(&table) {
            let read = predictions::read(content);
            readable = read.column(PREDICTION).is_some();
            if !readable {
                let what = format!("expected a column {PREDICTION:?}, found {:?}", read.columns.join(","));
                self.note(table.as_str(), Some("header line".to_owned()), what);
            }
            for DefectNote { place, what } in read.findings {
                self.note(table.as_str(), Some(place), what);
            }
        } else if !self.has(&table) {
            self.note(table, None, "missing; the report cannot be checked");
        }
        let report = self.json(&report);
        let folder = folder.to_owned();
        Some(EvaluationFolder { split, folder, contestant: None, staged, predictions: readable, report })
    }

    /// Reports entries that are not part of the layout. They are imported like all others.
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
            let known = match (generation_number(first).filter(|_| agent.is_some()), second) {
                (Some(_), Some(second)) => {
                    ["metadata.json", "repo", "lost", "eval_train", "eval_val", "llm_calls.jsonl"]
                        .contains(&second)
                        || CONTESTANTS.iter().any(|(folder, _)| folder.trim_end_matches('/') == second)
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
            let entry = match second.filter(|_| generation_number(first).is_some()) {
                Some(second) => format!("{folder}{first}/{second}"),
                None => format!("{folder}{first}"),
            };
            if !known && seen.insert(entry.clone()) {
                self.note(entry, None, "unknown entry; imported unchanged");
            }
        }
    }
}
