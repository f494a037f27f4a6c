//! Generated tasks with a known ground truth: which rows the seed answers rightly, which ones a peer discovered, and which ones
//! it broke.
//!
//! A program prices goods. The prices of some goods are documented in the task, and the seed knows them. The prices of others
//! follow only from a peer's code, which answers them rightly but has wrong prices for one of the documented goods. One good
//! costs as much as one of the peer's, plus a documented amount. So a program that answers the rows of
//!
//! - [`RowClass::Idea`] has the idea of the peer, because the numbers in it cannot be guessed;
//! - [`RowClass::Idea`] and [`RowClass::Flaw`] has it without its flaw: it was not copied unchanged;
//! - [`RowClass::Beyond`] goes further than both.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Task;
use hyperspace_evolve::SeedAgent;
use serde_json::json;

use crate::error::ServiceError;
use crate::random::SplitMix;

/// The meta agent of all trials.
const META_AGENT: &str = include_str!("meta_agent.py");
/// Number of goods in each class.
const GOODS: [(RowClass, usize); 4] =
    [(RowClass::Known, 2), (RowClass::Idea, 3), (RowClass::Flaw, 1), (RowClass::Beyond, 1)];
/// Number of rows for each good in each split.
const ROWS: u64 = 6;

/// The class of a row, by who answers it rightly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RowClass {
    /// Both seed and peer.
    Known,
    /// Only the peer.
    Idea,
    /// Only the seed.
    Flaw,
    /// Neither: the answer follows from the idea together with the description.
    Beyond,
}

/// The price of `n` units: `a·n² + b·n + c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct UnitPrice([u64; 3]);

/// A good.
#[derive(Debug, Clone)]
struct Good {
    name: String,
    class: RowClass,
    price: UnitPrice,
    /// The price in the peer's code.
    peer: UnitPrice,
}

/// A generated task.
#[derive(Debug, Clone)]
pub(super) struct TransferTask {
    /// The name, which no other trial has.
    pub(super) name: String,
    goods: Vec<Good>,
    /// Units of the rows of each good, on training data and on held-out data.
    units: [Vec<u64>; 2],
}

impl TransferTask {
    /// Generates the task with this number.
    pub(super) fn generate(seed: u64, number: u64) -> Self {
        let mut random = SplitMix::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number);
        let mut goods: Vec<Good> = Vec::new();
        for (class, count) in GOODS {
            for _ in 0..count {
                let name = new_name(&goods, &mut random);
                let price = match class {
                    RowClass::Idea => {
                        UnitPrice([random.between(2, 9), random.between(11, 97), random.between(101, 997)])
                    }
                    RowClass::Beyond => {
                        let [a, b, c] = goods
                            .iter()
                            .find(|good| good.class == RowClass::Idea)
                            .map_or([0; 3], |good| good.price.0);
                        UnitPrice([a, b + random.between(3, 19), c])
                    }
                    _ => UnitPrice([0, random.between(3, 29), random.between(1, 49)]),
                };
                let peer = match class {
                    RowClass::Flaw => UnitPrice([0, price.0[1] + random.between(1, 9), price.0[2]]),
                    RowClass::Beyond => UnitPrice([0; 3]),
                    _ => price,
                };
                goods.push(Good { name, class, price, peer });
            }
        }
        let mut all: Vec<u64> = (1..=2 * ROWS).collect();
        for at in (1..all.len()).rev() {
            all.swap(at, random.below(at as u64 + 1) as usize);
        }
        let held_out = all.split_off(ROWS as usize);
        Self { name: format!("transfer-{seed}-{number}"), goods, units: [all, held_out] }
    }

    fn of(&self, class: RowClass) -> impl Iterator<Item = &Good> {
        self.goods.iter().filter(move |good| good.class == class)
    }

    /// Returns the description of the task, which has the documented prices.
    fn description(&self) -> String {
        let mut text = "price(good, units) returns what so many units of a good cost, as an integer, and 0 for a good whose price is not known. "
            .to_owned();
        for good in self.goods.iter().filter(|good| matches!(good.class, RowClass::Known | RowClass::Flaw)) {
            let UnitPrice([_, each, once]) = good.price;
            let _ = write!(text, "Units of {} cost {each} each and {once} once per order. ", good.name);
        }
        let unknown: Vec<&str> = self.of(RowClass::Idea).map(|good| good.name.as_str()).collect();
        let _ = write!(
            text,
            "Prices of {} are documented nowhere and are no multiples of the units. ",
            unknown.join(", ")
        );
        if let (Some(one), Some(other)) = (self.of(RowClass::Beyond).next(), self.of(RowClass::Idea).next()) {
            let more = one.price.0[1] - other.price.0[1];
            let _ =
                write!(text, "{} costs what {} costs, and {more} more for each unit.", one.name, other.name);
        }
        text
    }

    /// Returns the names of the rows of each class, on training data.
    pub(super) fn rows(&self) -> BTreeMap<String, RowClass> {
        self.split(0).into_iter().map(|(name, good, _)| (name, good.class)).collect()
    }

    fn split(&self, split: usize) -> Vec<(String, &Good, u64)> {
        let rows =
            self.units[split].iter().flat_map(|units| self.goods.iter().map(move |good| (good, *units)));
        let prefix = if split == 0 { "t" } else { "h" };
        rows.enumerate().map(|(row, (good, units))| (format!("{prefix}{row}"), good, units)).collect()
    }

    /// Returns the task.
    pub(super) fn task(&self) -> Result<Task, ServiceError> {
        let lines = |split| {
            let line = |(name, good, units): (String, &Good, u64)| {
                json!({"name": name, "input": [good.name, units], "expected": good.price.of(units)})
                    .to_string()
                    + "\n"
            };
            self.split(split).into_iter().map(line).collect::<String>()
        };
        let toml = format!(
            "[task]\nname = \"{}\"\ntitle = \"Prices of goods\"\ndescription = {}\ndirection = \"maximize\"\nunit = \"share of right prices\"\n\
             [entry]\nmodule = \"task_agent\"\nfunction = \"price\"\n[scorer]\nkind = \"rows\"\nmetric = \"exact\"\n\
             [splits.train]\nfile = \"train.jsonl\"\n[splits.held-out]\nfile = \"held-out.jsonl\"\n",
            self.name,
            json!(self.description()),
        );
        let files = [("task.toml", toml), ("train.jsonl", lines(0)), ("held-out.jsonl", lines(1))];
        Ok(Task::from_files(&file_set(&files)?, &self.name)?)
    }

    /// Returns the agent with which every population begins.
    pub(super) fn agent(&self) -> Result<SeedAgent, ServiceError> {
        let files = [("meta_agent.py", META_AGENT.to_owned()), ("task_agent.py", self.seed_code())];
        Ok(SeedAgent { name: "transfer".to_owned(), files: file_set(&files)? })
    }

    /// Returns the program of the seed, which has the documented prices.
    pub(super) fn seed_code(&self) -> String {
        let mut code = "\"\"\"Prices of goods.\"\"\"\n\n\ndef price(good, units):\n".to_owned();
        for good in self.goods.iter().filter(|good| matches!(good.class, RowClass::Known | RowClass::Flaw)) {
            let UnitPrice([_, each, once]) = good.price;
            let _ =
                write!(code, "    if good == \"{}\":\n        return {each} * units + {once}\n", good.name);
        }
        code + "    return 0\n"
    }

    /// Returns the program of the peer, with its idea and its flaw.
    pub(super) fn peer_code(&self) -> String {
        self.table(|good| (good.class != RowClass::Beyond).then_some(good.peer))
    }

    /// Returns the program of a reader that took the idea, kept what it knew, and went further.
    pub(super) fn adapted_code(&self) -> String {
        self.table(|good| Some(good.price))
    }

    fn table(&self, price: impl Fn(&Good) -> Option<UnitPrice>) -> String {
        let mut code = "\"\"\"Prices of goods: square, each and once.\"\"\"\n\nPRICES = {\n".to_owned();
        for good in &self.goods {
            if let Some(UnitPrice([square, each, once])) = price(good) {
                let _ = writeln!(code, "    \"{}\": ({square}, {each}, {once}),", good.name);
            }
        }
        code + "}\n\n\ndef price(good, units):\n    square, each, once = PRICES.get(good, (0, 0, 0))\n    \
                return square * units * units + each * units + once\n"
    }
}

