//! A sentence as the detector reads it: the classes of its words, and what follows from neighbouring words.

use std::ops::Range;

use super::lexicon::{ClassBits, ED, ING, SpecialClasses, StopLexicon, WordClasses};
use super::words::{BREAK, words};

/// Words after which a verb in its basic form is a noun.
const DETERMINERS: [&str; 18] = [
    "a", "an", "the", "its", "their", "his", "her", "my", "our", "your", "per", "each", "every", "any", "no",
    "of", "these", "another",
];
/// Words that end no sentence: a line that ends with one was cut.
const UNFINISHED: [&str; 14] =
    ["a", "an", "the", "of", "to", "its", "our", "my", "their", "by", "with", "from", "than", "or"];
/// Words after which a demonstrative belongs to the following noun.
const OF_NOUNS: [&str; 5] = ["the", "a", "an", "other", "others"];
/// Verbs after which "not" states a fact instead of forbidding.
const REPORTS: [&str; 17] = [
    "does", "did", "is", "was", "were", "are", "am", "has", "had", "have", "if", "it", "that", "which",
    "who", "can", "could",
];
/// Words that begin a clause after "as".
const AS_IT: [&str; 10] = ["it", "this", "they", "we", "i", "you", "there", "no", "nothing", "any"];
/// Words after which a noun is not the object of the verb before them.
const PREPOSITIONS: [&str; 16] = [
    "in", "on", "at", "to", "from", "with", "by", "of", "for", "into", "over", "upon", "about", "under",
    "within", "through",
];
/// Words with which "after" and "before" give a time and no condition.
const AFTER_THESE: [&str; 17] = [
    "this",
    "that",
    "generation",
    "now",
    "it",
    "long",
    "lengthy",
    "much",
    "many",
    "careful",
    "due",
    "reviewing",
    "weeks",
    "days",
    "hours",
    "years",
    "consideration",
];
/// Words that begin a continuing clause.
const CONTINUES: [&str; 6] = ["and", "then", "so", "next", "instead", "but"];
/// Minimum number of letters of an unknown word in -ly that counts as an adverb.
const ADVERB_LETTERS_MIN: usize = 6;
/// Words in -ly that are not adverbs.
const NO_ADVERBS: [&str; 8] =
    ["assembly", "family", "multiply", "anomaly", "supply", "monopoly", "butterfly", "reapply"];
/// Maximum number of words between a denial and the act that it denies.
const DENIAL_DISTANCE: usize = 3;

/// A word and its classes.
pub(super) struct ReadWord {
    pub(super) text: String,
    pub(super) forms: WordClasses,
}

impl ReadWord {
    pub(super) fn classes(&self) -> ClassBits {
        self.forms.iter().fold(0, |all, form| all | form)
    }

    fn remove(&mut self, classes: ClassBits) {
        self.forms.iter_mut().for_each(|form| *form &= !classes);
    }
}

/// A sentence whose words are read.
pub(super) struct ReadSentence<'a> {
    pub(super) words: Vec<ReadWord>,
    /// All the classes of its words.
    pub(super) all: WordClasses,
    pub(super) special: &'a SpecialClasses,
}

impl<'a> ReadSentence<'a> {
    pub(super) fn of(sentence: &str, lexicon: &'a StopLexicon) -> Self {
        let words = words(sentence, lexicon)
            .into_iter()
            .map(|text| ReadWord { forms: lexicon.classes(&text), text })
            .collect();
        let mut read = Self { words, all: WordClasses::default(), special: &lexicon.special };
        for at in 0..read.words.len() {
            read.read_alone(at);
        }
        for at in 0..read.words.len() {
            read.read_beside(at);
        }
        for word in &read.words {
            read.all.iter_mut().zip(word.forms).for_each(|(all, form)| *all |= form);
        }
        read
    }

    /// Returns whether the word at a place belongs to one of these classes.
    pub(super) fn is(&self, at: usize, classes: ClassBits) -> bool {
        self.words.get(at).is_some_and(|word| word.classes() & classes != 0)
    }

    /// Returns whether the word at a place is one of these.
    pub(super) fn is_word(&self, at: usize, words: &[&str]) -> bool {
        self.words.get(at).is_some_and(|word| words.contains(&word.text.as_str()))
    }

    fn is_break(&self, at: usize) -> bool {
        self.is_word(at, &[BREAK])
    }

