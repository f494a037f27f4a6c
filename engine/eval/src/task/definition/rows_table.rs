//! `[rows]`: the columns of tables that become cases, and the policy for cases that fail.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::score::{Direction, Score};
use crate::scorer::rows::Metric;
use crate::task::error::TaskError;

/// The table as written: columns of the data, and the policy for failed rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowsTable {
    /// Column of the row's name.
    pub(crate) id: String,
    /// Column of the right answer. The candidate never sees it.
    pub(crate) expected: String,
    /// Column that says which rows belong together.
    pub(crate) group: Option<String>,
    /// The input of the candidate, from key to column.
    pub(crate) input: BTreeMap<String, String>,
    /// Further keys of the input, the same for every row.
    #[serde(default)]
    pub(crate) constants: BTreeMap<String, Value>,
    #[serde(default)]
    pub(crate) on_failure: OnFailure,
    pub(crate) stage: Option<StageTable>,
}

/// The effect of a case without an answer on the score.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// There is no score, and the evaluation ends with this case.
    #[default]
    NoScore,
    /// The case keeps its outcome and evidence and counts as a wrong answer; the other cases are still asked. If no case was
    /// answered, there is still no score.
    Wrong,
}

impl OnFailure {
    /// Returns whether cases without an answer count as wrong.
    pub(crate) fn is_wrong(self) -> bool {
        self == Self::Wrong
    }
}

/// `rows.stage` as written.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StageTable {
    rows: u64,
    threshold: f64,
}

/// The first stage of an evaluation: only candidates that exceed a threshold in it are asked the other cases.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stage {
    /// Number of cases in the first stage; a split with no more cases than that is evaluated at once.
    pub cases: usize,
    /// The score that has to be exceeded.
    pub threshold: Score,
}

/// Other settings of the task that the table has to agree with.
pub(crate) struct RowsTask {
    pub(crate) metric: Metric,
    pub(crate) direction: Direction,
    /// `splits.grouped`.
    pub(crate) grouped: bool,
}

impl RowsTable {
    pub(crate) fn check(&self, file: &str, task: &RowsTask) -> Result<(), TaskError> {
        if self.input.is_empty() {
            return Err(TaskError::field(file, "rows.input", "at least one key = \"column\"", "none"));
        }
        for (key, column) in &self.input {
            if *column == self.expected {
                let expected = "another column than rows.expected, which the candidate must not see";
                return Err(TaskError::field(
                    file,
                    format!("rows.input.{key}"),
                    expected,
                    format!("{column:?}"),
                ));
            }
            if self.constants.contains_key(key) {
                let expected = "a key that is not in rows.input";
                return Err(TaskError::field(
                    file,
                    format!("rows.constants.{key}"),
                    expected,
                    "the same key",
                ));
            }
        }
        if task.grouped && self.group.is_none() {
            let expected = "a column, as splits.grouped keeps its rows together";
            return Err(TaskError::field(file, "rows.group", expected, "nothing"));
        }
        let bounded = task.metric != Metric::AbsoluteError && task.direction == Direction::Maximize;
        let expected = "no such key for this scorer: only metric = \"exact\" or \"label\" with direction = \"maximize\" \
                        has a worst answer";
        if self.on_failure == OnFailure::Wrong && !bounded {
            return Err(TaskError::field(file, "rows.on_failure", expected, "\"wrong\""));
        }
        if let Some(stage) = &self.stage {
            if !bounded {
                return Err(TaskError::field(file, "rows.stage", expected, "a table"));
            }
            if stage.rows == 0 {
                return Err(TaskError::field(file, "rows.stage.rows", "at least 1", 0));
            }
            if !(0.0..1.0).contains(&stage.threshold) {
                let expected = "a share, at least 0 and less than 1";
                return Err(TaskError::field(file, "rows.stage.threshold", expected, stage.threshold));
            }
        }
        Ok(())
    }

