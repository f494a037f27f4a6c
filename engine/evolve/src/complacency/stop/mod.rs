//! Lines that tell to stop, or to leave a program as it is.
//!
//! Each word of a sentence is read as the classes that it belongs to ([`lexicon`]): verbs of changing, of searching and of
//! ceasing, nouns for a program and for attempts, judgements that something is finished or useless. Some readings depend on the
//! neighbouring words ([`reading`]). Sentences are then compared with patterns of classes ([`pattern`]), and sentences without a
//! word on any other matter are read as a whole ([`remark`]). Words in no class, such as rows and bins, are the subject matter of
//! a program: patterns do not skip them, which distinguishes "do not modify this" from "do not modify the input list".

mod lexicon;
mod pattern;
mod reading;
mod remark;
mod words;

use std::ops::Range;
use std::sync::LazyLock;

use crate::sharing::reads_as;
use lexicon::StopLexicon;
use pattern::{PatternStrength, SentencePattern};
use reading::ReadSentence;

/// The words.
static LEXICON: LazyLock<StopLexicon> = LazyLock::new(|| StopLexicon::parse(include_str!("lexicon.txt")));
/// The patterns.
static PATTERNS: LazyLock<Vec<SentencePattern>> = LazyLock::new(|| {
    pattern::parse(concat!(include_str!("patterns.txt"), include_str!("phrases.txt")), &LEXICON)
});

/// Returns whether prose tells its reader, or its own author, to stop or to leave a program as it is.
#[must_use]
pub fn tells_to_stop(prose: &str) -> bool {
    let seen = reads_as(prose);
    let mut hints = 0;
    words::sentences(&seen).any(|sentence| {
        let sentence = ReadSentence::of(sentence, &LEXICON);
        remark::closes(&sentence) || matches(&sentence, &mut hints)
    })
}

/// Returns whether a sentence fits a certain pattern, or a hint together with a word of evolution or with another hint, of the
/// sentence or of the `earlier` ones, which are counted.
fn matches(sentence: &ReadSentence, earlier: &mut usize) -> bool {
    let mut hints: Vec<Range<usize>> = Vec::new();
    let classes = &LEXICON.special;
    for pattern in PATTERNS.iter() {
        for found in pattern.find(sentence) {
            if pattern.strength == PatternStrength::Always {
                return true;
            }
            let about_the_matter = sentence.depends_on_the_matter(&found)
                || sentence.goes_on(found.end)
                || !sentence.is_closed(&found);
            if about_the_matter {
                continue;
            }
            match pattern.strength {
                PatternStrength::Bare if !sentence.is_bare() => continue,
                PatternStrength::Hint => {}
                _ => return true,
            }
            let outside = |at: &usize| !found.contains(at);
            let evolves = (0..sentence.words.len()).any(|at| {
                sentence.is(at, classes.always) || outside(&at) && sentence.is(at, classes.evolving)
            });
            let apart = hints.iter().any(|hint| hint.end <= found.start || found.end <= hint.start);
            if evolves || apart || *earlier > 0 {
                return true;
            }
            hints.push(found);
        }
    }
    *earlier += hints.len();
    false
}

#[cfg(test)]
mod tests;
