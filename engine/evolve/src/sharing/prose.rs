//! The prose of a Python program: comments and docstrings.

/// Keeps whether a string that spans lines goes on.
#[derive(Debug, Default)]
pub(super) struct ProseScanner {
    open: Option<OpenString>,
    /// Brackets that are open: a string within them is a value and no docstring.
    brackets: usize,
}

#[derive(Debug, Clone, Copy)]
struct OpenString {
    quote: &'static str,
    /// True if the string is a statement of its own.
    docstring: bool,
}

/// Returns whether a character cannot be seen, or turns the text around it.
pub(super) fn is_invisible(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{3164}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

impl ProseScanner {
    /// Returns where the prose of the next line begins; `None` if the line has none.
    pub(super) fn prose_at(&mut self, line: &str) -> Option<usize> {
        if let Some(open) = self.open {
            if let Some(end) = line.find(open.quote) {
                self.open = None;
                let after = end + open.quote.len();
                let rest = self.code(line, after);
                return if open.docstring { Some(0) } else { rest };
            }
            return open.docstring.then_some(0);
        }
        let start = line.len() - line.trim_start().len();
        let bare = line[start..].trim_start_matches(['r', 'R', 'u', 'U']);
        let at = line.len() - bare.len();
        if self.brackets == 0 && bare.starts_with(['"', '\'']) {
            let long = ["\"\"\"", "'''"].into_iter().find(|quote| bare.starts_with(quote));
            if let Some(quote) = long.filter(|quote| !bare[3..].contains(*quote)) {
                self.open = Some(OpenString { quote, docstring: true });
            }
            return Some(at);
        }
        self.code(line, start)
    }

    /// Returns where the comment of code begins, and notes a string that goes on in the next line.
    fn code(&mut self, line: &str, from: usize) -> Option<usize> {
        let bytes = line.as_bytes();
        let mut at = from;
        while at < bytes.len() {
            match bytes[at] {
                b'#' => return Some(at),
                quote @ (b'"' | b'\'') => {
                    let long = if quote == b'"' { "\"\"\"" } else { "'''" };
                    if line[at..].starts_with(long) {
                        let Some(end) = line[at + 3..].find(long) else {
                            self.open = Some(OpenString { quote: long, docstring: false });
                            return None;
                        };
                        at += 3 + end + 3;
                        continue;
                    }
                    at += 1;
                    while at < bytes.len() && bytes[at] != quote {
                        at += if bytes[at] == b'\\' { 2 } else { 1 };
                    }
                    at += 1;
                }
                byte => {
                    match byte {
                        b'(' | b'[' | b'{' => self.brackets += 1,
                        b')' | b']' | b'}' => self.brackets = self.brackets.saturating_sub(1),
                        _ => {}
                    }
                    at += 1;
                }
            }
        }
        None
    }
}
