//! Sentences about nothing but the search itself: every word is known, and together they deny an act or call it finished, in any
//! order.

use super::reading::ReadSentence;

/// Minimum number of meaningful words in such a sentence.
const WEIGHTY_MIN: usize = 3;
/// Number of words after a denial in which another one reverses it: "not final".
const TURNED_WORDS: usize = 3;

/// Returns whether a sentence closes the search, by its words alone.
pub(super) fn closes(sentence: &ReadSentence<'_>) -> bool {
    let special = sentence.special;
    let all = || 0..sentence.words.len();
    if all().any(|at| sentence.is_matter(at) || sentence.is(at, special.if_)) {
        return false;
    }
    let parts = [special.denials, special.subjects, special.reach];
    let has_each = parts.iter().all(|classes| all().any(|at| sentence.is(at, *classes)));
    let weighty = all().filter(|at| parts.iter().any(|classes| sentence.is(*at, *classes))).count();
    has_each && weighty >= WEIGHTY_MIN && !all().any(|at| is_turned(sentence, at)) && !sentence.goes_on(0)
}

/// Returns whether words from a place on tell the reader to continue: "not final", "keep trying".
fn is_turned(sentence: &ReadSentence<'_>, at: usize) -> bool {
    let special = sentence.special;
    let mut next = at + 1..sentence.words.len().min(at + 1 + TURNED_WORDS);
    let denied = sentence.is(at, special.not)
        && next.any(|at| sentence.is(at, special.ends) && !sentence.is(at, special.fillers));
    let is_ing = sentence.words.get(at + 1).is_some_and(|word| word.forms[3] != 0);
    denied || (sentence.is_word(at, &["keep", "go", "try"]) && is_ing)
}
