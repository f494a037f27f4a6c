//! The owner of a number: the word that says what it measures, counts or sets.

use super::line::{ItemKind, LineItem, LineSign};
use super::numbers::TextNumber;
use super::words::Traits;

/// Maximum number of words between a measure and its number.
const MEASURE_WORDS_MAX: usize = 6;
/// Maximum number of words between a measure and a whole number.
const WHOLE_WORDS_MAX: usize = 3;
/// Maximum number of words between a number and a parameter before it.
const PARAMETER_WORDS_MAX: usize = 5;
/// Maximum number of items that are read on either side.
const ITEMS_MAX: usize = 14;
/// Words that name a measure.
const MEASURES: Traits = Traits::SCORE.and(Traits::LOSS).and(Traits::FAULTS);

/// A number of a line, with what follows it.
#[derive(Clone, Copy)]
pub(super) struct NumberPlace<'a> {
    pub(super) items: &'a [LineItem],
    /// The number.
    pub(super) at: usize,
    /// The first item behind the number and its unit.
    pub(super) after: usize,
}

/// The measure that owns a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MeasureOwner {
    pub(super) is_error: bool,
    /// Number of words to it.
    pub(super) words: usize,
}

impl<'a> NumberPlace<'a> {
    fn number(self) -> Option<&'a TextNumber> {
        self.items.get(self.at).and_then(LineItem::number)
    }

    /// Returns the items before the number, nearest first, up to the end of the clause.
    pub(super) fn before(self) -> impl Iterator<Item = &'a LineItem> {
        self.items[..self.at].iter().rev().take(ITEMS_MAX).take_while(|item| !item.is(LineSign::End))
    }

    /// Returns the items behind it, up to the end of the clause.
    pub(super) fn behind(self) -> impl Iterator<Item = &'a LineItem> {
        self.items[self.after..].iter().take(ITEMS_MAX).take_while(|item| !item.is(LineSign::End))
    }

    /// Returns whether a parameter, or a unit, owns the number.
    pub(super) fn is_parameter(self) -> bool {
        let claimed = self.is_followed_by_measure();
        let next = self.items.get(self.after);
        let counted = next.is_some_and(|next| {
            next.has(Traits::UNIT.and(Traits::PARAMETER)) && !next.has(MEASURES.and(Traits::CONTEXT))
        });
        // `accuracy=0.95 lr=0.1`: the parameter has a number of its own.
        let counted = counted && !(self.is_followed_by_another_number() && self.measure().is_some());
        !claimed && (counted || self.follows_parameter() || self.is_assigned())
    }

    /// Returns whether the word right behind the number has a number itself.
    fn is_followed_by_another_number(self) -> bool {
        let links = |item: &&LineItem| {
            (item.is_word() && item.has(Traits::SETS))
                || item.is(LineSign::Equals)
                || item.is(LineSign::Colon)
        };
        self.behind().skip(1).find(|item| !links(item)).is_some_and(|item| item.number().is_some())
    }

    /// Returns whether a parameter stands before the number, with nothing but links between them.
    fn follows_parameter(self) -> bool {
        let (mut words, mut after_colon) = (0, false);
        for item in self.before() {
            if item.is_word() {
                if item.has(Traits::PARAMETER) {
                    return true;
                }
                words += 1;
                if !item.has(Traits::SETS.and(Traits::ABOVE).and(Traits::BELOW))
                    || words > PARAMETER_WORDS_MAX
                {
                    return false;
                }
            } else if item.is(LineSign::Close) || (item.is(LineSign::Comma) && !self.is_listed()) {
                return false;
            }
            // `step 4: 0.97` says something else than `step: 4`.
            if after_colon && item.number().is_some() {
                return false;
            }
            after_colon |= item.is(LineSign::Colon);
        }
        false
    }

    /// Returns whether the number is assigned to a name that is no measure, as in `wd=0.01`, or added to one.
    fn is_assigned(self) -> bool {
        let [before @ .., name, equals] = &self.items[..self.at] else { return false };
        if !equals.is(LineSign::Equals) {
            return false;
        }
        if name.is(LineSign::Operator) {
            return name.at.end == equals.at.start;
        }
        let told = MEASURES.and(Traits::CONTEXT);
        let is_part =
            before.last().is_some_and(|line| line.is(LineSign::Other) && line.at.end == name.at.start);
        let known = if is_part {
            name.has(told)
        } else {
            !name.traits.is_within(Traits::UNIT.and(Traits::PARAMETER))
        };
        let parts = if is_part { 4 } else { 1 };
        let tells = self.behind().filter(|item| item.is_word()).take(2).any(|item| item.has(told));
        name.is_word() && !known && !tells && !before.iter().rev().take(parts).any(|item| item.has(told))
    }

    /// Returns whether numbers alone stand between the number and the comma before it.
    fn is_listed(self) -> bool {
        let before =
            self.before().take_while(|item| !item.is_word()).filter(|item| item.number().is_some()).count();
        let mut behind = self.behind().take_while(|item| !item.is(LineSign::Comma));
        before > 1 || (before == 1 && behind.all(|item| !item.has(MEASURES.and(Traits::CONTEXT))))
    }

    /// Returns whether a measure follows at once that has no number of its own.
    fn is_followed_by_measure(self) -> bool {
        let mut behind = self
            .behind()
            .filter(|item| !is_bracket(item))
            .skip_while(|item| item.has(Traits::KIND) && !item.has(MEASURES));
        let Some(next) = behind.next() else { return false };
        let owns = behind
            .find(|item| !item.has(Traits::LINK) && !item.is(LineSign::Equals) && !item.is(LineSign::Colon))
            .is_some_and(|item| item.number().is_some());
        next.has(Traits::SCORE.and(Traits::LOSS).and(Traits::SUCCESS)) && !owns
    }

    /// Returns whether the number is a condition, such as the end of a loop: `until the error is below 0.1`.
    pub(super) fn is_condition(self) -> bool {
        let mut compares = self.number().is_some_and(|number| number.value() == 0.0);
        let mut measures = false;
        for item in self.before() {
            let compared = item.has(Traits::ABOVE.and(Traits::BELOW))
                || item.is(LineSign::Less)
                || item.is(LineSign::More);
            compares |= compared;
            if item.has(MEASURES.and(Traits::CONTEXT)) {
                measures = true;
            } else if measures && item.has(Traits::IF) {
                return compares;
            } else if item.is_word() && !compared && !item.has(Traits::LINK.and(Traits::KIND)) {
                return false;
            }
        }
        false
    }

    /// Returns the measure that owns the number, if there is one.
    pub(super) fn measure(self) -> Option<MeasureOwner> {
        let before = self.measure_before();
        let behind = self.measure_behind();
        match (before, behind) {
            (Some(before), Some(behind)) if behind.words < before.words => Some(behind),
            (before, behind) => before.or(behind),
        }
    }

    /// Returns whether a measure before the number owns it although it is whole: an error only right before it.
    pub(super) fn measure_of_whole(self) -> bool {
        // `error 22` is the number of an error.
        let is_linked = self
            .before()
            .take(1)
            .any(|item| item.is(LineSign::Equals) || item.is(LineSign::Colon) || item.has(Traits::LINK));
        let is_small = self.number().is_some_and(|number| number.value().abs() <= 1.0);
        let is_counted = self.before().take(1).any(|item| item.has(Traits::FAULTS));
        let owns_error = is_linked || is_small || !is_counted;
        let is_range =
            self.before().filter(|item| item.is_word()).take(2).any(|item| item.has(Traits::RANGE));
        let is_list = self.before().take_while(|item| !item.is_word()).any(|item| item.is(LineSign::Open));
        !is_range
            && !is_list
            && self.measure_before().is_some_and(|owner| !owner.is_error || (owner.words <= 2 && owns_error))
    }

    fn measure_before(self) -> Option<MeasureOwner> {
        let mut words = 0;
        let mut others = 0;
        for item in self.before() {
            if item.has(MEASURES) {
                let is_error = !item.has(Traits::SCORE);
                let is_linked = others <= usize::from(item.has(Traits::LOSS.and(Traits::FAULTS)));
                let near = match self.number().is_some_and(TextNumber::is_whole) {
                    true if is_linked => WHOLE_WORDS_MAX + 1,
                    true => WHOLE_WORDS_MAX,
                    false => MEASURE_WORDS_MAX,
                };
                let owns = words < near && (is_linked || !is_error);
                return owns.then_some(MeasureOwner { is_error, words });
            }
            if item.is_word() {
                words += 1;
                let passes = item.has(
                    Traits::LINK
                        .and(Traits::CONTEXT)
                        .and(Traits::KIND)
                        .and(Traits::ROWS)
                        .and(Traits::BY)
                        .and(Traits::ABOVE)
                        .and(Traits::BELOW)
                        .and(Traits::ALL),
                );
                others += usize::from(!passes);
            }
            // Behind a comma something else is told, unless it is a list of numbers.
            words += usize::from(item.is(LineSign::Comma));
        }
        None
    }

    fn measure_behind(self) -> Option<MeasureOwner> {
        let mut words = 0;
        for item in self.behind() {
            if item.has(MEASURES) {
                let is_error = !item.has(Traits::SCORE);
                return Some(MeasureOwner { is_error, words });
            }
            let passes = item.has(Traits::KIND.and(Traits::OF).and(Traits::SUCCESS)) || is_bracket(item);
            if !passes || words >= WHOLE_WORDS_MAX {
                return None;
            }
            words += usize::from(item.is_word());
        }
        None
    }

    /// Returns whether a word with one of the traits is in the clause, not further away than some words.
    pub(super) fn is_near(self, traits: Traits, most: usize) -> bool {
        let near = |item: &&LineItem| item.is_word();
        self.before().filter(near).take(most).any(|item| item.has(traits))
            || self.behind().filter(near).take(most).any(|item| item.has(traits))
    }

    /// Returns whether the percentage or part is one of data that are used, or of something other than results.
    pub(super) fn is_aside(self) -> bool {
        let mut behind = self.behind().filter(|item| !is_bracket(item));
        let first = behind.next();
        let words: Vec<&LineItem> =
            first.into_iter().chain(behind).filter(|item| item.is_word()).take(4).collect();
        let succeeds =
            words.iter().any(|item| item.has(Traits::SUCCESS.and(Traits::WRONG).and(Traits::SCORE)));
        let is_aside = words.first().is_some_and(|item| item.has(Traits::ASIDE))
            || (words.len() > 1 && words[0].has(Traits::LINK) && words[1].has(Traits::ASIDE));
        if is_aside {
            return !succeeds;
        }
        let before = self
            .before()
            .filter(|item| item.is_word())
            .take_while(|item| item.has(Traits::LINK.and(Traits::DATA).and(Traits::KIND)));
        let uses = before.take(4).any(|item| item.has(Traits::DATA));
        uses && !succeeds
            && (words.is_empty()
                || words.iter().any(|item| item.has(Traits::ROWS.and(Traits::CONTEXT).and(Traits::LINK))))
    }

    /// Returns whether one of the words before it says that it is a bound or a change.
    pub(super) fn nearest(self, traits: Traits) -> bool {
        self.before().filter(|item| item.is_word()).take(2).any(|item| item.has(traits))
    }

    /// Returns whether a sign stands right before it.
    pub(super) fn follows_sign(self, sign: LineSign) -> bool {
        self.before().take_while(|item| matches!(item.kind, ItemKind::Sign(_))).any(|item| item.is(sign))
    }
}

/// Returns whether an item is a bracket, a dash or a quote.
fn is_bracket(item: &LineItem) -> bool {
    [LineSign::Other, LineSign::Operator, LineSign::Open, LineSign::Close].iter().any(|sign| item.is(*sign))
}
