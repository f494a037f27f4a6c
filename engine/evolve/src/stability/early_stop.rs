//! The sequential test that ends the evaluation of a candidate that will not be better than its parent on training data.
//!
//! Rows come in a random order without replacement. `d` is the difference between the amounts of candidate and parent on a row,
//! positive if the candidate is better, and `g` is the greatest possible `d` on that row, given the best amount that the row
//! allows. A candidate is admitted only if `Σd > 0` over all rows (`≥ 0` if equals may be admitted). After some rows with the sum
//! `S`:
//!
//! - *Impossible*: if `S + Σg` over the remaining rows is not above 0, the candidate cannot be admitted, whatever it does. This
//!   is exact.
//! - *Improbable*: if `Σd > 0`, the mean of the remaining `R` rows is above `m = −S/R`, so the wealth `K = Π (1 + λ(m − d))` of a
//!   bet against it is a supermartingale for every `λ` that depends only on earlier rows and keeps the factors positive. By
//!   Ville's inequality, it reaches `1/P` with a probability of at most `P`, at whatever row one looks. A candidate that a full
//!   evaluation would have admitted is therefore stopped with a probability of at most `P`.
//!
//! The stake is `λ = (m − μ)/(σ² + (m − μ)²)` with mean and variance of the rows so far, at least 0 and at most 3/4 of `1/(max g
//! − m)`. Sources: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", 2024 (arXiv 2010.09686):
//! betting without replacement, aGRAPA; Ville 1939. Arithmetic is limited to products and quotients, so it is the same on every
//! machine.

use hyperspace_eval::{Direction, Score};

/// The share of the largest possible stake that is risked at most.
const STAKE_MAX: f64 = 0.75;

/// A row before the candidate is evaluated on it: the amount of its parent, and the best one.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownRow {
    /// The amount of the parent.
    pub parent: Score,
    /// The best amount that the row allows.
    pub best: Score,
}

/// A decision to end an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The candidate cannot be better, whatever the remaining rows bring.
    Impossible,
    /// The candidate is better only with a small probability.
    Improbable,
}

impl StopReason {
    /// Returns the name used in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Impossible => "impossible",
            Self::Improbable => "improbable",
        }
    }
}

/// The test of one candidate.
#[derive(Debug, Clone)]
pub struct EarlyStopTest {
    direction: Direction,
    /// The largest probability of an error; 0 for the exact bound alone.
    level: f64,
    /// True if equals may be admitted.
    takes_equals: bool,
    rows: Vec<KnownRow>,
    /// The greatest possible difference of each row.
    gaps: Vec<Score>,
    /// The greatest possible difference on any row from this one on.
    greatest: Vec<f64>,
    seen: usize,
    sum: Score,
    /// The sum of the greatest possible differences of the rows to come.
    rest: Score,
    wealth: f64,
    squares: f64,
    /// True if a row was better than its declared best amount, which was therefore wrong, so that nothing can be concluded.
    refuted: bool,
}

impl EarlyStopTest {
    /// Returns the test of a candidate on rows in the order in which they will be evaluated. `level` is the largest probability
    /// of an error; with 0, only impossibility ends the evaluation. `takes_equals` is true if a candidate that is as good as its
    /// parent may be admitted.
    #[must_use]
    pub fn new(direction: Direction, level: f64, takes_equals: bool, rows: Vec<KnownRow>) -> Self {
        let gaps: Vec<Score> = rows.iter().map(|row| difference(direction, &row.best, &row.parent)).collect();
        let mut greatest = vec![0.0; gaps.len()];
        let mut most = f64::NEG_INFINITY;
        for (place, gap) in gaps.iter().enumerate().rev() {
            most = most.max(gap.to_f64());
            greatest[place] = most;
        }
        Self {
            direction,
            level,
            takes_equals,
            rest: gaps.iter().sum(),
            gaps,
            rows,
            greatest,
            seen: 0,
            sum: Score::zero(),
            wealth: 1.0,
            squares: 0.0,
            refuted: false,
        }
    }

    /// Returns the number of rows examined so far.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// Examines the amount of the next row. Returns the reason if the evaluation ends with it.
    pub fn look(&mut self, amount: &Score) -> Option<StopReason> {
        let row = self.rows.get(self.seen)?;
        let gap = &self.gaps[self.seen];
        let own = difference(self.direction, amount, &row.parent);
        self.refuted |= own > *gap;
        self.rest = &self.rest - gap;
        self.bet(own.to_f64());
        self.sum = &self.sum + &own;
        self.seen += 1;
        if self.refuted || self.seen == self.rows.len() {
            return None;
        }
        let most = &self.sum + &self.rest;
        let zero = Score::zero();
        if most < zero || (most == zero && !self.takes_equals) {
            return Some(StopReason::Impossible);
        }
        (self.level > 0.0 && self.wealth >= 1.0 / self.level).then_some(StopReason::Improbable)
    }

    /// Bets on the next difference.
    fn bet(&mut self, difference: f64) {
        let left = (self.rows.len() - self.seen) as f64;
        let (sum, count) = (self.sum.to_f64(), self.seen as f64);
        let (least, greatest) = (-sum / left, self.greatest[self.seen]);
        // Counts one row more than was seen, with difference 0 and a large variance, so that the first stakes are small.
        let mean = sum / (count + 1.0);
        let spread = greatest.max(0.0) / 2.0;
        let variance = (self.squares + spread * spread) / (count + 1.0) - mean * mean;
        let edge = least - mean;
        let room = greatest - least;
        if edge > 0.0 && room > 0.0 {
            let stake = edge / (variance.max(0.0) + edge * edge);
            self.wealth *= 1.0 + stake.min(STAKE_MAX / room) * (least - difference);
        }
        self.squares += difference * difference;
    }
}

/// Returns the amount by which one amount is better than another.
fn difference(direction: Direction, own: &Score, other: &Score) -> Score {
    match direction {
        Direction::Maximize => own - other,
        Direction::Minimize => other - own,
    }
}

#[cfg(test)]
mod tests;
