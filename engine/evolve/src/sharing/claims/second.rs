//! The second version of the rules for claims.
//!
//! A number is a claim if a measure owns it, or if it has decimals, is a percentage or a quotient, and the line speaks of results.
//! It is none if a parameter or a unit owns it, if it is the bound of a condition, or if it is a share of something else.

use super::comparison::{ClaimMeasure, ClaimRelation, ClaimUnit, NumberClaim};
use super::line::{ClaimLine, LineItem, LineSign};
use super::numbers::{NumberReading, TextNumber};
use super::owners::NumberPlace;
use super::perfect;
use super::spelt;
use super::words::Traits;
use crate::sharing::work;

/// Number of words at the end of a line and at the beginning of the next that may form one claim.
const OPEN_WORDS: usize = 4;
/// Number of words between the two numbers of a quotient.
const QUOTIENT_WORDS_MAX: usize = 3;
/// Smallest number in words that is a claim on a line that speaks of results.
const SPELT_MIN: f64 = 20.0;
/// Number of bytes at the end of a line and at the beginning of the next that are read together.
const OPEN_BYTES: usize = 80;

/// Returns whether prose, in plain form, claims a score that is not among the recorded ones.
pub(super) fn differs(seen: &str, recorded: &[f64]) -> bool {
    let line = ClaimLine::read(seen);
    if perfect::claims(&line, recorded) {
        return true;
    }
    let reader = ClaimReader::new(&line);
    let mut at = 0;
    while at < line.items.len() {
        work::count(1);
        let (claim, next) = reader.claim(at);
        if claim.is_some_and(|claim| !claim.claim().holds(recorded)) {
            return true;
        }
        at = next.max(at + 1);
    }
    false
}

/// Returns whether a claim that begins at the end of a line may continue at the beginning of the next. The lines are in plain
/// form.
pub(super) fn goes_on(before: &str, after: &str) -> bool {
    if before.ends_with(['.', ';', '!', '?']) {
        return false;
    }
    let after = without_list_number(after);
    let from = before.ceil_char_boundary(before.len().saturating_sub(OPEN_BYTES));
    let tail = ClaimLine::read(&before[from..]);
    let head = ClaimLine::read(&after[..after.floor_char_boundary(OPEN_BYTES)]);
    let words = |item: &&LineItem| item.is_word() || item.number().is_some();
    let speaks = tail
        .items
        .iter()
        .rev()
        .filter(words)
        .take(OPEN_WORDS)
        .any(|item| item.has(Traits::SCORE.and(Traits::CONTEXT).and(Traits::LOSS).and(Traits::FAULTS)));
    let has_number = tail.items.iter().any(|item| item.number().is_some());
    let counts = head.items.iter().filter(words).take(OPEN_WORDS).any(|item| item.number().is_some());
    if speaks && !has_number && counts {
        return true;
    }
    let joined = ClaimLine::read(&format!("{} {}", tail.text, head.text));
    perfect::claims(&joined, &[]) && !perfect::claims(&tail, &[]) && !perfect::claims(&head, &[])
}

/// Returns a line without the number of a list's item, such as `1.` or `2)`, at its beginning.
fn without_list_number(line: &str) -> &str {
    let line = line.trim_start();
    let text = line.trim_start_matches(|c: char| c.is_ascii_digit());
    if (1..=3).contains(&(line.len() - text.len())) {
        text.strip_prefix(". ").or_else(|| text.strip_prefix(") ")).unwrap_or(line)
    } else {
        line
    }
}

/// A number that claims something, with its own readings where it is a quotient.
struct ReadClaim {
    readings: Vec<NumberReading>,
    unit: ClaimUnit,
    measure: ClaimMeasure,
    relation: ClaimRelation,
}

impl ReadClaim {
    fn claim(&self) -> NumberClaim<'_> {
        NumberClaim {
            readings: &self.readings,
            unit: self.unit,
            measure: self.measure,
            relation: self.relation,
        }
    }
}

/// A number with its unit.
struct MeasuredNumber {
    readings: Vec<NumberReading>,
    unit: ClaimUnit,
    /// The first item behind both.
    after: usize,
}