    /// Returns the first stage, if there is one.
    pub(crate) fn stage(&self) -> Option<Stage> {
        let stage = self.stage?;
        Some(Stage {
            cases: usize::try_from(stage.rows).unwrap_or(usize::MAX),
            // It was checked to be finite when the task was loaded.
            threshold: Score::from_f64_exact(stage.threshold).unwrap_or_else(Score::zero),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::task::Task;

    const HEAD: &str =
        "[task]\nname = \"mine\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n";
    const ENTRY: &str = "[entry]\nmodule = \"m\"\nfunction = \"f\"\n";
    const LABEL: &str = "[scorer]\nkind = \"rows\"\nmetric = \"label\"\n";
    const ROWS: &str = "[rows]\nid = \"id\"\nexpected = \"y\"\ninput = { text = \"x\" }\n";

    fn check(parts: &[&str], message: &str) {
        let files = hyperspace_testkit::file_set(&[("task.toml", parts.concat())]);
        let error = Task::from_files(&files, "t").unwrap_err();
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn a_label_never_is_an_input() {
        check(
            &[HEAD, ENTRY, LABEL, &ROWS.replace("\"x\"", "\"y\"")],
            "t/task.toml, field rows.input.text: expected another column than rows.expected, which the candidate must not \
             see, found \"y\"",
        );
        check(
            &[HEAD, ENTRY, LABEL, &ROWS.replace("text = \"x\"", "")],
            "t/task.toml, field rows.input: expected at least one key = \"column\", found none",
        );
    }

    #[test]
    fn keys_that_belong_together_are_demanded_together() {
        let unused = |field: &str, found: &str| {
            format!("t/task.toml, field {field}: expected no such key without a table [rows], found {found}")
        };
        check(&[HEAD, ENTRY, LABEL, "points = { a = 0, b = 1 }\n"], &unused("scorer.points", "a value"));
        let class = "[entry]\nmodule = \"task_agent\"\nfunction = \"forward\"\nclass = \"TaskAgent\"\n";
        check(&[HEAD, class, LABEL], &unused("entry.class", "a value"));
        check(
            &[HEAD, ENTRY, "class = \"C\"\n", LABEL],
            "t/task.toml, field entry.class: expected \"TaskAgent\", with module = \"task_agent\" and function = \
             \"forward\", found \"C\" of \"m\"",
        );
        check(
            &[HEAD, ENTRY, "model = \"x\"\n", LABEL],
            "t/task.toml, field entry.model: expected no such key without entry.class, which gets the model, found a value",
        );
        check(
            &[HEAD, ENTRY, LABEL, ROWS, "[splits]\ngrouped = true\n"],
            "t/task.toml, field rows.group: expected a column, as splits.grouped keeps its rows together, found nothing",
        );
        check(
            &[HEAD, ENTRY, "[scorer]\nkind = \"cap-set\"\ndimension = 2\n", ROWS],
            "t/task.toml, field rows: expected none without scorer.kind = \"rows\", found a table",
        );
    }

    #[test]
    fn only_scores_with_a_worst_answer_have_stages_and_wrong_rows() {
        let only = "no such key for this scorer: only metric = \"exact\" or \"label\" with direction = \"maximize\" has a \
                    worst answer";
        let error = "[scorer]\nkind = \"rows\"\nmetric = \"absolute-error\"\n";
        check(
            &[HEAD, ENTRY, error, ROWS, "on_failure = \"wrong\"\n"],
            &format!("t/task.toml, field rows.on_failure: expected {only}, found \"wrong\""),
        );
        check(
            &[
                &HEAD.replace("maximize", "minimize"),
                ENTRY,
                LABEL,
                ROWS,
                "stage = { rows = 1, threshold = 0 }\n",
            ],
            &format!("t/task.toml, field rows.stage: expected {only}, found a table"),
        );
        check(
            &[HEAD, ENTRY, LABEL, ROWS, "stage = { rows = 0, threshold = 0 }\n"],
            "t/task.toml, field rows.stage.rows: expected at least 1, found 0",
        );
        check(
            &[HEAD, ENTRY, LABEL, ROWS, "stage = { rows = 1, threshold = nan }\n"],
            "t/task.toml, field rows.stage.threshold: expected a share, at least 0 and less than 1, found NaN",
        );
    }

    #[test]
    fn points_need_two_labels_of_their_own() {
        let points = |points: &str, message: &str| {
            check(&[HEAD, ENTRY, LABEL, &format!("points = {points}\n"), ROWS], message);
        };
        points(
            "{ a = 0, \" A\" = 1 }",
            "t/task.toml, field scorer.points.a: expected a unique label, found an empty or repeated one",
        );
        points(
            "{ a = 0 }",
            "t/task.toml, field scorer.points: expected at least two different numbers, found 1",
        );
    }

    #[test]
    fn external_splits_are_all_external() {
        let splits = "[splits.train.external]\nfile = \"a.csv\"\n[splits.held-out]\nfile = \"b.csv\"\n";
        check(
            &[HEAD, ENTRY, LABEL, ROWS, splits],
            "t/task.toml, field splits.held-out: expected external = { file = \"...\" } and nothing else, as in the other \
             splits, found something else",
        );
        let twice =
            "[splits.train.external]\nfile = \"a.csv\"\n[splits.held-out.external]\nfile = \"a.csv\"\n";
        check(
            &[HEAD, ENTRY, LABEL, ROWS, twice],
            "t/task.toml, field splits.held-out.external.file: expected a file that no other split has, found a.csv",
        );
    }
}
