//! The moment at which a state that an instance comes back to is mapped anew.
//!
//! Coming back to a state copies every private page of the instance: those that the last run wrote, those that only earlier runs
//! wrote, and, where the state was copied onto the initial image, all of the state's own. Mapping the state drops these pages; each
//! page that is written afterwards costs a fault once. Which of the pages were copied in vain cannot be seen. So the state is mapped
//! when as many pages were copied as mapping it is worth, and then each time after twice as many: the number of mappings grows
//! with the logarithm of the number of runs, and what a run leaves behind is copied for no longer than all was copied before.

/// Pages that are copied in the time that mapping a state, and the faults after that, takes: about 0.1 ms.
const FIRST_MAPPING_PAGES: usize = 512;

/// Pages that were copied to come back to one state again and again.
pub(super) struct Returns {
    copied: usize,
    /// Pages after which the state is mapped.
    until: usize,
}

impl Returns {
    /// Begins the count for a state that an instance has just entered.
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