/// Reads the claims of a line.
struct ClaimReader<'a> {
    line: &'a ClaimLine,
    /// True if the line speaks of results.
    speaks: bool,
    /// True if it speaks of errors.
    has_errors: bool,
}

impl<'a> ClaimReader<'a> {
    fn new(line: &'a ClaimLine) -> Self {
        let any = |traits: Traits| line.items.iter().any(|item| item.has(traits));
        Self {
            line,
            speaks: any(Traits::SCORE.and(Traits::CONTEXT)),
            has_errors: any(Traits::LOSS.and(Traits::FAULTS).and(Traits::WRONG)),
        }
    }

    /// Returns the claim at an item, if there is one, and the next item to read.
    fn claim(&self, at: usize) -> (Option<ReadClaim>, usize) {
        let items = &self.line.items;
        let Some(number) = items[at].number() else {
            return (self.part(at).or_else(|| self.foreign_percent(at)), at + 1);
        };
        let MeasuredNumber { readings, unit, after } = self.with_unit(at, number);
        let place = NumberPlace { items, at, after };
        if place.is_parameter() || place.is_condition() || !self.is_claim(place, number, unit) {
            return (None, after);
        }
        let measure = match place.measure() {
            Some(owner) if owner.is_error => ClaimMeasure::Error,
            Some(_) if !self.has_errors => ClaimMeasure::Score,
            Some(_) if !place.is_near(Traits::WRONG, 4) => ClaimMeasure::Score,
            _ if self.has_errors => ClaimMeasure::Either,
            _ => ClaimMeasure::Score,
        };
        let relation = if number.has_plus || place.nearest(Traits::BY) {
            ClaimRelation::Change
        } else if place.nearest(Traits::ABOVE) || place.follows_sign(LineSign::More) {
            ClaimRelation::Above
        } else if place.nearest(Traits::BELOW) || place.follows_sign(LineSign::Less) {
            ClaimRelation::Below
        } else {
            ClaimRelation::Equal
        };
        (Some(ReadClaim { readings, unit, measure, relation }), after)
    }

    /// Returns the number with its unit, and as a quotient if it is one.
    fn with_unit(&self, at: usize, number: &TextNumber) -> MeasuredNumber {
        let items = &self.line.items;
        let readings = number.readings.clone();
        if at > 0 && items[at - 1].has(Traits::PERCENT_OF) {
            return MeasuredNumber { readings, unit: ClaimUnit::Percent, after: at + 1 };
        }
        if let Some(next) = items.get(at + 1) {
            if next.is(LineSign::Percent) || next.has(Traits::PERCENT) {
                return MeasuredNumber { readings, unit: ClaimUnit::Percent, after: at + 2 };
            }
            if next.has(Traits::MILLE) || self.line.word(next) == "\u{2030}" {
                return MeasuredNumber { readings, unit: ClaimUnit::Mille, after: at + 2 };
            }
            let part = spelt::denominator(self.line.word(next))
                .filter(|_| next.has(Traits::PART) && number.is_spelt);
            if let Some(below) = part {
                return quotient(number.value(), below, at + 2);
            }
        }
        match self.below(at) {
            Some((below, after)) if below > 0.0 && number.value() <= below => {
                quotient(number.value(), below, after)
            }
            _ => MeasuredNumber { readings, unit: ClaimUnit::None, after: at + 1 },
        }
    }

    /// Returns the denominator of a quotient, and the first item behind it: `/28`, `of the 28`, `out of every 28`.
    fn below(&self, at: usize) -> Option<(f64, usize)> {
        // `99 rows of 100`, `99 correct of 100`
        let counted = self.line.items.get(at + 1)?.has(Traits::ROWS.and(Traits::SUCCESS).and(Traits::WRONG));
        let at = at + usize::from(counted);
        let rest = self.line.items.get(at + 1..)?;
        let (first, rest) = rest.split_first()?;
        let is_slash = first.is(LineSign::Slash);
        if !is_slash && !first.has(Traits::OF) {
            return None;
        }
        let between = rest.iter().take(QUOTIENT_WORDS_MAX);
        let between = between.take_while(|item| {
            !is_slash && item.is_word() && item.has(Traits::ALL.and(Traits::LINK).and(Traits::KIND))
        });
        let count = between.count();
        let below = rest.get(count)?.number()?;
        let is_full = is_slash && [1.0, 10.0, 100.0].contains(&below.value());
        (below.is_whole() || is_full).then(|| (below.value(), at + 3 + count))
    }

