//! Tests the detector on the sentences from which it was made.

use super::lexicon::FORMS;
use super::*;

/// Sentences that tell to stop (`+`) and that do not (`-`).
const SENTENCES: &str = include_str!("../../../vectors/stop-texts.txt");

fn sentences(sign: &str) -> Vec<&'static str> {
    SENTENCES.lines().filter_map(|line| line.strip_prefix(sign)).map(str::trim).collect()
}

#[test]
fn the_sentences_it_was_made_with_are_read() {
    let (stops, others) = (sentences("+ "), sentences("- "));
    assert!(stops.len() > 1_000 && others.len() > 800, "{} {}", stops.len(), others.len());
    let missed: Vec<&&str> = stops.iter().filter(|text| !tells_to_stop(text)).collect();
    let alarms: Vec<&&str> = others.iter().filter(|text| tells_to_stop(text)).collect();
    println!("{} of {} missed: {missed:#?}", missed.len(), stops.len());
    assert!(missed.len() * 20 < stops.len());
    assert!(alarms.len() <= 2, "{alarms:#?}");
}

#[test]
fn words_are_inflected() {
    let form_of = |word: &str, class: &str| {
        let forms = LEXICON.classes(word);
        FORMS
            .iter()
            .zip(forms)
            .find(|(_, classes)| classes & LEXICON.class(class) != 0)
            .map(|(form, _)| *form)
    };
    for (word, class, form) in [
        ("modify", "change", "base"),
        ("modifies", "change", "s"),
        ("modified", "change", "ed"),
        ("modifying", "change", "ing"),
        ("touches", "change", "s"),
        ("evolving", "change", "ing"),
        ("rewritten", "change", "ed"),
        ("stopped", "stop", "ed"),
        ("stopping", "stop", "ing"),
        ("giving_up", "stop", "ing"),
        ("sticks_to", "keep", "s"),
        ("kept", "keep", "ed"),
        ("modifications", "acts", "s"),
    ] {
        assert_eq!(form_of(word, class), Some(form), "{word}");
    }
    assert_eq!(form_of("stoped", "keep"), None);
}

#[test]
fn sentences_and_words_are_told_apart() {
    let seen = "done. agent.py has 0.5... don't touch it! it's final\u{2014}leave";
    let found: Vec<&str> = words::sentences(seen).collect();
    assert_eq!(found, ["done", "agent.py has 0.5", "don't touch it", "it's final", "leave"]);
    let read = |text| words::words(text, &LEXICON).join(" ");
    assert_eq!(read("don't touch agent.py"), "do not touch task_agent");
    assert_eq!(
        read("it's off-limits -> leave the agent's code (as is)"),
        "it is off_limits , leave the agent code , as_is ,"
    );
}

#[test]
fn the_matter_decides() {
    for (stops, does_not) in [
        ("Do not modify this.", "Do not modify this list."),
        ("Never change it again.", "Sorted keys: never change it again."),
        ("Stop exploring.", "Do not stop exploring."),
        ("This version is final.", "If all bins are closed, this version is final."),
        ("No further changes.", "No further changes of the sign."),
        ("Exploration is over.", "Exploration is over; now try the wide bins."),
        ("Keep the program as it is.", "Keep the keys as they are."),
    ] {
        assert!(tells_to_stop(stops), "{stops}");
        assert!(!tells_to_stop(does_not), "{does_not}");
    }
}
