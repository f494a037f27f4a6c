//! The oracle for journals of mark spaces that nobody wrote: lines of any bytes, as a store might have them.

use super::Rules;
use super::command::Entry;
use super::machine::Machine;

/// Entries of one journal.
const ENTRIES_MAX: usize = 400;

/// Folds the lines that are entries. An entry says the same when it is written again, and two folds come to the same state.
pub(crate) fn journal(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let entries: Vec<Entry> = lines.filter_map(|line| Entry::decode(line).ok()).take(ENTRIES_MAX).collect();
    let again: Vec<Entry> = entries
        .iter()
        .map(|entry| {
            let line = serde_json::to_vec(entry).expect("an entry is JSON");
            Entry::decode(&line).expect("an entry stays one")
        })
        .collect();
    assert_eq!(again, entries);
    let (mut one, mut other) = (Machine::new(Rules::default()), Machine::new(Rules::default()));
    for entry in &entries {
        assert_eq!(one.apply(entry.at, &entry.command), other.apply(entry.at, &entry.command));
    }
    assert!(one == other, "a journal has two states");
}
