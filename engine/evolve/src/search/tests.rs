//! Tests the sampling rules against independent implementations of their formulas, and properties of every rule.

mod formulas;
mod growth;
mod rules;

use hyperspace_core::{RecordId, TreeId};
use hyperspace_eval::{Direction, Fitness, Score};

use super::archive::Archive;
use super::draws::Draws;
use super::sampler::{Child, Sampler, View, sampler};
use crate::record::candidate_id::CandidateId;
use crate::record::search_record::SearchRecord;
use crate::search::archive::Member;

/// An archive of members that were made one after the other, with a rule that knows them.
struct World {
    archive: Archive,
    records: Vec<SearchRecord>,
    rule: Box<dyn Sampler>,
    scale: Option<Fitness>,
}

/// A member: score in percent, size of its program in bytes, scores of its cases.
#[derive(Clone, Default)]
struct Made {
    score: u64,
    parent: Option<usize>,
    bytes: u64,
    cases: Vec<u64>,
}

impl World {
    fn new(rule: &str, direction: Direction) -> Self {
        let rule = sampler(&rule.parse().unwrap());
        let scale = Some(Fitness { zero: Score::integer(0), one: Score::integer(100) });
        Self { archive: Archive::new(direction), records: Vec::new(), rule, scale }
    }

    /// Creates members with these scores, all children of the first.
    fn of(rule: &str, scores: &[u64]) -> Self {
        let mut world = Self::new(rule, Direction::Maximize);
        for (index, score) in scores.iter().enumerate() {
            world.admit(Made { score: *score, parent: (index > 0).then_some(0), ..Made::default() });
        }
        world
    }

    fn view(&self) -> View<'_> {
        View { archive: &self.archive, records: &self.records, scale: self.scale.as_ref() }
    }

    fn admit(&mut self, made: Made) -> usize {
        let index = self.archive.members().len();
        let mut tree = [0; 32];
        tree[..8].copy_from_slice(&(index as u64).to_le_bytes());
        let tree = TreeId::from_bytes(tree);
        let evaluation = None::<RecordId>;
        self.archive.admit(Member {
            id: CandidateId { generation: index as u64, candidate: 0 },
            tree,
            parent: made.parent,
            made_by: tree,
            score: Score::integer(made.score),
            held_out: None,
            children: 0,
            failures: 0,
            train_evaluation: evaluation,
            held_out_evaluation: evaluation,
            measured: Vec::new(),
            remeasured: 0,
        });
        let sizes = [("bytes", made.bytes), ("score", made.score)];
        let descriptor = sizes.map(|(name, value)| (name.to_owned(), Score::integer(value))).into();
        let cases = made.cases.iter().map(|score| Some(Score::integer(*score))).collect();
        self.records.push(SearchRecord { descriptor, cases, ..SearchRecord::default() });
        let view = View { archive: &self.archive, records: &self.records, scale: self.scale.as_ref() };
        self.rule.admit(&view, index);
        index
    }

    fn child(&mut self, parent: usize, improved: bool) {
        self.child_of_arm(parent, improved, None);
    }

    fn child_of_arm(&mut self, parent: usize, improved: bool, arm: Option<u64>) {
        self.archive.count_child(parent);
        let view = View { archive: &self.archive, records: &self.records, scale: self.scale.as_ref() };
        self.rule.count_child(&view, Child { parent, arm, improved });
    }

    fn draw(&self, number: u64) -> usize {
        let id = CandidateId { generation: number / 8, candidate: number % 8 };
        self.rule.draw(&self.view(), &mut Draws::for_candidate(7, id, 0)).member
    }
}

/// Upper 0.1 % points of the chi-square distribution with 1, 2, ... degrees of freedom (tables).
const CRITICAL: [f64; 8] = [10.828, 13.816, 16.266, 18.467, 20.515, 22.458, 24.322, 26.124];

/// Checks that 100,000 draws follow these weights, which need not be normalised: p > 0.001.
fn matches(name: &str, world: &World, weights: &[f64]) {
    const DRAWS: u32 = 100_000;
    let total: f64 = weights.iter().sum();
    let mut counts = vec![0_u32; weights.len()];
    (0..u64::from(DRAWS)).for_each(|number| counts[world.draw(number)] += 1);
    let mut chi_square = 0.0;
    for (count, weight) in counts.iter().zip(weights) {
        if *weight == 0.0 {
            assert_eq!(*count, 0, "{name}: {counts:?}");
            continue;
        }
        let mean = f64::from(DRAWS) * weight / total;
        assert!(mean > 5.0, "{name}: too rare for the test");
        chi_square += (f64::from(*count) - mean).powi(2) / mean;
    }
    let cells = weights.iter().filter(|weight| **weight > 0.0).count();
    assert!(cells < 2 || chi_square < CRITICAL[cells - 2], "{name}: {chi_square} {counts:?} {weights:?}");
}
