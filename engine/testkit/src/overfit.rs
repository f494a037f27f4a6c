//! Simulated searches of known true accuracy, to measure how much of a gain on held-out rows is chance under each split policy.

use hyperspace_evolve::stability::{
    HoldoutQuestion, HoldoutReply, ReusableHoldout, RowTally, is_step, window,
};
use hyperspace_evolve::{CandidateId, SplitConfig, SplitPolicy};

use crate::random::SplitMix64;

/// Accuracy of the seed, in percent.
const SEED_ACCURACY: u64 = 60;

/// The way in which candidates differ from their parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimulatedAgent {
    /// Answers a tenth of the rows anew, no better than before: what it gains is chance.
    Restless,
    /// Learns the answers of training rows that it is shown, five at a time, and answers a tenth of the other rows anew.
    Memoriser,
    /// Is truly better or truly worse by 0.02, every other time.
    Honest,
}

/// A search: its agents, its rows, and its length.
#[derive(Debug, Clone, Copy)]
pub struct SimulatedSearch {
    /// The agents.
    pub agent: SimulatedAgent,
    /// Rows of each split.
    pub rows: usize,
    /// Candidates, one in each generation, each made from the last member.
    pub candidates: u64,
}

/// Means over searches.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SearchGains {
    /// Gain of the champion on training rows.
    pub train: f64,
    /// Gain of the champion on held-out rows.
    pub held_out: f64,
    /// Gain of its true accuracy on rows that nobody saw.
    pub truth: f64,
    /// Questions to held-out rows.
    pub asked: f64,
    /// Answers of the budget that were spent.
    pub spent: f64,
    /// Share of the searches that ended before their last candidate.
    pub ended: f64,
}

/// An agent: which rows it answers rightly, and its true accuracy.
#[derive(Clone)]
struct Answers {
    train: Vec<bool>,
    held_out: Vec<bool>,
    truth: f64,
}

/// A search under way.
struct Course {
    search: SimulatedSearch,
    random: SplitMix64,
    seed: u64,
    asked: u64,
    spent: u64,
}

impl SimulatedSearch {
    /// Returns the mean gains of `searches` under a policy.
    pub fn gains(&self, policy: SplitPolicy, searches: u64) -> SearchGains {
        let mut sum = SearchGains::default();
        for seed in 0..searches {
            let one = self.run(policy, seed);
            sum.train += one.train / searches as f64;
            sum.held_out += one.held_out / searches as f64;
            sum.truth += one.truth / searches as f64;
            sum.asked += one.asked / searches as f64;
            sum.spent += one.spent / searches as f64;
            sum.ended += one.ended / searches as f64;
        }
        sum
    }

    fn run(&self, policy: SplitPolicy, seed: u64) -> SearchGains {
        let random = SplitMix64::new(seed.wrapping_mul(7_919).wrapping_add(1));
        let mut course = Course { search: *self, random, seed, asked: 0, spent: 0 };
        let is_ladder = matches!(policy, SplitPolicy::Guarded(SplitConfig::Ladder(_)));
        let first = course.seed_agent();
        let (mut champion, mut member, mut ended) = (first.clone(), first.clone(), false);
        for generation in 1..=self.candidates {
            if let SplitPolicy::Guarded(splits) = policy
                && splits.budget().is_some_and(|budget| course.spent >= budget)
            {
                ended = true;
                break;
            }
            let deciding = course.window(policy, generation);
            let child = course.child(&member, &deciding);
            if course.accepts(policy, generation, &deciding, (&child, &champion)) {
                (champion, member) = (child.clone(), child);
            } else if is_ladder && course.improves(&deciding, &child, &member) {
                // With the ladder, training rows alone make members.
                member = child;
            }
        }
        let gain = |own: &[bool], other: &[bool]| share(own) - share(other);
        SearchGains {
            train: gain(&champion.train, &first.train),
            held_out: gain(&champion.held_out, &first.held_out),
            truth: champion.truth - first.truth,
            asked: course.asked as f64,
            spent: course.spent as f64,
            ended: f64::from(u8::from(ended)),
        }
    }
}

impl Course {
    fn right(&mut self, truth: f64) -> bool {
        (self.random.below(1_000_000) as f64) < truth * 1e6
    }

    fn seed_agent(&mut self) -> Answers {
        let truth = SEED_ACCURACY as f64 / 100.0;
        let rows = self.search.rows;
        let mut split = || (0..rows).map(|_| self.right(truth)).collect();
        Answers { train: split(), held_out: split(), truth }
    }

