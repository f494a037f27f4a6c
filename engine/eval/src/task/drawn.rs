//! The bound of the data that the cases of a problem are made from and draw, over all splits of a task.
//!
//! A table of a few bytes can ask for thousands of numbers, and the settings of all cases are copied into each, so the sizes are added up
//! before anything is made.
//!
//! Attacks that end here: T-CHECK-15, T-CHECK-16.

use hyperspace_core::json_weight::{self, VALUES_WEIGHT_MAX};
use serde_json::{Map, Value};

use crate::scorer::construction::Problem;

use super::definition::SplitsTable;
use super::error::TaskError;
use super::limits::{CASES_MAX, FILE_BYTES_MAX, ITEMS_TOTAL_MAX};

/// Refuses splits with too many cases, or whose parameters or drawn numbers are too many in all splits together. `settings` are the
/// parameters of all cases.
pub(super) fn check(
    file: &str,
    problem: &Problem,
    settings: &Map<String, Value>,
    splits: &SplitsTable,
) -> Result<(), TaskError> {
    let common = CaseSize::of(problem, settings);
    let mut total = CaseSize::default();
    for (which, split) in splits.each() {
        let Some(each) = split.and_then(|split| split.each.as_ref()) else { continue };
        let field = format!("splits.{which}.each");
        if each.is_empty() || each.len() as u64 > CASES_MAX {
            let expected = format!("1 to {CASES_MAX} tables of parameters");
            return Err(TaskError::field(file, field, expected, each.len()));
        }
        for own in each.iter().filter_map(Value::as_object) {
            total.add(common, CaseSize::of(problem, own));
        }
        total.check(file, &field, problem)?;
    }
    Ok(())
}

/// Refuses generators with impossible numbers, or with too many items in all splits together.
pub(super) fn check_generated(file: &str, splits: &SplitsTable) -> Result<(), TaskError> {
    let mut found: u64 = 0;
    for (which, split) in splits.each() {
        let Some(generator) = split.and_then(|split| split.generator.as_ref()) else { continue };
        generator.check(file, &format!("splits.{which}.generator"))?;
        found = found.saturating_add(generator.instances.saturating_mul(generator.items));
        if found > ITEMS_TOTAL_MAX {
            let expected = format!(
                "instances with at most {ITEMS_TOTAL_MAX} items in all splits together; give fewer or smaller ones"
            );
            return Err(TaskError::field(file, format!("splits.{which}.generator"), expected, found));
        }
    }
    Ok(())
}

/// Sizes of the parameters of a case, or of many, and of the numbers drawn for them.
#[derive(Debug, Clone, Copy, Default)]
struct CaseSize {
    /// The size of the parameters as JSON.
    bytes: u64,
    /// The weight of the parameters as a tree.
    weight: u64,
    /// The number of numbers; `None` if the parameter for it is not there.
    drawn: Option<u64>,
}

impl CaseSize {
    fn of(problem: &Problem, parameters: &Map<String, Value>) -> Self {
        let drawn = problem.draws.and_then(|draws| parameters.get(draws.parameter)?.as_u64());
        let bytes = serde_json::to_string(parameters).map_or(0, |text| text.len() as u64);
        let weight = json_weight::OBJECT
            + parameters.values().map(|value| json_weight::TEXT + json_weight::of(value)).sum::<u64>();
        Self { bytes, weight, drawn }
    }

    /// Adds the size of a case: its own parameters take the place of the common ones.
    fn add(&mut self, common: Self, own: Self) {
        let more = |all: u64, common: u64, own: u64| all.saturating_add(common).saturating_add(own);
        self.bytes = more(self.bytes, common.bytes, own.bytes);
        self.weight = more(self.weight, common.weight, own.weight);
        self.drawn = Some(more(self.drawn.unwrap_or(0), own.drawn.or(common.drawn).unwrap_or(0), 0));
    }

