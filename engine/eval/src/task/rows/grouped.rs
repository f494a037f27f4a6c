//! Grouped splits: the rows of all splits are dealt again, so that no group (a problem, say) is in two splits.
//!
//! The deal is a function of the rows alone. Groups are taken in descending order of size, equals by name. Each goes to the
//! split for which the sum over labels of the squared shortfall decreases most, the earlier split among equals. The target
//! of a split is what its file had: rows per label. Within a split, rows keep the order of the files, training data first.

use std::collections::BTreeMap;

use crate::task::error::TaskError;

use super::columns::TableCase;

/// Deals the rows of all splits again.
pub(crate) fn deal(file: &str, splits: Vec<Vec<TableCase>>) -> Result<Vec<Vec<TableCase>>, TaskError> {
    let counts = |rows: &[TableCase]| {
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        for row in rows {
            *counts.entry(row.label.clone()).or_default() += 1;
        }
        counts
    };
    let mut missing: Vec<BTreeMap<String, i64>> = splits.iter().map(|rows| counts(rows)).collect();
    let rows: Vec<TableCase> = splits.into_iter().flatten().collect();
    let mut groups: BTreeMap<String, Vec<TableCase>> = BTreeMap::new();
    let mut places: BTreeMap<&str, &str> = BTreeMap::new();
    for row in &rows {
        if let Some(first) = places.insert(&row.case.name, &row.place) {
            let found = format!("{:?}, as in {first}", row.case.name);
            return Err(TaskError::data(&row.place, "name", "a name that is unique over all splits", found));
        }
        groups.entry(row.group.clone().unwrap_or_default()).or_default().push(row.clone());
    }
    let mut order: Vec<(&String, &Vec<TableCase>)> = groups.iter().collect();
    order.sort_by_key(|(name, rows)| (std::cmp::Reverse(rows.len()), (*name).clone()));
    let mut home: BTreeMap<&String, usize> = BTreeMap::new();
    for (name, rows) in order {
        let own = counts(rows);
        let gain = |missing: &BTreeMap<String, i64>| -> i64 {
            // n² − (n − g)² with n rows missing and g rows of this group.
            own.iter().map(|(label, g)| g * (2 * missing.get(label).copied().unwrap_or(0) - g)).sum()
        };
        let best = (0..missing.len()).max_by_key(|&split| (gain(&missing[split]), std::cmp::Reverse(split)));
        let best = best.unwrap_or(0);
        for (label, g) in own {
            *missing[best].entry(label).or_default() -= g;
        }
        home.insert(name, best);
    }
    let mut dealt: Vec<Vec<TableCase>> = vec![Vec::new(); missing.len()];
    for row in rows {
        let split = home.get(&row.group.clone().unwrap_or_default()).copied().unwrap_or(0);
        dealt[split].push(row);
    }
    if dealt.iter().any(Vec::is_empty) {
        let found = format!("{} groups", groups.len());
        return Err(TaskError::field(
            file,
            "splits.grouped",
            "enough groups that every split gets one",
            found,
        ));
    }
    Ok(dealt)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scorer::rows::RowsScorer;

    fn row(name: &str, group: &str, label: &str) -> TableCase {
        let case = RowsScorer::case(name, vec![], json!(label));
        TableCase {
            case,
            group: Some(group.to_owned()),
            label: label.to_owned(),
            place: format!("x, {name}"),
        }
    }

    #[test]
    fn groups_stay_together_and_labels_are_balanced() {
        let split = |prefix: &str| -> Vec<TableCase> {
            let groups = ["p", "q", "r", "s"];
            let rows = groups.iter().flat_map(|group| ["yes", "no"].map(|label| (group, label)));
            rows.map(|(group, label)| row(&format!("{prefix}{group}{label}"), group, label)).collect()
        };
        let dealt = deal("t", vec![split("a"), split("b")]).unwrap();
        let groups = |rows: &[TableCase]| {
            let mut groups: Vec<_> = rows.iter().map(|row| row.group.clone().unwrap()).collect();
            groups.dedup();
            groups
        };
        assert_eq!((dealt[0].len(), dealt[1].len()), (8, 8));
        assert_eq!(groups(&dealt[0]), ["p", "r", "p", "r"]);
        assert_eq!(groups(&dealt[1]), ["q", "s", "q", "s"]);
    }

    #[test]
    fn too_few_groups_and_repeated_names_are_refused() {
        let error = deal("t", vec![vec![row("a", "p", "x")], vec![row("b", "p", "x")]]).unwrap_err();
        assert!(error.to_string().contains("enough groups"), "{error}");
        let error = deal("t", vec![vec![row("a", "p", "x")], vec![row("a", "q", "x")]]).unwrap_err();
        assert!(error.to_string().ends_with("found \"a\", as in x, a"), "{error}");
    }
}