    /// Returns the training rows that decide in a generation.
    fn window(&self, policy: SplitPolicy, generation: u64) -> Vec<usize> {
        let parts = if let SplitPolicy::Guarded(splits) = policy { splits.parts() } else { 1 };
        let names: Vec<String> = (0..self.search.rows).map(|row| row.to_string()).collect();
        let groups: Vec<&str> = names.iter().map(String::as_str).collect();
        window(&groups, parts, self.seed, generation)
    }

    fn child(&mut self, parent: &Answers, deciding: &[usize]) -> Answers {
        let mut child = parent.clone();
        match self.search.agent {
            SimulatedAgent::Restless => self.answer_anew(&mut child),
            SimulatedAgent::Memoriser => {
                self.answer_anew(&mut child);
                let all = deciding.len() == self.search.rows;
                let shown: Vec<usize> =
                    (0..self.search.rows).filter(|row| all || !deciding.contains(row)).collect();
                for _ in 0..5 {
                    let row = self.random.below(shown.len() as u64) as usize;
                    child.train[shown[row]] = true;
                }
            }
            SimulatedAgent::Honest => {
                let better = self.random.below(2) == 0;
                let step = if better { 0.02 } else { -0.02 };
                child.truth = (child.truth + step).clamp(0.0, 1.0);
                for split in [&mut child.train, &mut child.held_out] {
                    turn(split, better, &mut self.random);
                }
            }
        }
        child
    }

    /// Answers a tenth of the rows anew, rightly with the probability of the true accuracy.
    fn answer_anew(&mut self, child: &mut Answers) {
        let truth = child.truth;
        for row in 0..2 * self.search.rows {
            if self.random.below(10) == 0 {
                let right = self.right(truth);
                let (split, row) = (row % 2, row / 2);
                if split == 0 { child.train[row] = right } else { child.held_out[row] = right }
            }
        }
    }

    fn improves(&self, deciding: &[usize], child: &Answers, other: &Answers) -> bool {
        let train = tally(deciding.iter().map(|row| (child.train[*row], other.train[*row])));
        train.gained > train.lost
    }

    /// Decides whether a child becomes the champion, as the gate with this policy does.
    fn accepts(
        &mut self,
        policy: SplitPolicy,
        generation: u64,
        deciding: &[usize],
        (child, champion): (&Answers, &Answers),
    ) -> bool {
        let train = tally(deciding.iter().map(|row| (child.train[*row], champion.train[*row])));
        if train.gained <= train.lost {
            return false;
        }
        let held_out = tally(child.held_out.iter().copied().zip(champion.held_out.iter().copied()));
        self.asked += 1;
        match policy {
            SplitPolicy::Fixed => held_out.gained >= held_out.lost,
            SplitPolicy::Guarded(SplitConfig::Ladder(rule)) => {
                is_step(held_out, self.asked, rule.level.to_f64())
            }
            SplitPolicy::Guarded(SplitConfig::Rotating(rule)) => {
                let (threshold, noise, budget) = (rule.threshold, rule.noise, rule.budget);
                let candidate = CandidateId { generation, candidate: 0 };
                let question = HoldoutQuestion { candidate, number: 0, train, held_out };
                let holdout = ReusableHoldout { seed: self.seed, threshold, noise, budget };
                match holdout.ask(&question, self.spent) {
                    HoldoutReply::Agrees => true,
                    HoldoutReply::Spent => false,
                    HoldoutReply::Differs(mean) => {
                        self.spent += 1;
                        mean.to_f64() >= 0.0
                    }
                }
            }
        }
    }
}

/// Turns two in a hundred rows to right or wrong, as far as there are such.
fn turn(split: &mut [bool], right: bool, random: &mut SplitMix64) {
    let wanted = split.len() / 50;
    let mut turned = 0;
    for _ in 0..split.len() * 4 {
        let row = random.below(split.len() as u64) as usize;
        if turned < wanted && split[row] != right {
            split[row] = right;
            turned += 1;
        }
    }
}

fn tally(rows: impl Iterator<Item = (bool, bool)>) -> RowTally {
    let mut tally = RowTally::default();
    for (own, other) in rows {
        tally.rows += 1;
        tally.gained += u64::from(own && !other);
        tally.lost += u64::from(other && !own);
    }
    tally
}

fn share(rows: &[bool]) -> f64 {
    rows.iter().filter(|right| **right).count() as f64 / rows.len() as f64
}
