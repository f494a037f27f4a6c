//! The scoring of rows as a value without the data, which suffices to score recorded answers again.
//!
//! Nothing here runs a candidate. The worth of a recorded answer depends only on its text, on the expected answer, and on
//! [`RowScoring`].

use std::collections::BTreeMap;

use hyperspace_core::{FileSet, exact_json};
use serde::{Deserialize, Serialize};

use crate::score::Score;
use crate::scorer::rows::{Metric, measure};
use crate::scorer::{InvalidAnswer, Measure};

use super::definition::Definition;
use super::error::TaskError;
use super::handle::Task;
use super::kind::ScorerKinds;
use super::rows::Columns;
use super::source::{DEFINITION_FILE, Folder};

/// Columns of the table of a task that does not name its own.
pub(super) const PLAIN_COLUMNS: [&str; 2] = ["case", "expected"];

/// The scoring of a task's rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RowScoring {
    /// The comparison of answers.
    pub metric: Metric,
    /// Column of the case's name.
    pub id: String,
    /// Column of the right answer.
    pub expected: String,
    /// The worth of each label, with labels in the form in which they are compared.
    pub points: Option<BTreeMap<String, i64>>,
}

impl RowScoring {
    pub(super) fn of(definition: &Definition, file: &str) -> Result<Option<Self>, TaskError> {
        // Only the scorer `rows` has a metric.
        let Some(metric) = definition.scorer.metric else { return Ok(None) };
        let (id, expected) = match Columns::of(definition, file)? {
            Some(columns) => (columns.id, columns.expected),
            None => PLAIN_COLUMNS.map(str::to_owned).into(),
        };
        Ok(Some(Self { metric, id, expected, points: definition.scorer.points(file)? }))
    }

    /// Returns the scoring of the task with these files; its data are not needed. `None` if the task has no rows.
    ///
    /// # Errors
    ///
    /// When `task.toml` is missing or malformed.
    pub fn of_files(files: &FileSet, label: &str) -> Result<Option<Self>, TaskError> {
        let (folder, kinds) = (Folder { files, label }, ScorerKinds::default());
        let (definition, name) = (folder.definition(&kinds)?, folder.full(DEFINITION_FILE));
        kinds.scorer(&definition, &name)?;
        Self::of(&definition, &name)
    }

    /// Measures an answer that is known as text: a text as it is, anything else as JSON. A text that could be either is read
    /// as the kind that the metric compares.
    ///
    /// # Errors
    ///
    /// When the metric needs numbers and one of the texts is not one.
    pub fn measure(&self, answer: &str, expected: &str) -> Result<Measure, InvalidAnswer> {
        let text = exact_json::text;
        let json =
            |content: &str| exact_json::parse(content.trim().as_bytes()).unwrap_or_else(|_| text(content));
        let (answer, expected) = match self.metric {
            Metric::Label => (text(answer), text(expected)),
            Metric::Exact if answer == expected => return Ok(Measure::of(Score::one())),
            Metric::Exact | Metric::AbsoluteError => (json(answer), json(expected)),
        };
        measure(self.metric, &answer, &expected)
    }
}

impl Task {
    /// Returns the scoring of rows; `None` if the task has none.
    #[must_use]
    pub fn row_scoring(&self) -> Option<&RowScoring> {
        self.parts.source.as_ref()?.rows.as_ref()
    }

    /// Returns the worth of each label, if the task defines it, with labels in the form in which they are compared.
    #[must_use]
    pub fn points(&self) -> Option<&BTreeMap<String, i64>> {
        self.row_scoring()?.points.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: &str = "[task]\nname = \"small\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
        [entry]\nmodule = \"m\"\nfunction = \"f\"\n\
        [scorer]\nkind = \"rows\"\nmetric = \"label\"\npoints = { no = 0, yes = 1 }\n\
        [rows]\nid = \"id\"\nexpected = \"y\"\ninput = { text = \"x\" }\n\
        [splits.train]\nfile = \"a.csv\"\n[splits.held-out]\nfile = \"b.jsonl\"\n";

    fn files() -> FileSet {
        let rows = "{\"id\": 7, \"x\": [1], \"y\": \"no\", \"more\": null}\n";
        let files = [("task.toml", TASK), ("a.csv", "y,x,id\nyes,\"q,\n1\",r1\n"), ("b.jsonl", rows)];
        hyperspace_testkit::file_set(&files)
    }

    #[test]
    fn the_scoring_is_known_without_the_data() {
        let scoring = RowScoring::of_files(&files(), "small").unwrap().unwrap();
        assert_eq!(Some(&scoring), Task::from_files(&files(), "small").unwrap().row_scoring());
        let grading = Task::bundled_files("imo-grading").unwrap();
        let grading = RowScoring::of_files(&grading, "imo-grading").unwrap().unwrap();
        assert_eq!((grading.id.as_str(), grading.expected.as_str()), ("Grading ID", "Reward"));
        assert_eq!(grading.points.unwrap()["almost"], 6);
        let none = RowScoring::of_files(&Task::bundled_files("cap-set").unwrap(), "cap-set").unwrap();
        assert_eq!(none, None);
    }

    #[test]
    fn recorded_texts_are_measured_as_the_answers_were() {
        let check = |metric, answer: &str, expected: &str, amount: Option<(i64, u64)>| {
            let scoring = RowScoring { metric, id: String::new(), expected: String::new(), points: None };
            let found = scoring.measure(answer, expected).ok().map(|measure| measure.amount);
            assert_eq!(found, amount.and_then(|(n, d)| Score::ratio(n, d)), "{answer} {expected}");
        };
        check(Metric::Label, " Yes", "yes", Some((1, 1)));
        check(Metric::Label, "", "yes", Some((0, 1)));
        check(Metric::Exact, "[1, 2]", "[1,2.0]", Some((1, 1)));
        check(Metric::Exact, "a\"", "a\"", Some((1, 1)));
        check(Metric::Exact, "a", "b", Some((0, 1)));
        check(Metric::AbsoluteError, "1.5", " 1", Some((1, 2)));
        check(Metric::AbsoluteError, "none", "1", None);
    }
}
