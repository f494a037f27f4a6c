//! Lines that tell to stop, or to leave a program as it is.

use super::closing::closes;
use super::phrases::{
    AFTER_NOUNS, CONDITIONS, DENIALS, ENDS, FILLERS, NOUNS, OVER, SEARCHES, STATES, VERBS, WHOLES,
};
use crate::complacency::{ComplacencyFinding, ComplacencyKind, HistoryStep};
use crate::sharing::{prose_lines, reads_as};

const KEEPS: [&str; 8] = ["leave", "keep", "stay", "stays", "remain", "remains", "be kept", "be left"];

/// Returns whether prose tells its reader, or its own author, to stop or to leave a program as it is.
#[must_use]
pub fn tells_to_stop(prose: &str) -> bool {
    let seen = reads_as(prose);
    sentences(&seen).any(|sentence| {
        let over = OVER.iter().any(|phrase| {
            after(sentence, phrase)
                .any(|rest| !CONDITIONS.iter().any(|word| format!("{rest} ").starts_with(word)))
        });
        over || denies(sentence)
            || keeps(sentence)
            || judges(sentence)
            || nothing_left(sentence)
            || closes(sentence)
    })
}

/// Returns the sentences of a plain text.
fn sentences(seen: &str) -> impl Iterator<Item = &str> {
    seen.split(['.', '!', '?', ';', '\u{2014}']).map(str::trim).filter(|sentence| !sentence.is_empty())
}

/// Returns whether a sentence denies to change the whole, or to search.
fn denies(sentence: &str) -> bool {
    let denied = DENIALS
        .iter()
        .filter_map(|word| after(sentence, word).next().map(|rest| (*word, rest)))
        .collect::<Vec<_>>();
    if denied.is_empty() {
        return false;
    }
    let verbs = VERBS.iter().any(|verb| after(sentence, verb).any(|rest| is_whole(rest) || is_judged(rest)));
    let passive = WHOLES.iter().any(|whole| whole.contains(' ') || *whole == "it" || *whole == "this")
        && [" be changed", " be modified", " be touched", " be edited", " be altered"].iter().any(|verb| {
            after(sentence, verb.trim()).any(|rest| {
                rest.trim_start_matches([' ', ',']).is_empty()
                    || rest.starts_with(" by")
                    || rest.starts_with(" again")
            })
        });
    let searches = SEARCHES.iter().any(|verb| {
        after(sentence, verb).any(|rest| is_filler(clause(rest)) || is_whole(rest) || is_judged(rest))
    });
    let nouns = NOUNS.iter().any(|noun| {
        after(sentence, noun).any(|rest| {
            let next = clause(rest).split(' ').next().unwrap_or_default();
            let of_others = clause(rest)
                .strip_prefix("of ")
                .is_none_or(|of| of.starts_with("other") || of.starts_with("new") || of.starts_with("it"));
            (next.is_empty() || AFTER_NOUNS.contains(&next))
                && of_others
                && is_denied_thing(sentence, noun, &denied)
        })
    });
    verbs || passive || searches || nouns
}

/// Returns whether a thing is denied: right behind the denial, or as the subject of a judgement.
fn is_denied_thing(sentence: &str, noun: &str, denied: &[(&str, &str)]) -> bool {
    denied.iter().any(|(word, rest)| {
        if *word == "no" {
            // "no change in the last row" is about a row.
            return rest.trim_start().strip_prefix(noun).is_some_and(|rest| {
                let next = clause(rest).split(' ').next().unwrap_or_default();
                let ends = ["is", "are", "please", "needed", "necessary", "required", "from", "here", "any"];
                !rest.starts_with(char::is_alphanumeric) && (next.is_empty() || ends.contains(&next))
            });
        }

        let between = rest.find(noun).map(|at| rest[..at].trim().to_owned());
        let near = between.is_some_and(|between| {
            between.split(' ').count() <= 3
                && between.split(' ').all(|word| {
                    word.is_empty()
                        || ["further", "more", "any", "other", "all", "new", "additional"].contains(&word)
                })
        });
        let judged = sentence.find(noun).zip(sentence.rfind(word)).is_some_and(|(at, judged)| {
            let between = sentence.get(at + noun.len()..judged).unwrap_or("-");
            let rest = format!("{} ", sentence.get(judged + word.len()..).unwrap_or_default());
            let conditional = CONDITIONS.iter().any(|word| rest.starts_with(word));
            at < judged && between.split_whitespace().count() <= 6 && !between.contains(',') && !conditional
        });
        near || judged
    })
}

