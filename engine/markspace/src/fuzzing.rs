//! The oracle of the fuzz target `marks`: journals of mark spaces with lines of arbitrary bytes, as a store might contain them.

use crate::SpaceRules;
use crate::command::RecordedCommand;
use crate::machine::Machine;

/// Maximum number of entries of one journal.
const ENTRIES_MAX: usize = 400;

/// Folds the lines that are entries. An entry stays the same when it is written again, and two folds reach the same state.
pub fn marks(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let entries: Vec<RecordedCommand> =
        lines.filter_map(|line| RecordedCommand::decode(line).ok()).take(ENTRIES_MAX).collect();
    let again: Vec<RecordedCommand> = entries
        .iter()
        .map(|entry| {
            let line = serde_json::to_vec(entry).expect("an entry is JSON");
            RecordedCommand::decode(&line).expect("an entry stays one")
        })
        .collect();
    assert_eq!(again, entries);
    let (mut one, mut other) = (Machine::new(SpaceRules::default()), Machine::new(SpaceRules::default()));
    for entry in &entries {
        assert_eq!(one.apply(entry.at, &entry.command), other.apply(entry.at, &entry.command));
    }
    assert!(one == other, "a journal has two states");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2_000), ..ProptestConfig::default() })]

        /// Lines of a journal with some taken away, doubled, or changed in a digit.
        #[test]
        fn damaged_journals(changes in prop::collection::vec((any::<prop::sample::Index>(), 0..12_u8), 0..12)) {
            let mut data = include_bytes!("../../../fuzz/seeds/marks/session").to_vec();
            for (at, how) in changes {
                let digits: Vec<usize> = (0..data.len()).filter(|at| data[*at].is_ascii_digit()).collect();
                let at = digits[at.index(digits.len())];
                match how {
                    10 => {
                        data.remove(at);
                    }
                    11 => drop(data.splice(at..at, *b"18446744073709551")),
                    digit => data[at] = b'0' + digit,
                }
            }
            marks(&data);
        }
    }

    #[test]
    fn the_corpus_passes() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/marks");
        let seeds: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!seeds.is_empty(), "there is no corpus");
        seeds.iter().for_each(|seed| marks(&std::fs::read(seed).unwrap()));
    }
}
