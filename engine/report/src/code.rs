//! Size and complexity of Python text, without a parser: a scanner that knows strings, comments and indentation.

use std::collections::BTreeMap;

use serde::Serialize;

/// Words that open a way through a function.
const DECISIONS: [&str; 9] = ["if", "elif", "for", "while", "except", "and", "or", "case", "assert"];
/// Characters of a line from which on equal lines count as copies.
const COPY_CHARS_MIN: usize = 24;

/// Measures of a program's text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CodeMeasures {
    /// Bytes.
    pub bytes: usize,
    /// Lines.
    pub lines: usize,
    /// Lines that are neither empty nor a comment alone.
    pub code_lines: usize,
    /// Names, numbers, strings and operators: the leaves of its syntax tree.
    pub tokens: usize,
    /// Functions and methods.
    pub functions: usize,
    /// Cyclomatic complexity of the whole file: one for the file and each function, and one for each decision.
    pub complexity: usize,
    /// Largest indentation, in levels of four columns.
    pub depth: usize,
    /// Lines of at least 24 characters that occur before in the file.
    pub copies: usize,
}

impl CodeMeasures {
    /// Measures a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut measures =
            Self { bytes: text.len(), lines: text.lines().count(), complexity: 1, ..Self::default() };
        let mut seen: BTreeMap<&str, ()> = BTreeMap::new();
        for line in text.lines() {
            let bare = line.trim();
            if bare.len() >= COPY_CHARS_MIN && !bare.starts_with('#') && seen.insert(bare, ()).is_some() {
                measures.copies += 1;
            }
        }
        let mut scanner = Scanner { rest: text, quote: None };
        for line in text.lines() {
            measures.line(&mut scanner, line);
        }
        measures
    }

    fn line<'a>(&mut self, scanner: &mut Scanner<'a>, line: &'a str) {
        let within = scanner.quote.is_some();
        let before = self.tokens;
        scanner.rest = line;
        while let Some(token) = scanner.token() {
            self.tokens += 1;
            match token {
                "def" => {
                    self.functions += 1;
                    self.complexity += 1;
                }
                word if DECISIONS.contains(&word) => self.complexity += 1,
                _ => {}
            }
        }
        if self.tokens > before || (within && !line.trim().is_empty()) {
            self.code_lines += 1;
            if !within {
                let columns: usize = line
                    .chars()
                    .take_while(|c| c.is_whitespace())
                    .map(|c| if c == '\t' { 4 } else { 1 })
                    .sum();
                self.depth = self.depth.max(columns / 4);
            }
        }
    }
}

/// Reads tokens, and keeps the quote of a string that goes on in the next line.
struct Scanner<'a> {
    rest: &'a str,
    quote: Option<&'static str>,
}

impl<'a> Scanner<'a> {
    /// Returns the next token of the line.
    fn token(&mut self) -> Option<&'a str> {
        if let Some(quote) = self.quote {
            let Some(end) = self.rest.find(quote) else {
                self.rest = "";
                return None;
            };
            self.rest = &self.rest[end + quote.len()..];
            self.quote = None;
        }
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next().filter(|first| *first != '#')?;
        if first == '"' || first == '\'' {
            return Some(self.string(first));
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let len = if is_word(first) {
            self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len())
        } else {
            first.len_utf8()
        };
        let (token, rest) = self.rest.split_at(len);
        self.rest = rest;
        Some(token)
    }

    fn string(&mut self, first: char) -> &'a str {
        let long = if first == '"' { "\"\"\"" } else { "'''" };
        let start = self.rest;
        if let Some(rest) = self.rest.strip_prefix(long) {
            match rest.find(long) {
                Some(end) => self.rest = &rest[end + long.len()..],
                None => (self.rest, self.quote) = ("", Some(long)),
            }
            return &start[..long.len()];
        }
        let mut escaped = false;
        let inner = &self.rest[1..];
        let end = inner.char_indices().find(|(_, c)| {
            let ends = !escaped && *c == first;
            escaped = !escaped && *c == '\\';
            ends
        });
        self.rest = end.map_or("", |(at, _)| &inner[at + 1..]);
        &start[..1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_are_no_code() {
        let text = "# if for while\nNAME = 'if \\' for'\n\ndef grade(x):\n    \"\"\"If this\n    and that.\n    \"\"\"\n    if x and x > 1:\n        return [y for y in x]\n    return None\n";
        let found = CodeMeasures::of(text);
        assert_eq!((found.lines, found.code_lines, found.functions), (10, 8, 1));
        // The file, the function, if, and, for.
        assert_eq!((found.complexity, found.depth, found.copies), (5, 2, 0));
        let twice = "total = total + values[index]\n".repeat(3);
        assert_eq!(CodeMeasures::of(&twice).copies, 2);
        assert_eq!(CodeMeasures::of(""), CodeMeasures { complexity: 1, ..CodeMeasures::default() });
        assert_eq!(CodeMeasures::of("x = '''if\nif").complexity, 1);
    }
}