    /// Refuses sizes beyond their limits. `field` is the split with which they were exceeded.
    fn check(self, file: &str, field: &str, problem: &Problem) -> Result<(), TaskError> {
        let refused = |what: String, most: u64, found: u64| {
            let expected = format!(
                "cases with at most {most} {what} in all splits together; give fewer or smaller ones"
            );
            Err(TaskError::field(file, field, expected, found))
        };
        if let Some((draws, drawn)) = problem.draws.zip(self.drawn)
            && drawn > draws.total_max
        {
            return refused(draws.parameter.to_owned(), draws.total_max, drawn);
        }
        if self.weight > VALUES_WEIGHT_MAX {
            return refused("units of weight of parameters".to_owned(), VALUES_WEIGHT_MAX, self.weight);
        }
        if self.bytes > FILE_BYTES_MAX as u64 {
            return refused("bytes of parameters".to_owned(), FILE_BYTES_MAX as u64, self.bytes);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::handle::Task;

    fn load(problem: &str, settings: &str, splits: &str) -> Result<Task, String> {
        let text = format!(
            "[task]\nname = \"many\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"minimize\"\n\
             [entry]\nmodule = \"m\"\nfunction = \"f\"\n[scorer]\nkind = \"construction\"\nproblem = \"{problem}\"\n\
             [scorer.settings]\n{settings}\n[splits]\n{splits}\n"
        );
        let files = hyperspace_testkit::file_set(&[("task.toml", text.as_str())]);
        Task::from_files(&files, "many").map_err(|error| error.to_string())
    }

    fn each(which: &str, count: usize, case: &str) -> String {
        let cases: Vec<String> = (0..count).map(|seed| format!("{{ seed = {seed}{case} }}")).collect();
        format!("{which}.each = [{}]\n", cases.join(", "))
    }

    #[test]
    fn instances_that_draw_too_much_are_refused_before_they_are_drawn() {
        let held_out = each("held-out", 1, ", cities = 3");
        let splits = |case: &str| each("train", 10_000, case) + &held_out;
        assert_eq!(
            load("tour", "cities = 5000", &splits("")).unwrap_err(),
            "many/task.toml, field splits.train.each: expected cases with at most 2000000 cities in all splits \
             together; give fewer or smaller ones, found 50000000"
        );
        let error = load(
            "tour",
            "",
            &(each("train", 300, ", cities = 5000") + &each("held-out", 200, ", cities = 5000")),
        );
        let error = error.unwrap_err();
        assert!(error.contains("splits.held-out.each") && error.ends_with("found 2500000"), "{error}");
        let formula = "formula = \"nguyen-7\"\npoints = 1000\nlow = 0\nhigh = 2";
        let error = load("symbolic-regression", formula, &splits("")).unwrap_err();
        assert!(error.contains("at most 100000 points") && error.ends_with("found 10000000"), "{error}");
        let error = load("tour", "", &each("train", 10_001, ", cities = 3")).unwrap_err();
        assert!(error.ends_with("expected 1 to 10000 tables of parameters, found 10001"), "{error}");
        assert!(load("tour", "cities = 20", &(each("train", 100, "") + &held_out)).is_ok());
    }

    #[test]
    fn settings_that_every_case_copies_are_counted_for_each() {
        let names: Vec<String> = (0..1_000).map(|name| format!("\"n{name}\"")).collect();
        let settings = format!("choices = [[{}]]", names.join(", "));
        let cases: Vec<String> = (0..1_000).map(|name| format!("{{ target = [\"n{name}\"] }}")).collect();
        let error = load("modules", &settings, &format!("train.each = [{}]", cases.join(", "))).unwrap_err();
        assert!(error.contains("at most 2000000 units of weight of parameters"), "{error}");
    }

    #[test]
    fn generators_of_all_splits_count_together() {
        let split = |which: &str, instances: u64| {
            format!(
                "{which}.generator = {{ seed = {instances}, instances = {instances}, items = 1000, low = 1, high = 9, capacity = 9 }}\n"
            )
        };
        let text = |splits: String| {
            format!(
                "[task]\nname = \"many\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"minimize\"\n\
                 [entry]\nmodule = \"m\"\nfunction = \"f\"\n[scorer]\nkind = \"online-bin-packing\"\n[splits]\n{splits}"
            )
        };
        let load = |splits: String| {
            let files = hyperspace_testkit::file_set(&[("task.toml", text(splits).as_str())]);
            Task::from_files(&files, "many").map_err(|error| error.to_string())
        };
        let error = load(split("train", 6_000) + &split("held-out", 5_000)).unwrap_err();
        assert_eq!(
            error,
            "many/task.toml, field splits.held-out.generator: expected instances with at most 10000000 items in all \
             splits together; give fewer or smaller ones, found 11000000"
        );
        assert!(load(split("train", 6) + &split("held-out", 5)).is_ok());
        let error = load(split("train", 6) + &split("held-out", 0)).unwrap_err();
        assert!(error.contains("splits.held-out.generator.instances"), "{error}");
    }
}
