//! Comments, strings and names of a Python text. Text that is not Python is read as far as possible.

use std::ops::Range;

use super::work;

/// A part of a Python text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PythonToken {
    pub(super) kind: TokenKind,
    /// The bytes of the comment without its `#`, of the string without its quotes, or of the name.
    pub(super) content: Range<usize>,
}

/// The kind of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Comment,
    /// A string that is a statement by itself.
    Docstring,
    /// Any other string.
    Text,
    Name,
}

/// Returns the comments, strings and names of a text, in order. Names within fields of f-strings are part of the string.
pub(super) fn tokens(text: &str) -> Vec<PythonToken> {
    let mut reader = PythonReader {
        text,
        at: 0,
        brackets: 0,
        begins: true,
        braces: BraceSearch::default(),
        found: Vec::new(),
    };
    while reader.at < text.len() {
        reader.step();
    }
    reader.found
}

struct PythonReader<'a> {
    text: &'a str,
    at: usize,
    /// Number of open brackets: a string within brackets is a value.
    brackets: usize,
    /// True at the beginning of a statement.
    begins: bool,
    braces: BraceSearch,
    found: Vec<PythonToken>,
}

/// The next closing brace or end of line, looked for once for all places before it.
#[derive(Default)]
struct BraceSearch {
    /// The place of the one found last.
    at: Option<usize>,
    is_brace: bool,
}

impl BraceSearch {
    /// Returns whether the rest of the line from `from` has a closing brace. Places of successive calls do not decrease.
    fn follows(&mut self, text: &str, from: usize) -> bool {
        if self.at.is_none_or(|at| at < from) {
            let found = text[from..].find(['}', '\n']).map_or(text.len(), |at| from + at);
            work::count(found - from);
            self.at = Some(found);
            self.is_brace = text[found..].starts_with('}');
        }
        self.is_brace
    }
}

impl PythonReader<'_> {
    fn step(&mut self) {
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else { return };
        match first {
            '#' => {
                let end = rest.find('\n').unwrap_or(rest.len());
                self.push(TokenKind::Comment, self.at + 1..self.at + end);
                self.at += end;
            }
            '\n' => {
                self.begins |= self.brackets == 0;
                self.at += 1;
            }
            '\\' if rest[1..].starts_with('\n') => self.at += 2,
            '"' | '\'' => self.string(""),
            c if c.is_alphabetic() || c == '_' => self.word(),
            c if c.is_ascii_digit() => {
                let number = |c: char| !(c.is_alphanumeric() || c == '_' || c == '.');
                self.at += rest.find(number).unwrap_or(rest.len());
                self.begins = false;
            }
            c => {
                match c {
                    '(' | '[' | '{' => self.brackets += 1,
                    ')' | ']' | '}' => self.brackets = self.brackets.saturating_sub(1),
                    _ => {}
                }
                if !c.is_whitespace() {
                    self.begins = self.brackets == 0 && matches!(c, ':' | ';');
                }
                self.at += c.len_utf8();
            }
        }
    }

    fn push(&mut self, kind: TokenKind, content: Range<usize>) {
        self.found.push(PythonToken { kind, content });
    }

    fn word(&mut self) {
        let rest = &self.text[self.at..];
        let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let word = &rest[..len];
        let prefix = len <= 2 && word.chars().all(|c| "rRbBuUfFtT".contains(c));
        if prefix && rest[len..].starts_with(['"', '\'']) {
            let prefix = word.to_ascii_lowercase();
            self.at += len;
            return self.string(&prefix);
        }
        self.push(TokenKind::Name, self.at..self.at + len);
        self.at += len;
        self.begins = false;
    }

    fn string(&mut self, prefix: &str) {
        let fields = prefix.contains(['f', 't']);
        let (content, end) = string_at(self.text, self.at, fields, &mut self.braces);
        let after = self.text[end..].trim_start_matches([' ', '\t']);
        let next = after.trim_start_matches(['r', 'R', 'u', 'U']).chars().next();
        let alone = next.is_none_or(|c| matches!(c, '\n' | '#' | ';' | '"' | '\''));
        let docstring = self.begins && self.brackets == 0 && alone;
        self.push(if docstring { TokenKind::Docstring } else { TokenKind::Text }, content);
        self.begins = docstring;
        self.at = end;
    }
}

