//! Seeded cases of bin packing. The sizes that a seed gives never change: they are part of what a score means.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::scorer::bin_packing::PackingCase;
use crate::task::definition::CaseGenerator;
use crate::task::error::TaskError;
use crate::task::limits::{CAPACITY_MAX, CASES_MAX, ITEMS_MAX, ITEMS_TOTAL_MAX};
use crate::uniform::below;

const CONTEXT: &str = "hyperspace v1 bin packing instances";

impl CaseGenerator {
    /// Checks the numbers; `field` is the dotted path of this table.
    pub(crate) fn check(&self, file: &str, field: &str) -> Result<(), TaskError> {
        let range = |name: &str, value: u64, low: u64, high: u64, what: &str| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            Err(TaskError::field(file, format!("{field}.{name}"), format!("{what}, {low} to {high}"), value))
        };
        range("instances", self.instances, 1, CASES_MAX, "the number of instances")?;
        range("items", self.items, 1, ITEMS_MAX, "the number of items of an instance")?;
        range("capacity", self.capacity, 1, CAPACITY_MAX, "the size of a bin")?;
        range("high", self.high, 1, self.capacity, "the largest item, which must fit into a bin")?;
        range("low", self.low, 1, self.high, "the smallest item, at most the largest one")?;
        let found = self.instances * self.items;
        if found > ITEMS_TOTAL_MAX {
            let what = format!("the number of items of all instances of {field} together");
            return Err(TaskError::TooLarge { file: file.to_owned(), what, found, limit: ITEMS_TOTAL_MAX });
        }
        Ok(())
    }

    /// Returns the cases with their names. The generator must have been checked.
    pub(crate) fn cases(&self) -> Vec<(String, PackingCase)> {
        (0..self.instances).map(|index| (format!("seed{}_{index:04}", self.seed), self.case(index))).collect()
    }

    /// Returns one case. Its random stream is keyed by seed and index, so it does not depend on the number of cases.
    fn case(&self, index: u64) -> PackingCase {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(&self.seed.to_le_bytes()).update(&index.to_le_bytes());
        let mut stream = ChaCha20Rng::from_seed(*hasher.finalize().as_bytes());
        let items =
            (0..self.items).map(|_| self.low + below(&mut stream, self.high - self.low + 1)).collect();
        PackingCase { capacity: self.capacity, items }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generator() -> CaseGenerator {
        CaseGenerator { seed: 7, instances: 3, items: 500, low: 20, high: 100, capacity: 150 }
    }

    #[test]
    fn sizes_are_uniform_and_fixed_for_ever() {
        let instances = generator().cases();
        assert_eq!(instances[0].0, "seed7_0000");
        let sizes: Vec<u64> = instances.iter().flat_map(|(_, i)| i.items.clone()).collect();
        assert_eq!((sizes.iter().min(), sizes.iter().max()), (Some(&20), Some(&100)));
        let mean = sizes.iter().sum::<u64>() / sizes.len() as u64;
        assert!((58..=62).contains(&mean), "{mean}");
        assert_eq!(instances[0].1.items[..6], [77, 99, 60, 20, 65, 93]);
        let more = CaseGenerator { instances: 9, items: 6, ..generator() }.cases();
        assert_eq!(more[2].1.items, instances[2].1.items[..6], "an instance depends on seed and index alone");
        assert_ne!(CaseGenerator { seed: 8, ..generator() }.cases()[0].1, instances[0].1);
    }

    #[test]
    fn absurd_numbers_are_refused_by_name() {
        let check = |generator: CaseGenerator, text: &str| {
            let error = generator.check("task.toml", "splits.train.generator").unwrap_err().to_string();
            assert_eq!(error, format!("task.toml{text}"));
        };
        let prefix = ", field splits.train.generator.";
        check(
            CaseGenerator { instances: 0, ..generator() },
            &format!("{prefix}instances: expected the number of instances, 1 to 10000, found 0"),
        );
        check(
            CaseGenerator { items: 100_001, ..generator() },
            &format!("{prefix}items: expected the number of items of an instance, 1 to 100000, found 100001"),
        );
        check(
            CaseGenerator { capacity: u64::MAX, ..generator() },
            &format!(
                "{prefix}capacity: expected the size of a bin, 1 to 1000000000, found 18446744073709551615"
            ),
        );
        check(
            CaseGenerator { high: 151, ..generator() },
            &format!(
                "{prefix}high: expected the largest item, which must fit into a bin, 1 to 150, found 151"
            ),
        );
        check(
            CaseGenerator { low: 0, ..generator() },
            &format!("{prefix}low: expected the smallest item, at most the largest one, 1 to 100, found 0"),
        );
        check(
            CaseGenerator { instances: 10_000, items: 100_000, ..generator() },
            ": the number of items of all instances of splits.train.generator together is 1000000000, but at most 10000000 are supported; use a smaller one",
        );
        assert!(generator().check("task.toml", "splits.train.generator").is_ok());
    }
}
