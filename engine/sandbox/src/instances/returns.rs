//! Decides when a state that an instance returns to is mapped anew.
//!
//! Returning to a state copies every private page of the instance: those that the last run wrote, those that only earlier runs wrote
//! and, if the state was copied onto the initial image, all of the state's own. Mapping the state drops these pages; each page that
//! is written afterwards costs one fault. It cannot be known which pages were copied in vain. The state is therefore mapped once as
//! many pages were copied as mapping it is worth, and then each time after twice as many: the number of mappings grows with the
//! logarithm of the number of runs, and the pages that a run leaves behind are copied no longer than all pages were copied before.

/// Number of pages that can be copied in the time that mapping a state and the subsequent faults take: about 0.1 ms.
const FIRST_MAPPING_PAGES: usize = 512;

/// Counts the pages copied while one instance returns to the same state again and again.
pub(super) struct Returns {
    copied: usize,
    /// Number of pages after which the state is mapped.
    until: usize,
}

impl Returns {
    /// Starts the count for a state that an instance has just entered.
    pub(super) fn new() -> Self {
        Self { copied: 0, until: FIRST_MAPPING_PAGES }
    }

    /// Counts the pages of a return. Returns whether the state is to be mapped this time.
    pub(super) fn count(&mut self, pages: usize) -> bool {
        self.copied = self.copied.saturating_add(pages);
        let is_due = self.copied >= self.until;
        if is_due {
            *self = Self { copied: 0, until: self.until.saturating_mul(2) };
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_mapped_ever_more_seldom() {
        let mut returns = Returns::new();
        let mapped: Vec<usize> = (1..=10_000).filter(|_| returns.count(100)).collect();
        assert_eq!(mapped, [6, 17, 38, 79, 161, 325, 653, 1_309, 2_620, 5_242]);
    }

    #[test]
    fn a_large_state_is_mapped_at_the_first_return() {
        assert!(Returns::new().count(1_000));
        assert!(!Returns::new().count(FIRST_MAPPING_PAGES - 1));
    }

    #[test]
    fn pages_that_a_run_left_are_dropped_when_they_have_cost_as_much_as_all_before() {
        let mut returns = Returns::new();
        let before = (0..100).filter(|_| returns.count(100)).count();
        let left = (1..).find(|_| returns.count(5_000));
        assert_eq!((before, left), (4, Some(2)));
    }
}
