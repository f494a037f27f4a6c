//! Candidates whose own new prose tells to stop.

use super::stop::tells_to_stop;
use crate::complacency::{ComplacencyFinding, ComplacencyKind, HistoryStep};
use crate::sharing::prose_lines;

/// Maximum number of characters of a line that are quoted as evidence.
const EVIDENCE_CHARS_MAX: usize = 120;

/// Returns the candidates whose own new prose tells to stop.
pub(super) fn stop_texts(history: &[HistoryStep], from: usize) -> Option<ComplacencyFinding> {
    let (mut steps, mut evidence) = (Vec::new(), Vec::new());
    // The first candidate is what its user made.
    for (index, step) in history.iter().enumerate().skip(from).filter(|(_, step)| step.parent.is_some()) {
        let new = step.texts(history).into_iter().find_map(|(file, text, before)| {
            let text = text.filter(|text| Some(*text) != before)?;
            let passages = prose_passages(text, file == "notes");
            let is_old = |line: &str| before.is_some_and(|before| before.contains(line.trim()));
            let found = passages.iter().find(|passage| passage.tells_anew(is_old))?;
            Some((file, found.number, found.text()))
        });
        if let Some((file, number, text)) = new {
            let words: String = text.chars().take(EVIDENCE_CHARS_MAX).collect();
            steps.push(index);
            evidence.push(format!("{}, {file} line {number}: {words}", step.id));
        }
    }
    (!steps.is_empty()).then(|| ComplacencyFinding::new(ComplacencyKind::StopText, steps, evidence))
}

/// Consecutive lines of prose that belong together: a text that was wrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProsePassage {
    /// The number of the first line, from 1.
    pub number: usize,
    /// The lines, without comment signs.
    pub lines: Vec<String>,
}

impl ProsePassage {
    /// Returns the lines as one text.
    #[must_use]
    pub fn text(&self) -> String {
        self.text_of(|_| true)
    }

    fn text_of(&self, chosen: impl Fn(&str) -> bool) -> String {
        let lines = self.lines.iter().map(|line| line.trim()).filter(|line| chosen(line));
        lines.collect::<Vec<_>>().join(" ")
    }

    /// Returns whether it tells to stop while its old lines alone do not.
    fn tells_anew(&self, is_old: impl Fn(&str) -> bool) -> bool {
        !self.lines.iter().all(|line| is_old(line))
            && tells_to_stop(&self.text())
            && !tells_to_stop(&self.text_of(is_old))
    }
}

/// Returns the passages of prose in a program or in notes. A line continues on the next one if it ends without punctuation and
/// the next begins with a lower-case letter; comments beside code stand alone.
#[must_use]
pub fn prose_passages(text: &str, is_notes: bool) -> Vec<ProsePassage> {
    let code: Vec<&str> = text.split('\n').collect();
    let is_beside_code = |number: usize, line: &str| {
        let before = code.get(number - 1).and_then(|code| code.find(line.trim()).map(|at| &code[..at]));
        !is_notes
            && before.is_some_and(|before| before.contains('#') && !before.trim_start().starts_with('#'))
    };
    let mut passages: Vec<ProsePassage> = Vec::new();
    let mut goes_on = false;
    for (number, line) in prose_lines(text, is_notes) {
        let alone = is_beside_code(number, &line);
        let follows = passages.last().is_some_and(|last| last.number + last.lines.len() == number);
        let begins_small = line.trim_start().starts_with(char::is_lowercase);
        let ends_open = !alone && line.trim_end().ends_with(|c: char| c.is_alphanumeric() || c == ',');
        match passages.last_mut().filter(|_| goes_on && follows && begins_small && !alone) {
            Some(last) => last.lines.push(line),
            None => passages.push(ProsePassage { number, lines: vec![line] }),
        }
        goes_on = ends_open;
    }
    passages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, is_notes: bool) -> Vec<(usize, String)> {
        let passages = prose_passages(text, is_notes).into_iter();
        passages.map(|passage| (passage.number, passage.text())).collect()
    }

    #[test]
    fn lines_that_were_broken_are_one_passage() {
        let program = "# Do not modify\n# the input list.\n# Freeze\n# Everything\nx = 1  # do not edit\ny = 2  # rows\n";
        let expected = [
            (1, "Do not modify the input list."),
            (3, "Freeze"),
            (4, "Everything"),
            (5, "do not edit"),
            (6, "rows"),
        ];
        assert_eq!(told(program, false), expected.map(|(number, text)| (number, text.to_owned())));
        let notes = "- keep the order\n- of ties\nand do not\nedit it\n";
        let expected = [(1, "- keep the order"), (2, "- of ties and do not edit it")];
        assert_eq!(told(notes, true), expected.map(|(number, text)| (number, text.to_owned())));
    }
}