/// Returns the content of the string that begins at `at`, and the place where it ends. An unclosed string ends with its line, or
/// with the text if it is triple-quoted.
fn string_at(text: &str, at: usize, fields: bool, braces: &mut BraceSearch) -> (Range<usize>, usize) {
    let rest = &text[at..];
    let quote =
        ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| rest.starts_with(quote)).unwrap_or("\"");
    let start = at + quote.len();
    let mut next = start;
    while let Some(c) = text[next..].chars().next() {
        if text[next..].starts_with(quote) {
            return (start..next, next + quote.len());
        }
        match c {
            '\n' if quote.len() == 1 => return (start..next, next),
            '\\' => {
                next += 1;
                next += text[next..].chars().next().map_or(0, char::len_utf8);
            }
            '{' if fields && text[next..].starts_with("{{") => next += 2,
            '{' if fields => next = field_end(text, next + 1, quote, braces),
            c => next += c.len_utf8(),
        }
    }
    (start..text.len(), text.len())
}

/// Returns the end of the f-string field that begins at `at`, after its brace.
fn field_end(text: &str, at: usize, quote: &str, braces: &mut BraceSearch) -> usize {
    let (mut next, mut open) = (at, 0_usize);
    while let Some(c) = text[next..].chars().next() {
        match c {
            '}' if open == 0 => return next + 1,
            // An unclosed field: the string ends here.
            '\n' if quote.len() == 1 && open == 0 => return next,
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            '"' | '\'' => {
                // A field may contain the quote of its string. One that is not closed before the line ends does not.
                if text[next..].starts_with(quote) && !braces.follows(text, next) {
                    return next;
                }
                next = string_at(text, next, false, braces).1;
                continue;
            }
            _ => {}
        }
        next += c.len_utf8();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(TokenKind, &str)> {
        let names = |token: &PythonToken| token.kind != TokenKind::Name;
        tokens(text).into_iter().filter(names).map(|token| (token.kind, &text[token.content])).collect()
    }

    #[test]
    fn comments_and_strings_are_told_apart() {
        use TokenKind::{Comment, Docstring, Text};
        let text = "\"\"\"Doc\n# no comment\"\"\"\nx = 'a # b' # c\ny = \"\"\"v\n# v\"\"\" % 1\ndef f(): 'doc'; return 'v'\n";
        assert_eq!(
            read(text),
            [
                (Docstring, "Doc\n# no comment"),
                (Text, "a # b"),
                (Comment, " c"),
                (Text, "v\n# v"),
                (Docstring, "doc"),
                (Text, "v"),
            ]
        );
        assert_eq!(read("f(\n  'v', # c\n  \"w\"\n)"), [(Text, "v"), (Comment, " c"), (Text, "w")]);
        assert_eq!(read("x = 'a\\'b' # c"), [(Text, "a\\'b"), (Comment, " c")]);
        assert_eq!(read("x = 'a\\\nb' # c"), [(Text, "a\\\nb"), (Comment, " c")]);
        assert_eq!(read("'doc' \"more\"\nx"), [(Docstring, "doc"), (Docstring, "more")]);
        assert_eq!(read("x = 'open\n# c"), [(Text, "open"), (Comment, " c")]);
        assert_eq!(read("rb'a' # c"), [(Docstring, "a"), (Comment, " c")]);
    }

    #[test]
    fn fields_of_f_strings_are_followed() {
        use TokenKind::{Comment, Text};
        assert_eq!(read("x = f\"{a[\"k # 1\"]} b\" # c"), [(Text, "{a[\"k # 1\"]} b"), (Comment, " c")]);
        assert_eq!(read("x = f'{{ {a:>{w}} }}' # c"), [(Text, "{{ {a:>{w}} }}"), (Comment, " c")]);
        assert_eq!(read("x = f'{a' # c"), [(Text, "{a"), (Comment, " c")]);
    }

    #[test]
    fn any_text_ends() {
        for text in ["f'{", "'''", "\\", "f'{{{'", "\u{e9}'\\", "f\"{'", "f'{\"{'"] {
            tokens(text);
        }
    }
}
