//! Faults of YAML that leave a settings file without meaning. Such a file is refused, instead of being read as keys that nobody knows.
//!
//! Only faults that are certain are found: the check knows no more of YAML than `yaml` does, and a file may be wrong in other ways.

use super::yaml_lines::YamlLines;

/// Returns the line, counted from 1, and the description of the first fault of a text.
pub(super) fn fault(text: &str) -> Option<(usize, &'static str)> {
    // The line in which a value in quotes or brackets began, and what has to close it, outermost first.
    let mut open: (usize, Vec<char>) = (0, Vec::new());
    let mut lines = YamlLines::new(text);
    while let Some(line) = lines.next() {
        let (content, indent) = (line.content, line.indent());
        if line.is_of_block {
            continue;
        }
        if !open.1.is_empty() {
            close(&mut open.1, content);
            continue;
        }
        if content.is_empty() || content.starts_with(['#', '%']) || matches!(content, "---" | "...") {
            continue;
        }
        if line.indentation.contains('\t') {
            return Some((line.number, "a tab in the indentation"));
        }
        let item = content.trim_start_matches("- ");
        let value = match item.split_once(": ") {
            _ if item.starts_with(QUOTES_AND_BRACKETS) => item,
            Some((_, value)) if is_plain(value) && without_comment(value).contains(": ") => {
                return Some((line.number, "a text with a colon needs quotes"));
            }
            Some((_, value)) => value.trim_start(),
            None if indent == 0 && !content.contains(':') && !content.starts_with('-') => {
                return Some((line.number, "expected a key with a colon"));
            }
            None => item,
        };
        if value.starts_with(['|', '>']) {
            lines.begin_block(indent);
            continue;
        }
        open.0 = line.number;
        close(&mut open.1, value);
    }
    (!open.1.is_empty()).then_some((open.0, "a quote or a bracket that nothing closes"))
}

const QUOTES_AND_BRACKETS: [char; 4] = ['"', '\'', '[', '{'];

/// Returns whether a value is a text without quotes.
fn is_plain(value: &str) -> bool {
    !value.trim_start().starts_with(['"', '\'', '[', '{', '|', '>', '&', '*', '!', '#'])
}

fn without_comment(value: &str) -> &str {
    value.split(" #").next().unwrap_or(value)
}

/// Follows a part of a value: `open` is what has to close what is open before it, and then after it.
fn close(open: &mut Vec<char>, value: &str) {
    // Quotes and brackets have a meaning only where a value begins.
    let (mut begins, mut before) = (true, ' ');
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        let quote = open.last().copied().filter(|end| matches!(end, '"' | '\''));
        match (letter, quote) {
            ('\\', Some('"')) => drop(letters.next()),
            (end, Some(quote)) if end == quote => drop(open.pop()),
            (_, Some(_)) => {}
            ('#', None) if before == ' ' => return,
            ('"' | '\'', None) if begins => open.push(letter),
            ('[', None) if begins => open.push(']'),
            ('{', None) if begins => open.push('}'),
            (']' | '}', None) if open.last() == Some(&letter) => drop(open.pop()),
            _ => {}
        }
        let separates = !open.is_empty() && matches!(letter, '[' | '{' | ',' | ':');
        begins = separates || (begins && letter.is_whitespace());
        before = letter;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_certainly_broken_is_named_with_its_line() {
        for (text, line, words) in [
            ("a: 1\nb: [1, 2\nc: 3\n", 2, "nothing closes"),
            ("a: \"open\nb: 1\n", 1, "nothing closes"),
            ("a:\n\tb: 1\n", 2, "a tab"),
            ("a: b: c\n", 1, "needs quotes"),
            ("a: 1\nsome words\n", 2, "expected a key"),
        ] {
            let found = fault(text);
            assert!(found.is_some_and(|(at, why)| at == line && why.contains(words)), "{text}: {found:?}");
        }
    }

    #[test]
    fn what_may_be_right_is_right() {
        for text in [
            "a: 1 # it's one: 1\nb:\n  c: \"x # y: [\"\n  d: |\n    first\n    it's: {no: key\n  e: [0.5, 1]\nf: true\n",
            "A: {x: 1, fitness_key: 'ratio', y: 2}\nB: [{name: \"n\"}]\n",
            "a:\n  - b: 1\n    c: don't [stop\n  - \"x: y\"\n- z\n",
            "a: 'it''s'\nb: \"a \\\" b\"\nc: [1,\n  2]\nd: \"two\n  lines: 1\"\n",
            "---\n%x\na: http://x/y\nb: 12:30\n\"k: 1\": 2\nc: >-\n  x\n\ty\nlist:\n- one: 1\n",
            "a: words that\n  go on in the next line\n",
            "",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
    }
}
