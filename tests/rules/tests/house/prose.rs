//! The first line of a doc comment names the thing or says what it does; it is no question.

use std::collections::BTreeMap;

use super::repository::texts;
use super::violations;

/// Words that a first line does not begin with.
const QUESTIONS: [&str; 9] =
    ["What", "Who", "How", "Whether", "Where", "Which", "So many", "So much", "That many"];

/// Returns the first lines of the doc comments of a file, with their numbers.
fn first_lines(source: &str) -> Vec<(usize, &str)> {
    let mut before = "";
    let mut found = Vec::new();
    for (number, line) in (1..).zip(source.lines().map(str::trim_start)) {
        for marker in ["///", "//!"] {
            if let Some(text) = line.strip_prefix(marker)
                && !before.starts_with(marker)
            {
                found.push((number, text.trim()));
            }
        }
        before = line;
    }
    found
}

fn is_question(text: &str) -> bool {
    QUESTIONS.iter().any(|word| {
        text.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    })
}

#[test]
fn doc_comments_do_not_begin_with_a_question() {
    let mut found = BTreeMap::new();
    for (path, source) in texts().into_iter().filter(|(path, _)| path.ends_with(".rs")) {
        for (number, text) in first_lines(&source).into_iter().filter(|(_, text)| is_question(text)) {
            found.insert(format!("{path}: {text}"), format!("(line {number})"));
        }
    }
    violations::none("first-doc-line", found);
}

#[test]
fn only_the_first_line_of_a_comment_counts() {
    let source =
        "//! Page.\n//! What follows.\n\n/// Whatever.\n    /// How many.\nfn a() {}\n// What is no doc.\n";
    assert_eq!(first_lines(source), [(1, "Page."), (4, "Whatever."),]);
    let questions: Vec<bool> = ["What it is.", "Whatever it is.", "So many.", "Returns whether.", "Whether."]
        .map(is_question)
        .to_vec();
    assert_eq!(questions, [true, false, true, false, true]);
}