    /// Returns the claim of a part without a number: `half of the rows are correct`.
    fn part(&self, at: usize) -> Option<ReadClaim> {
        let items = &self.line.items;
        let below = spelt::denominator(self.line.word(&items[at])).filter(|_| items[at].has(Traits::PART))?;
        let place = NumberPlace { items, at, after: at + 1 };
        let of_rows = place.behind().take(5).any(|item| item.has(Traits::ROWS))
            && items.get(at + 1).is_some_and(|item| item.has(Traits::OF.and(Traits::ALL)));
        let succeeds = place.is_near(Traits::SUCCESS.and(Traits::WRONG), 6);
        let follows_number = at > 0 && items[at - 1].number().is_some();
        if !of_rows || !succeeds || follows_number || place.is_aside() || place.nearest(Traits::IF) {
            return None;
        }
        let MeasuredNumber { readings, unit, .. } = quotient(1.0, below, at + 1);
        Some(ReadClaim { readings, unit, measure: ClaimMeasure::Either, relation: ClaimRelation::Equal })
    }

    /// Returns the claim of a percentage whose number is a word of another language. No record agrees with it, as its value is
    /// not read.
    fn foreign_percent(&self, at: usize) -> Option<ReadClaim> {
        let items = &self.line.items;
        let is_percent =
            items.get(at + 1).is_some_and(|next| next.has(Traits::PERCENT) || next.is(LineSign::Percent));
        let is_number = is_percent && items[at].is_word() && spelt::is_foreign(self.line.word(&items[at]));
        let (unit, measure, relation) = (ClaimUnit::Percent, ClaimMeasure::Score, ClaimRelation::Equal);
        is_number.then_some(ReadClaim { readings: Vec::new(), unit, measure, relation })
    }

    /// Returns whether a number that no parameter owns claims something.
    fn is_claim(&self, place: NumberPlace<'_>, number: &TextNumber, unit: ClaimUnit) -> bool {
        let measure = place.measure();
        match unit {
            ClaimUnit::Percent | ClaimUnit::Mille => !place.is_aside(),
            ClaimUnit::Quotient => {
                let rows =
                    place.behind().filter(|item| item.is_word()).take(3).any(|item| item.has(Traits::ROWS));
                let results = Traits::SUCCESS.and(Traits::WRONG).and(Traits::SCORE);
                !place.is_aside() && (self.speaks || measure.is_some() || rows || place.is_near(results, 4))
            }
            ClaimUnit::None if number.is_spelt && number.is_whole() => {
                let counts =
                    place.behind().find(|item| item.is_word()).is_some_and(|item| item.has(Traits::ROWS));
                let is_zero_error = number.value() == 0.0 && measure.is_some_and(|owner| owner.is_error);
                (is_zero_error && place.measure_of_whole())
                    || (number.value() >= SPELT_MIN && (self.speaks || measure.is_some()) && !counts)
            }
            ClaimUnit::None if number.is_whole() => self.is_whole_claim(place),
            ClaimUnit::None if number.is_scientific => measure.is_some(),
            ClaimUnit::None => self.speaks || measure.is_some(),
        }
    }

    /// Returns whether a whole number without a unit claims something: it follows a measure, or it is a number of points that
    /// were reached.
    fn is_whole_claim(&self, place: NumberPlace<'_>) -> bool {
        let next = place.behind().find(|item| item.is_word());
        let counts = next.is_some_and(|item| item.has(Traits::ROWS.and(Traits::UNIT)));
        let points = next.is_some_and(|item| item.has(Traits::POINTS));
        let reached = place
            .before()
            .filter(|item| item.is_word())
            .take(3)
            .any(|item| item.has(Traits::REACHES.and(Traits::SCORE)));
        let owned = place.measure_of_whole();
        (owned && !counts) || (points && reached)
    }
}

/// Returns a quotient as a number.
fn quotient(above: f64, below: f64, after: usize) -> MeasuredNumber {
    let readings = vec![NumberReading { value: above / below, decimals: 2 }];
    MeasuredNumber { readings, unit: ClaimUnit::Quotient, after }
}
