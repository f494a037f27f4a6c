//! `[splits]`: the data of each split.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::task::error::TaskError;

/// The table of all splits.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SplitsTable {
    pub(crate) train: Option<SplitTable>,
    pub(crate) held_out: Option<SplitTable>,
    pub(crate) test: Option<SplitTable>,
    /// True if cases are reassigned so that no group is in two splits.
    #[serde(default)]
    pub(crate) grouped: bool,
}

/// `[splits.train]`, `[splits.held-out]` or `[splits.test]`: a generator, a file of the task, or a file of the user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SplitTable {
    pub(crate) generator: Option<CaseGenerator>,
    pub(crate) file: Option<String>,
    pub(crate) external: Option<ExternalTable>,
    /// For an evaluator in Python: additional arguments of its one call.
    pub(crate) args: Option<Vec<Value>>,
    /// For an evaluator in Python: one case for each seed.
    pub(crate) seeds: Option<Vec<u64>>,
    /// One case for each value, which is an additional argument of an evaluator in Python, or parameters of a problem.
    pub(crate) each: Option<Vec<Value>>,
    /// For an evaluator in Python: one case for each file of the task, whose path is an additional argument.
    pub(crate) files: Option<Vec<String>>,
}

/// Seeded cases of bin packing: sizes uniform in `low..=high`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseGenerator {
    pub(crate) seed: u64,
    pub(crate) instances: u64,
    pub(crate) items: u64,
    pub(crate) low: u64,
    pub(crate) high: u64,
    pub(crate) capacity: u64,
}

/// `external = {...}` of a split: a file in the folder that the user gives. [`Task::check_data`](crate::Task::check_data) compares
/// it with the published one; an evaluation may use other data with the same form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExternalTable {
    pub(crate) file: String,
    /// SHA-256 of the published file, in hexadecimal.
    pub(crate) sha256: Option<String>,
    pub(crate) rows: Option<u64>,
    pub(crate) labels: Option<BTreeMap<String, u64>>,
}

/// Names of the splits in `task.toml`, in order.
pub(crate) const SPLIT_NAMES: [&str; 3] = ["train", "held-out", "test"];

impl SplitsTable {
    /// Returns the table of each split with its name, in order.
    pub(crate) fn each(&self) -> [(&'static str, Option<&SplitTable>); 3] {
        let [train, held_out, test] = SPLIT_NAMES;
        [(train, self.train.as_ref()), (held_out, self.held_out.as_ref()), (test, self.test.as_ref())]
    }

    /// Returns whether the data of a split come from the user.
    pub(crate) fn need_data(&self) -> bool {
        self.each().iter().any(|(_, split)| split.is_some_and(|split| split.external.is_some()))
    }

    /// Returns the external file of every split, after checking that either all splits are external or none is.
    pub(crate) fn external(&self, file: &str) -> Result<Vec<(&'static str, &ExternalTable)>, TaskError> {
        let mut found: Vec<(&'static str, &ExternalTable)> = Vec::new();
        for (which, split) in self.each() {
            match split {
                None if which == "test" => {}
                Some(SplitTable {
                    generator: None,
                    file: None,
                    external: Some(external),
                    args: None,
                    seeds: None,
                    each: None,
                    files: None,
                }) => {
                    if found.iter().any(|(_, other)| other.file == external.file) {
                        let field = format!("splits.{which}.external.file");
                        return Err(TaskError::field(
                            file,
                            field,
                            "a file that no other split has",
                            &external.file,
                        ));
                    }
                    found.push((which, external));
                }
                _ => {
                    let expected = "external = { file = \"...\" } and nothing else, as in the other splits";
                    return Err(TaskError::field(
                        file,
                        format!("splits.{which}"),
                        expected,
                        "something else",
                    ));
                }
            }
        }
        Ok(found)
    }
}
