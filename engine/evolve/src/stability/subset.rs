//! Rotating training rows: a different part of them in each generation.

use crate::rng::{Purpose, StreamKey};

/// Returns the rows of a generation in order, as indices into `groups`, which has the name of each row's group.
///
/// The groups are dealt to `parts` windows in an order drawn from seed and epoch, each to the window with the fewest rows so far.
/// Each generation takes the next window, so an epoch of `parts` generations uses every row once. No group is ever split; with
/// fewer groups than `parts`, there are as many windows as groups. Generation 0 has all rows.
#[must_use]
pub fn window(groups: &[&str], parts: u64, seed: u64, generation: u64) -> Vec<usize> {
    let mut names: Vec<&str> = groups.to_vec();
    names.sort_unstable();
    names.dedup();
    let parts = parts.min(names.len() as u64);
    if generation == 0 || parts <= 1 {
        return (0..groups.len()).collect();
    }
    let (epoch, turn) = ((generation - 1) / parts, (generation - 1) % parts);
    let key = |item| StreamKey { seed, generation: epoch, purpose: Purpose::Window, item }.seed();
    let mut order: Vec<(u64, &str)> = (0..).zip(&names).map(|(item, name)| (key(item), *name)).collect();
    order.sort_unstable();
    let mut counts = vec![0_usize; usize::try_from(parts).unwrap_or(1)];
    let mut chosen = Vec::new();
    for (_, name) in order {
        let least = (0..counts.len()).min_by_key(|window| counts[*window]).unwrap_or_default();
        counts[least] += groups.iter().filter(|group| **group == name).count();
        if least as u64 == turn {
            chosen.push(name);
        }
    }
    (0..groups.len()).filter(|row| chosen.contains(&groups[*row])).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn generation_0_and_one_part_have_all_rows() {
        assert_eq!(window(&["a", "b", "c"], 2, 1, 0), [0, 1, 2]);
        assert_eq!(window(&["a", "b", "c"], 1, 1, 5), [0, 1, 2]);
        assert_eq!(window(&["a", "a"], 2, 1, 5), [0, 1], "one group");
    }

    proptest! {
        #[test]
        fn an_epoch_uses_every_row_once_and_splits_no_group(
            sizes in prop::collection::vec(1_usize..5, 1..20), parts in 1_u64..6, seed: u64, epoch in 0_u64..4
        ) {
            let names: Vec<String> = (0..sizes.len()).map(|number| format!("g{number}")).collect();
            let groups: Vec<&str> =
                names.iter().zip(&sizes).flat_map(|(name, size)| std::iter::repeat_n(name.as_str(), *size)).collect();
            let parts = parts.min(sizes.len() as u64);
            let mut seen = Vec::new();
            for turn in 0..parts {
                let rows = window(&groups, parts, seed, epoch * parts + turn + 1);
                prop_assert!(!rows.is_empty() && rows.is_sorted());
                for row in &rows {
                    let whole = (0..groups.len()).filter(|other| groups[*other] == groups[*row]);
                    prop_assert!(whole.into_iter().all(|other| rows.contains(&other)));
                }
                seen.extend(rows);
            }
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..groups.len()).collect::<Vec<_>>());
        }
    }
}