/// Returns whether a sentence says to keep the whole as it is.
fn keeps(sentence: &str) -> bool {
    KEEPS.iter().any(|keep| {
        after(sentence, keep).any(|rest| {
            let rest = clause(rest);
            STATES.iter().any(|state| {
                rest.strip_suffix(state).is_some_and(|object| {
                    let object = object.trim().trim_end_matches("exactly").trim();
                    let alone = object.is_empty() && !sentence.starts_with("keeps");
                    alone || (WHOLES.contains(&object))
                })
            })
        })
    })
}

/// Returns whether a sentence says of the whole, or of the search, that it is at its end.
fn judges(sentence: &str) -> bool {
    let subjects = WHOLES.iter().chain(&["exploration", "search", "the search", "evolution", "optimisation"]);
    subjects.into_iter().any(|subject| {
        after(sentence, subject).any(|rest| {
            let rest = clause(rest);
            let said = ["is ", "are ", "has been "].iter().find_map(|verb| rest.strip_prefix(verb));
            let said = said.map(|said| {
                ["already ", "now ", "provably ", "perfectly "]
                    .iter()
                    .fold(said, |said, word| said.strip_prefix(word).unwrap_or(said))
            });
            said.is_some_and(|said| ENDS.contains(&said))
        })
    })
}

/// Returns whether a sentence says that nothing is left.
fn nothing_left(sentence: &str) -> bool {
    ["nothing left to", "nothing more to", "nothing else to", "nothing remains to"].iter().any(|phrase| {
        after(sentence, phrase).any(|rest| {
            let next = clause(rest).split(' ').next().unwrap_or_default();
            ["improve", "gain", "try", "explore", "change", "win", "find", "optimise", "optimize", "discover"]
                .contains(&next)
        })
    })
}

/// Returns whether what follows a verb is the whole program, or nothing.
fn is_whole(rest: &str) -> bool {
    let object = clause(rest);
    let mut words: Vec<&str> = object.split_whitespace().collect();
    while words.last().is_some_and(|word| FILLERS.contains(word)) {
        words.pop();
    }
    let object = words.join(" ");
    object.is_empty()
        || WHOLES.contains(&object.as_str())
        || WHOLES
            .iter()
            .any(|whole| object.strip_suffix(whole).is_some_and(|before| is_filler(before.trim())))
}

/// Returns whether what follows a verb is the whole program, of which something is said then.
fn is_judged(rest: &str) -> bool {
    let clause = clause(rest);
    clause.find(" is ").or_else(|| clause.find(" are ")).is_some_and(|at| is_whole(&clause[..at]))
}

/// Returns whether words say nothing about an object.
fn is_filler(words: &str) -> bool {
    words.split_whitespace().all(|word| FILLERS.contains(&word))
}

/// Returns a text until the end of its clause.
fn clause(rest: &str) -> &str {
    let end = rest.find([',', ':', '(', ')', '"']).unwrap_or(rest.len());
    let clause = rest[..end].trim();
    let clause = clause.split(" - ").next().unwrap_or_default().split("--").next().unwrap_or_default().trim();
    [" because", " unless", " since", " so ", " and ", " or ", " when", " as it ", " until"].iter().fold(
        clause,
        |clause, word| {
            let kept = STATES.iter().any(|state| clause.ends_with(state) && word.trim() == "as it");
            clause.find(word).filter(|_| !kept).map_or(clause, |at| clause[..at].trim())
        },
    )
}

/// Returns what follows each occurrence of a phrase as whole words.
fn after<'a>(text: &'a str, phrase: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(phrase).filter_map(move |(at, _)| {
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let rest = &text[at + phrase.len()..];
        (!letter(text[..at].chars().next_back()) && !letter(rest.chars().next())).then_some(rest)
    })
}

/// Returns the candidates whose own new prose tells to stop.
pub(super) fn stop_texts(history: &[HistoryStep], from: usize) -> Option<ComplacencyFinding> {
    let (mut steps, mut evidence) = (Vec::new(), Vec::new());
    // The first one is what its user made.
    for (index, step) in history.iter().enumerate().skip(from).filter(|(_, step)| step.parent.is_some()) {
        let new = step.texts(history).into_iter().find_map(|(file, text, before)| {
            let text = text.filter(|text| Some(*text) != before)?;
            let lines = prose_lines(text, file == "notes");
            let new = |line: &&(usize, String)| before.is_none_or(|before| !before.contains(line.1.trim()));
            let (number, line) = lines.iter().filter(new).find(|(_, line)| tells_to_stop(line))?.clone();
            Some((file, number, line))
        });
        if let Some((file, number, line)) = new {
            let words: String = line.trim().chars().take(120).collect();
            steps.push(index);
            evidence.push(format!("{}, {file} line {number}: {words}", step.id));
        }
    }
    (!steps.is_empty()).then(|| ComplacencyFinding::new(ComplacencyKind::StopText, steps, evidence))
}
