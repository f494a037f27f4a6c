//! The words that the detector knows, and their classes.
//!
//! `lexicon.txt` has sections of words: `[CLASS] KIND`. It lists the basic forms of verbs and nouns, from which the other forms
//! are derived; irregular forms follow a word after colons. Compounds are joined by `_`. A word may belong to several classes.

use std::collections::BTreeMap;

/// A set of classes.
pub(super) type ClassBits = u128;

/// The forms of a verb; nouns have the first two, and other words the first.
pub(super) const FORMS: [&str; 4] = ["base", "s", "ed", "ing"];
const BASE: usize = 0;
const S: usize = 1;
pub(super) const ED: usize = 2;
pub(super) const ING: usize = 3;

/// Classes whose words carry no meaning of their own.
const THIN: &str = "plain more mine self is evolving point needed should always number todo said audience wise \
                    left happy label yes";

/// The classes of a word, by form.
pub(super) type WordClasses = [ClassBits; FORMS.len()];

/// The words of the detector.
pub(super) struct StopLexicon {
    words: BTreeMap<String, WordClasses>,
    names: Vec<&'static str>,
    /// Compounds by their first word, the longest first.
    pub(super) compounds: BTreeMap<String, Vec<String>>,
    /// Classes that readings depend on.
    pub(super) special: SpecialClasses,
}

/// Classes that readings depend on, each as a set of one.
#[derive(Default)]
pub(super) struct SpecialClasses {
    pub(super) always: ClassBits,
    pub(super) and: ClassBits,
    pub(super) audience: ClassBits,
    pub(super) dont: ClassBits,
    pub(super) evolving: ClassBits,
    pub(super) fillers: ClassBits,
    pub(super) if_: ClassBits,
    pub(super) mine: ClassBits,
    pub(super) no: ClassBits,
    pub(super) none: ClassBits,
    pub(super) not: ClassBits,
    pub(super) number: ClassBits,
    pub(super) part: ClassBits,
    pub(super) plain: ClassBits,
    pub(super) said: ClassBits,
    pub(super) self_: ClassBits,
    pub(super) this: ClassBits,
    pub(super) whole: ClassBits,
    /// Classes of verbs.
    pub(super) verbs: ClassBits,
    /// Verbs of acts: changing, searching, trying.
    pub(super) acts: ClassBits,
    /// Nouns that a demonstrative may stand before.
    pub(super) nouns: ClassBits,
    /// Classes whose words carry no meaning of their own, so that patterns skip them.
    pub(super) thin: ClassBits,
    /// Classes of remarks: denials and ends, acts, and what they are about.
    pub(super) denials: ClassBits,
    pub(super) subjects: ClassBits,
    pub(super) reach: ClassBits,
    /// Ends that a denial turns around.
    pub(super) ends: ClassBits,
}