    /// Returns whether a word is in no class, and so is about the matter of a program.
    pub(super) fn is_matter(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| word.classes() == 0) && !self.is_break(at)
    }

    /// Returns whether a word has no meaning of its own, so that patterns skip it.
    pub(super) fn is_thin(&self, at: usize) -> bool {
        let classes = self.words.get(at).map_or(0, ReadWord::classes);
        classes & self.special.fillers != 0 || (classes != 0 && classes & !self.special.thin == 0)
    }

    pub(super) fn is_preposition(&self, at: usize) -> bool {
        self.is_word(at, &PREPOSITIONS)
    }

    fn is_filler(&self, at: usize) -> bool {
        self.is(at, self.special.fillers | self.special.number)
    }

    /// Returns whether a clause ends before this place.
    fn is_boundary(&self, at: usize) -> bool {
        at >= self.words.len() || self.is_break(at) || self.is(at, self.special.and)
    }

    /// Returns whether nothing of meaning follows in the clause.
    pub(super) fn ends(&self, mut at: usize) -> bool {
        while at < self.words.len()
            && !self.is_boundary(at)
            && (self.is_filler(at) || self.is(at, self.special.always))
        {
            at += 1;
        }
        let is_cut = at >= self.words.len() && self.is_word(self.words.len().wrapping_sub(1), &UNFINISHED);
        !is_cut && self.is_boundary(at)
    }

    /// Returns whether a clause begins here, apart from words without meaning of their own.
    pub(super) fn begins(&self, at: usize) -> bool {
        let before = (0..at).rev().find(|at| !self.is_thin(*at) || self.is_word(*at, &DETERMINERS));
        before.is_none_or(|before| self.is_break(before) || self.is(before, self.special.and))
    }

    /// Returns whether what follows is not about the matter. A named actor is matter: "changed by the callback".
    pub(super) fn is_closed(&self, found: &Range<usize>) -> bool {
        let mut at = found.end;
        let is_done =
            self.words.get(at.wrapping_sub(1)).is_some_and(|word| word.forms[ED] & self.special.acts != 0);
        let is_done_by = is_done && self.is_word(at, &["by"]);
        if is_done_by && !(at + 1..at + 4).any(|at| self.is(at, self.special.audience)) {
            return false;
        }
        while self.is_thin(at) && !self.is_boundary(at) {
            at += 1;
        }
        !self.is_matter(at)
    }

    /// Returns whether what was found holds only in some cases, which the matter determines.
    pub(super) fn depends_on_the_matter(&self, found: &Range<usize>) -> bool {
        let condition = self.special.if_;
        let until_break = |at: usize| (at..self.words.len()).take_while(|at| !self.is_break(*at));
        let on_matter = (0..self.words.len())
            .any(|at| self.is(at, condition) && until_break(at + 1).any(|at| self.is_matter(at)));
        let mut before = (0..found.start).rev().take_while(|at| !self.is_break(*at));
        on_matter || before.any(|at| self.is(at, condition))
    }

    /// Returns whether a clause from this place on tells its reader to change or to search.
    pub(super) fn goes_on(&self, from: usize) -> bool {
        (from..self.words.len())
            .any(|at| self.words[at].forms[0] & self.special.acts != 0 && self.is_told(from, at))
    }

    /// Returns whether the act at a place is the first of its clause and not denied.
    fn is_told(&self, from: usize, act: usize) -> bool {
        for at in (from..act).rev() {
            if self.is(at, self.special.not | self.special.dont) {
                return false;
            }
            if self.is_break(at) || self.is_word(at, &CONTINUES) {
                return !self.lists_acts(at);
            }
            if !self.is_thin(at) {
                return false;
            }
        }
        false
    }

    /// Returns whether a break only separates acts of one list: "do not refactor, retune or rewrite".
    fn lists_acts(&self, at: usize) -> bool {
        let before = (0..at).rev().find(|at| !self.is_boundary(*at));
        before.is_some_and(|before| self.words[before].forms[0] & self.special.acts != 0)
    }

    /// Returns whether a denial stands shortly before a place.
    pub(super) fn is_denied(&self, at: usize) -> bool {
        let denial = self.special.not | self.special.no | self.special.dont;
        let mut before = (at.saturating_sub(DENIAL_DISTANCE + 1)..at).rev();
        before.find(|at| self.is(*at, denial) || !self.is_thin(*at)).is_some_and(|at| self.is(at, denial))
    }

    /// Returns whether no word is about the matter.
    pub(super) fn is_bare(&self) -> bool {
        !self.has_matter_before(self.words.len())
    }

    /// Returns whether any word before a place is about the matter.
    pub(super) fn has_matter_before(&self, at: usize) -> bool {
        (0..at).any(|at| self.is_matter(at))
    }

    fn read_alone(&mut self, at: usize) {
        let (number, plain) = (self.special.number, self.special.plain);
        let word = &mut self.words[at];
        let text = word.text.as_str();
        if text.starts_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_digit() || ".%x".contains(c))
        {
            word.forms[0] |= number;
        }
        let is_adverb =
            text.len() >= ADVERB_LETTERS_MIN && text.ends_with("ly") && !NO_ADVERBS.contains(&text);
        if word.classes() == 0 && is_adverb {
            word.forms[0] |= plain;
        }
    }

    fn read_beside(&mut self, at: usize) {
        let special = self.special;
        let before = at.checked_sub(1);
        let is_before = |words: &[&str]| before.is_some_and(|before| self.is_word(before, words));
        let (mut removed, mut added) = (0, 0);
        if self.is_word(at, &["this", "that", "these", "those", "all"]) && self.belongs_to_noun(at + 1) {
            removed |= special.this;
        }
        if self.is_word(at, &["not", "never"]) && self.forbids(at) {
            added |= special.dont;
        }
        if is_before(&["strongly"]) || before.is_some_and(|before| self.is(before, special.said)) {
            added |= if self.is_word(at, &["against"]) { special.dont } else { 0 };
        }
        if self.is_word(at, &["after", "before"]) && self.is_word(at + 1, &AFTER_THESE) {
            removed |= special.if_;
            added |= special.plain;
        }
        if self.is_word(at, &["as"]) && self.is_word(at + 1, &AS_IT) {
            added |= special.and;
        }
        if before.is_some_and(|before| self.is_matter(before)) {
            removed |= special.whole;
        }
        if self.is(at, special.part) && (at.saturating_sub(3)..at).any(|at| self.is(at, special.mine)) {
            added |= special.whole;
        }
        let is_noun = is_before(&DETERMINERS);
        let word = &mut self.words[at];
        word.remove(removed);
        if is_noun {
            word.forms[..2].iter_mut().for_each(|form| *form &= !special.verbs);
        }
        word.forms[0] |= added;
    }

    /// Returns whether the verb at a place has a subject that cannot be told anything: "the value should not change".
    fn has_subject(&self, verb: usize) -> bool {
        let special = self.special;
        let told = special.whole | special.this | special.audience | special.self_;
        let in_clause = (0..=verb).rev().take_while(|at| !self.is_boundary(*at));
        let before = in_clause.skip(1).find(|at| !self.is_thin(*at) || self.is(*at, told));
        before.is_some_and(|at| self.is_matter(at) || (self.is(at, special.nouns) && !self.is(at, told)))
    }

    fn is_verb(&self, at: usize, form: usize) -> bool {
        self.words.get(at).is_some_and(|word| word.forms[form] & self.special.verbs != 0)
    }

    /// Returns whether a demonstrative belongs to the following word.
    fn belongs_to_noun(&self, next: usize) -> bool {
        self.is_matter(next)
            || self.is(next, self.special.number | self.special.nouns)
            || self.is_word(next, &OF_NOUNS)
    }

    /// Returns whether a "not" forbids: "do not", "must never", but not "does not".
    fn forbids(&self, at: usize) -> bool {
        let next = |words: &[&str]| self.is_word(at + 1, words);
        let before = match at.checked_sub(1) {
            Some(before) if !self.is_break(before) => before,
            // "Not editing" and "never edit", but not "not edited".
            _ => return self.is_word(at, &["never"]) || self.is_verb(at + 1, ING),
        };
        let of_ours = self.is_word(before, &["am", "are"])
            && before.checked_sub(1).is_some_and(|at| self.is_word(at, &["i", "we"]))
            && self.is_verb(at + 1, ING);
        if next(&["going_to"]) || of_ours {
            return true;
        }
        !self.is_word(before, &REPORTS) && !self.has_subject(before)
    }
}
