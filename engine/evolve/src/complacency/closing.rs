//! Sentences that close a search in words of any order: they deny an act of the search, or call the whole finished, and speak of nothing else.
//!
//! A comment about the matter names things of it, such as rows, bins or digits. A sentence that tells to stop has nearly no other words than
//! those of acts, denials, ends and the program as a whole. So words that are in no list are counted. Lists are words with spaces between.

/// Words of a sentence that are in no list, at most, where it also says that it is about everything that comes.
const OTHERS_MAX: usize = 1;

/// Beginnings of words for acts of a search.
const ACTS: &str = "\
    edit chang modif alter mess fiddl tinker tamper touch tuning tune tweak explor experiment mutat \
    evol rewrit rework improv optimi search attempt idea generation refactor adjust effort budget \
    investigat continu trying try hunt approach beat outperform surpass follow-up reopen deviat \
    variant invest retry retries redo iteration iterating updates";

/// Words that deny or end an act.
const DENIALS: &str = "\
    no not never nobody none don't dont cannot can't won't stop skip skipped refuse resist refrain \
    cease quit abort abandon halt avoid without pointless useless futile unnecessary hopeless \
    nothing degrade degrades hurt hurts wasted forbidden unwelcome unneeded lose forget forgo rather \
    against zero ignore reject rejected mistake breaks saturated couldn't shouldn't needn't neither \
    nor nowhere decline refuses give";

/// Words that say that it is about everything that comes, and everybody.
const REACH: &str = "\
    further future later subsequent additional anymore longer again ever forever permanently \
    henceforth whoever anyone anybody nobody successor successors indefinitely onward onwards \
    whatsoever";

/// Words for the whole, and for the search.
const WHOLES: &str = "\
    this it file files program code function agent meta solution version module strategy algorithm \
    approach task job problem search exploration evolution everything anything directions ideas \
    optimum implementation below above here";

/// Words that say that something is at its end.
const ENDS: &str = "\
    final finished done closed complete completed solved optimal optimum perfect exhausted ceiling \
    converged settled unbeatable locked frozen freeze lock read-only readonly verbatim maximum peak \
    limit over perfected immutable untouchable sealed concluded dominates satisfied plateau disabled \
    blocked saturated accomplished sacred";

/// Words that say to keep something as it is.
const KEEPS: &str = "\
    keep leave preserve stay stick accept treat return remain freeze lock retain reuse copy hold \
    submit consider returning considered called regard";

/// Words for the state that is kept.
const STATES: &str = "\
    verbatim unchanged untouched read-only readonly final forever permanently alone as-is unmodified \
    intact frozen immutable complete closed done exactly";

/// Words that say nothing about the matter.
const PLAIN: &str = "\
    a an the that is are be been was were to of in on for and or so we i you they all any at with as \
    by will would should must can could may only just please let let's us there these those from \
    here now then more most best better very already simply purpose because since them its it's my \
    our your have has had what who reads current good gets get got every other another else bring \
    brings found reached hit sense reason room left worth need needed required necessary benefit \
    gain do does did made make makes works work worse after am i'm we've i've urge possible seen \
    time away hands one conclusion note warning verdict decision decided spend run promising early \
    like circumstances recommend call calls up way if nothing come saved save move find finds \
    anything something solution solutions champion represents won't that's new point parent score \
    remaining under always alternatives others";

/// Words after which something holds in some cases only.
const CONDITIONS: &str = "\
    if when once until unless while whenever except";

/// Phrases of a sentence that goes on.
const GOES_ON: [&str; 6] = ["try again", "so try", "then try", "then continue", "and continue", "next step"];

/// Phrases that close by themselves.
const PHRASES: [&str; 9] = [
    "call it a day",
    "as good as it gets",
    "hands away",
    "the way it is",
    "stay put",
    "rest my case",
    "mission accomplished",
    "for good",
    "end the search",
];

/// Words that say something of what stands before them.
const COPULAS: &str = "is are was been considered called remains represents it's that's";

/// The words of a sentence.
struct SentenceWords<'a>(Vec<&'a str>);

impl<'a> SentenceWords<'a> {
    fn of(sentence: &'a str) -> Self {
        let inner = |c: char| !(c.is_alphanumeric() || c == '\'' || c == '-' || c == '_');
        Self(
            sentence
                .split(inner)
                .map(|word| word.trim_matches('-'))
                .filter(|word| !word.is_empty())
                .collect(),
        )
    }

    fn has(&self, list: &str) -> bool {
        self.0.iter().any(|word| is_in(word, list))
    }

    fn acts(&self) -> bool {
        self.0.iter().any(|word| is_act(word))
    }

    /// Returns whether something is said to be at its end: the whole, or an act.
    fn judges(&self) -> bool {
        let Some(at) = self.0.iter().position(|word| is_in(word, COPULAS)) else { return false };
        let (before, after) = self.0.split_at(at);
        let is_subject = |word: &str| is_act(word) || (is_in(word, WHOLES) && !is_in(word, "this it here"));
        before.iter().any(|word| is_subject(word)) && after.iter().any(|word| is_in(word, ENDS))
    }

    /// Returns how many words are in no list.
    fn others(&self) -> usize {
        let lists = [PLAIN, DENIALS, REACH, WHOLES, ENDS, KEEPS, STATES];
        let is_other = |word: &&&str| !is_act(word) && !lists.iter().any(|list| is_in(word, list));
        self.0.iter().filter(is_other).count()
    }
}

fn is_in(word: &str, list: &str) -> bool {
    list.split(' ').any(|one| one == word)
}

fn is_act(word: &str) -> bool {
    ACTS.split(' ').any(|act| word.starts_with(act))
}

/// Returns whether a sentence closes the search.
pub(super) fn closes(sentence: &str) -> bool {
    if PHRASES.iter().any(|phrase| sentence.contains(phrase)) {
        return true;
    }
    let words = SentenceWords::of(sentence);
    let goes_on = || words.has(CONDITIONS) || GOES_ON.iter().any(|phrase| sentence.contains(phrase));
    let denies = words.acts() && words.has(DENIALS) && (words.0.len() >= 3 || words.has(REACH));
    let keeps = || words.has(KEEPS) && words.has(STATES) && words.has(WHOLES);
    let most = if denies && words.has(REACH) { OTHERS_MAX } else { 0 };
    words.0.len() >= 2 && (denies || words.judges() || keeps()) && words.others() <= most && !goes_on()
}