impl StopLexicon {
    /// Reads the words.
    ///
    /// # Panics
    ///
    /// When a line is neither a section nor part of one, or when there are too many classes: the text is part of this crate.
    pub(super) fn parse(text: &'static str) -> Self {
        let mut lexicon = Self {
            words: BTreeMap::new(),
            names: Vec::new(),
            compounds: BTreeMap::new(),
            special: SpecialClasses::default(),
        };
        let mut section = None;
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            if let Some((name, kind)) = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
                section = Some((lexicon.add_class(name), kind));
                continue;
            }
            let Some((class, kind)) = section else { panic!("words before any section: {line}") };
            line.split_whitespace().for_each(|entry| lexicon.add(entry, class, kind));
        }
        lexicon.find_compounds();
        lexicon.special = lexicon.special_classes();
        lexicon
    }

    /// Returns the classes of a word; none for an unknown word.
    pub(super) fn classes(&self, word: &str) -> WordClasses {
        self.words.get(word).copied().unwrap_or_default()
    }

    /// Returns the class of a name.
    ///
    /// # Panics
    ///
    /// Panics if there is no such class.
    pub(super) fn class(&self, name: &str) -> ClassBits {
        let at = self.names.iter().position(|one| *one == name);
        1 << at.unwrap_or_else(|| panic!("no class {name}"))
    }

    fn add_class(&mut self, name: &'static str) -> ClassBits {
        if !self.names.contains(&name) {
            assert!(self.names.len() < ClassBits::BITS as usize, "too many classes");
            self.names.push(name);
        }
        self.class(name)
    }

    fn add(&mut self, entry: &str, class: ClassBits, kind: &str) {
        let mut parts = entry.split(':');
        let word = parts.next().unwrap_or_default();
        self.put(word, BASE, class);
        match kind {
            "verbs" => verb_forms(word).into_iter().for_each(|(form, word)| self.put(&word, form, class)),
            "nouns" => self.put(&plural(word), S, class),
            _ => {}
        }
        for irregular in parts {
            let head = irregular.split('_').next().unwrap_or_default();
            let form = if kind != "verbs" || head.ends_with('s') {
                S
            } else if head.ends_with("ing") {
                ING
            } else {
                ED
            };
            self.put(irregular, form, class);
        }
    }

    /// Adds a class to a word. The first form under which a word is put into a class is the one that counts.
    fn put(&mut self, word: &str, form: usize, class: ClassBits) {
        let forms = self.words.entry(word.to_owned()).or_default();
        if forms.iter().all(|classes| classes & class == 0) {
            forms[form] |= class;
        }
    }

    fn find_compounds(&mut self) {
        for word in self.words.keys() {
            if let Some((head, _)) = word.split_once('_') {
                self.compounds.entry(head.to_owned()).or_default().push(word.clone());
            }
        }
        for compounds in self.compounds.values_mut() {
            compounds.sort_by_key(|word| (std::cmp::Reverse(word.matches('_').count()), word.clone()));
        }
    }

    fn special_classes(&self) -> SpecialClasses {
        let one = |name| self.class(name);
        let all = |names: &str| names.split(' ').fold(0, |all, name| all | self.class(name));
        SpecialClasses {
            always: one("always"),
            and: one("and"),
            audience: one("audience"),
            dont: one("dont"),
            evolving: one("evolving"),
            fillers: one("fillers"),
            if_: one("if"),
            mine: one("mine"),
            no: one("no"),
            none: one("none"),
            not: one("not"),
            number: one("number"),
            part: one("part"),
            plain: one("plain"),
            said: one("said"),
            self_: one("self"),
            this: one("this"),
            whole: one("whole"),
            verbs: all(
                "change mend search try stop halt keep reuse beat harm waste got help refuse allow make tried ended said",
            ),
            acts: all("change mend search try"),
            nouns: all("whole part acts ideas task audience resource gains top"),
            thin: all(THIN),
            denials: all("dont no none futile banned final perfect refuse halt stop ended"),
            subjects: all("change mend search acts ideas gains better try"),
            reach: all("evolving always audience whole resource more"),
            ends: all("stop final ended top same refuse banned futile keep reuse"),
        }
    }
}

/// Returns the inflected forms of a verb; of several words, the first is inflected.
fn verb_forms(verb: &str) -> Vec<(usize, String)> {
    let (head, tail) = verb.split_at(verb.find('_').unwrap_or(verb.len()));
    let (stem, ends_in_y) = match head.strip_suffix('y') {
        Some(stem) if !stem.ends_with(is_vowel) => (stem, true),
        _ => (head, false),
    };
    let mut forms = vec![(S, plural(head))];
    if ends_in_y {
        forms.extend([(ED, format!("{stem}ied")), (ING, format!("{head}ing"))]);
    } else if let Some(stem) = head.strip_suffix('e') {
        let stem = if stem.ends_with('e') { head } else { stem };
        forms.extend([(ED, format!("{head}d")), (ING, format!("{stem}ing"))]);
    } else {
        forms.extend([(ED, format!("{head}ed")), (ING, format!("{head}ing"))]);
        if let Some(last) = doubled(head) {
            forms.extend([(ED, format!("{head}{last}ed")), (ING, format!("{head}{last}ing"))]);
        }
    }
    forms.into_iter().map(|(form, word)| (form, word + tail)).collect()
}

/// Returns the plural of a noun, which is formed like the third person of a verb.
fn plural(word: &str) -> String {
    match word.strip_suffix('y') {
        Some(stem) if !stem.ends_with(is_vowel) => format!("{stem}ies"),
        _ if ["s", "x", "z", "ch", "sh"].iter().any(|end| word.ends_with(end)) => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

/// Returns the last letter of a word if it may be doubled, as in "stopping".
fn doubled(word: &str) -> Option<char> {
    let mut ends = word.chars().rev();
    let (last, vowel, before) = (ends.next()?, ends.next()?, ends.next()?);
    ("bdgklmnprtz".contains(last) && is_vowel(vowel) && !is_vowel(before)).then_some(last)
}

fn is_vowel(letter: char) -> bool {
    "aeiou".contains(letter)
}