impl UnitPrice {
    fn of(self, units: u64) -> u64 {
        let Self([square, each, once]) = self;
        square * units * units + each * units + once
    }
}

/// Draws a name of two syllables that no good has yet.
fn new_name(goods: &[Good], random: &mut SplitMix) -> String {
    const SYLLABLES: [&str; 12] = ["ba", "do", "fe", "ga", "ki", "lu", "mo", "ne", "pi", "ra", "so", "tu"];
    loop {
        let mut syllable = || SYLLABLES[random.below(SYLLABLES.len() as u64) as usize];
        let name = format!("{}{}", syllable(), syllable());
        if goods.iter().all(|good| good.name != name) {
            return name;
        }
    }
}

fn file_set(files: &[(&str, String)]) -> Result<FileSet, ServiceError> {
    let mut set = FileSet::new();
    for (path, content) in files {
        let failed = |error: &dyn std::fmt::Display| ServiceError::request(format!("{path}: {error}"));
        let name = RelPath::new(path).map_err(|error| failed(&error))?;
        set.insert(name, content.clone().into_bytes()).map_err(|error| failed(&error))?;
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_repeat_and_differ_by_number_and_seed() {
        let shown = |seed, number| format!("{:?}", TransferTask::generate(seed, number));
        assert_eq!(shown(1, 2), shown(1, 2));
        assert!(shown(1, 2) != shown(1, 3) && shown(1, 2) != shown(2, 2));
    }

    #[test]
    fn the_ground_truth_is_that_of_the_programs() {
        for number in 0..50 {
            let task = TransferTask::generate(7, number);
            let known: Vec<&str> = task.goods.iter().map(|good| good.name.as_str()).collect();
            assert_eq!(known.iter().collect::<std::collections::BTreeSet<_>>().len(), 7);
            let rows = task.rows();
            assert_eq!(rows.len() as u64, 7 * ROWS);
            let count = |class| rows.values().filter(|one| **one == class).count() as u64;
            assert_eq!((count(RowClass::Idea), count(RowClass::Flaw), count(RowClass::Beyond)), (18, 6, 6));
            for good in &task.goods {
                for units in 1..=2 * ROWS {
                    let (right, peer) = (good.price.of(units), good.peer.of(units));
                    assert_eq!(
                        right == peer,
                        matches!(good.class, RowClass::Known | RowClass::Idea),
                        "{good:?}"
                    );
                    assert!(right != 0, "a good without a price is no good");
                }
            }
            task.task().unwrap();
            assert_eq!(task.agent().unwrap().files.len(), 2);
            let idea = task.of(RowClass::Idea).next().unwrap();
            assert!(!task.seed_code().contains(&idea.name) && task.peer_code().contains(&idea.name));
            assert!(!task.description().contains(&idea.price.0[2].to_string()));
        }
    }
}
