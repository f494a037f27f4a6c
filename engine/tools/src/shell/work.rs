//! The work that bashkit counts for one request.

use bashkit::ExecutionBudget;

/// Work of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WorkCount {
    /// bashkit's units of work.
    pub(super) units: u64,
    /// Bytes that went into commands.
    pub(super) input_bytes: u64,
}

impl WorkCount {
    /// Reads the work charged to a request. bashkit exposes it only in the debug form of its budget.
    pub(super) fn of(budget: &ExecutionBudget) -> Option<Self> {
        let text = format!("{budget:?}");
        let number = |name: &str| {
            let (_, rest) = text.split_once(name)?;
            rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
        };
        Some(Self { units: number(" work_units: ")?, input_bytes: number(" input_bytes: ")? })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use bashkit::ExecutionLimits;

    use super::*;

    #[test]
    fn units_of_work_are_read() {
        let budget = ExecutionBudget::new(&ExecutionLimits::new(), Arc::new(AtomicBool::new(false)));
        assert_eq!(WorkCount::of(&budget), Some(WorkCount { units: 0, input_bytes: 0 }));
        budget.consume_work(12_345).unwrap();
        budget.consume_input(67).unwrap();
        assert_eq!(WorkCount::of(&budget), Some(WorkCount { units: 12_345, input_bytes: 67 }));
        assert_eq!(WorkCount::of(&budget.clone()), WorkCount::of(&budget));
    }
}
